"""The topics that a stack names, and those that only a record names."""

import json
from typing import Any

from eventpipes.momento_names import names_in_stack
from localcloud.running_stack import _topics_of
from tests.each import each
from tests.localcloud.test_named_caches import HOST

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:m"


def piped(path: str, *parameters: str) -> Any:
    """Return a stack whose pipe sends to a path of Momento."""
    http = {"http_parameters": {"path_parameter_values": list(parameters)}}
    destination = {
        "name": "d",
        "http_method": "POST",
        "invocation_endpoint": HOST + path,
        "connection_arn": "arn:aws:events:us-east-1:123456789012:connection/c/1",
    }
    pipe = {
        "name": "p",
        "source": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/1",
        "target": "${aws_cloudwatch_event_api_destination.d.arn}",
        "role_arn": "arn:aws:iam::123456789012:role/r",
        "target_parameters": http,
    }
    return {
        "resource": {
            "aws_pipes_pipe": {"p": pipe},
            "aws_cloudwatch_event_api_destination": {"d": destination},
        }
    }


def workflow(endpoint: str) -> Any:
    """Return a stack whose pipe starts a workflow with one HTTP Task."""
    stack = piped("")
    stack["resource"]["aws_pipes_pipe"]["p"]["target"] = "${aws_sfn_state_machine.m.arn}"
    states = {"Send": {"Type": "Task", "Arguments": {"ApiEndpoint": endpoint}, "End": True}}
    machine = {"name": "m", "definition": json.dumps({"StartAt": "Send", "States": states})}
    stack["resource"]["aws_sfn_state_machine"] = {"m": machine}
    return stack


@each(
    ("document", "topics"),
    [
        (piped("/topics/orders/*", "news"), {"news"}),
        (piped("/topics/*/*", "orders", "news"), {"news"}),
        (piped("/topics/*/*", "$.dynamodb.Keys.Cache.S", "news"), {"news"}),
        (piped("/topics/others/*", "news"), set()),
        (piped("/topics/orders/*", "$.dynamodb.Keys.Id.S"), {None}),
        (piped("/topics/others/*", "$.dynamodb.Keys.Id.S"), set()),
        (piped("/cache/*", "orders"), set()),
        (workflow(f"{HOST}/topics/orders/my%20news"), {"my news"}),
        (workflow('{% "https://momento/topics/orders/" & $request.topic %}'), {None}),
        (workflow('{% "https://momento/cache/" & $request.cache %}'), set()),
    ],
)
def test_a_topic_is_constant_or_from_the_record(document: Any, topics: set[str | None]) -> None:
    assert _topics_of(names_in_stack(document), "orders") == topics
