"""A bus pipe and its rules, read from synthesized JSON and from the AWS API."""

import copy
from collections.abc import Mapping
from typing import Any

import pytest

from eventpipes import Event, EventBusTarget, Pipe, Request, Rule, RuleDefinition, Unsupported
from eventpipes.deployed import read_definition, read_rules
from eventpipes.synthesized import definitions, rules
from tests.eventpipes import test_deployed
from tests.eventpipes.cases import read_record

ACCOUNT = "arn:aws:events:us-east-1:000000000000"
PATTERN = '{"detail":{"eventName":["INSERT"]}}'
TARGET: dict[str, Any] = {
    "rule": "${aws_cloudwatch_event_rule.put.name}",
    "event_bus_name": "${aws_cloudwatch_event_bus.bus.name}",
    "target_id": "momento",
    "arn": "${aws_cloudwatch_event_api_destination.put.arn}",
    "input_transformer": {
        "input_paths": {"loc": "$.detail.dynamodb.Keys.Location.S"},
        "input_template": '{"Location":<loc>}',
    },
    "http_target": {
        "path_parameter_values": ["weather"],
        "query_string_parameters": {"key": "$.detail.dynamodb.Keys.Location.S"},
        "header_parameters": {"X-Kind": "weather"},
    },
    "retry_policy": {"maximum_event_age_in_seconds": 600, "maximum_retry_attempts": 0},
    "dead_letter_config": {"arn": "${aws_sqs_queue.letters.arn}"},
}
DOCUMENT: dict[str, Any] = {
    "resource": {
        "aws_cloudwatch_event_bus": {"bus": {"name": "weather"}},
        "aws_sqs_queue": {"letters": {"name": "letters"}},
        "aws_dynamodb_table": {"table": {"name": "t"}},
        "aws_cloudwatch_event_connection": {
            "momento": {
                "name": "momento",
                "auth_parameters": {"api_key": {"key": "Authorization", "value": "k"}},
            }
        },
        "aws_cloudwatch_event_api_destination": {
            "put": {
                "name": "put",
                "http_method": "PUT",
                "invocation_endpoint": "https://cache.example/cache/*",
                "invocation_rate_limit_per_second": 50,
                "connection_arn": "${aws_cloudwatch_event_connection.momento.arn}",
            }
        },
        "aws_pipes_pipe": {
            "changes": {
                "name": "changes",
                "source": "${aws_dynamodb_table.table.stream_arn}",
                "source_parameters": {"dynamodb_stream_parameters": {"batch_size": 1}},
                "target": "${aws_cloudwatch_event_bus.bus.arn}",
                "target_parameters": {
                    "eventbridge_event_bus_parameters": {
                        "detail_type": "change",
                        "source": "weather",
                    }
                },
            }
        },
        "aws_cloudwatch_event_rule": {
            "put": {
                "name": "cache-put",
                "event_bus_name": "${aws_cloudwatch_event_bus.bus.name}",
                "event_pattern": PATTERN,
            }
        },
        "aws_cloudwatch_event_target": {"put": TARGET},
    }
}


def synthesized(**target: Any) -> RuleDefinition:
    """Return the rule with changes to its target; None removes an argument."""
    document = copy.deepcopy(DOCUMENT)
    changed = {name: value for name, value in (TARGET | target).items() if value is not None}
    document["resource"]["aws_cloudwatch_event_target"]["put"] = changed
    (rule,) = rules(document)
    return rule


def test_a_bus_pipe_is_read_with_its_bus() -> None:
    (found,) = definitions(DOCUMENT)
    assert found.event_bus == EventBusTarget(
        name="weather", arn=f"{ACCOUNT}:event-bus/weather", detail_type="change", source="weather"
    )
    assert found.target_arn == f"{ACCOUNT}:event-bus/weather"
    assert isinstance(Pipe(found).process(read_record("insert")), Event)


def test_a_rule_is_read_with_its_target_and_destination() -> None:
    rule = synthesized()
    assert rule.full_name == "weather/cache-put/momento"
    assert rule.arn == f"{ACCOUNT}:rule/weather/cache-put"
    assert rule.target_arn == f"{ACCOUNT}:api-destination/put"
    assert (rule.pattern, rule.state) == (PATTERN, "ENABLED")
    assert (rule.maximum_retry_attempts, rule.maximum_event_age) == (0, 600)
    assert rule.dead_letter_queue_arn == "arn:aws:sqs:us-east-1:000000000000:letters"
    assert rule.destination.rate_limit == 50


def test_events_go_through_pipe_and_rule_as_synthesized() -> None:
    (pipe,), (rule,) = definitions(DOCUMENT), rules(DOCUMENT)
    event = Pipe(pipe).process(read_record("insert"))
    assert isinstance(event, Event)
    request = Rule(rule).process(event.envelope)
    assert isinstance(request, Request)
    assert request.url == "https://cache.example/cache/weather?key=Oslo"
    assert (request.headers["X-Kind"], request.body) == ("weather", '{"Location":"Oslo"}')


def test_a_block_may_be_a_list_with_one_object() -> None:
    blocks = ("input_transformer", "http_target", "retry_policy", "dead_letter_config")
    assert synthesized(**{name: [TARGET[name]] for name in blocks}) == synthesized()


def test_names_work_like_references() -> None:
    assert synthesized(rule="cache-put", event_bus_name="weather") == synthesized()


def test_missing_arguments_of_a_target_have_eventbridges_defaults() -> None:
    bare = synthesized(
        **dict.fromkeys(["input_transformer", "retry_policy", "dead_letter_config"]),
    )
    assert (bare.input_path, bare.input_paths, bare.input_template) == (None, {}, None)
    assert (bare.maximum_retry_attempts, bare.maximum_event_age) == (185, 86_400)
    assert bare.dead_letter_queue_arn is None


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"arn": "${aws_sqs_queue.letters.arn}"}, "not an API destination of the same stack"),
        ({"input": "{}"}, "a constant input"),
        ({"rule": "nobody"}, "no event pattern"),
    ],
)
def test_a_target_that_cannot_be_run_is_unsupported(target: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        Rule(synthesized(**target))


def test_other_parameters_of_an_event_bus_are_unsupported() -> None:
    document = copy.deepcopy(DOCUMENT)
    target = document["resource"]["aws_pipes_pipe"]["changes"]["target_parameters"]
    target["eventbridge_event_bus_parameters"]["time"] = "$.time"
    with pytest.raises(Unsupported, match="the event bus gets time from it"):
        Pipe(definitions(document)[0])


# --- From the AWS API -----------------------------------------------------------------------

BUS_ARN = "arn:aws:events:us-east-1:123456789012:event-bus/weather"
BUS_PIPE = test_deployed.PIPE | {
    "Target": BUS_ARN,
    "TargetParameters": {
        "EventBridgeEventBusParameters": {"DetailType": "change", "Source": "weather"}
    },
}
RULE: dict[str, Any] = {
    "Name": "cache-put",
    "Arn": "arn:aws:events:us-east-1:123456789012:rule/weather/cache-put",
    "EventPattern": PATTERN,
    "State": "ENABLED",
    "EventBusName": "weather",
}
DEPLOYED: dict[str, Any] = {
    "Id": "momento",
    "Arn": "arn:aws:events:us-east-1:123456789012:api-destination/put/0c2a",
    "InputTransformer": {
        "InputPathsMap": TARGET["input_transformer"]["input_paths"],
        "InputTemplate": TARGET["input_transformer"]["input_template"],
    },
    "HttpParameters": {
        "PathParameterValues": ["weather"],
        "QueryStringParameters": TARGET["http_target"]["query_string_parameters"],
        "HeaderParameters": TARGET["http_target"]["header_parameters"],
    },
    "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 600},
    "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:000000000000:letters"},
}


class Clients(test_deployed.Clients):
    """A substitute for the `pipes` and `events` clients, with one rule or target on each page."""

    def __init__(self, *targets: Mapping[str, Any], rules: int = 1) -> None:
        super().__init__(BUS_PIPE)
        self.targets = targets
        self.rules = rules

    def list_rules(self, *, EventBusName: str, NextToken: str = "0") -> Mapping[str, Any]:  # noqa: N803
        """Answer with the next rule."""
        assert EventBusName == "weather"
        number = int(NextToken)
        more = {"NextToken": str(number + 1)} if number + 1 < self.rules else {}
        return {"Rules": [RULE | {"Name": f"{RULE['Name']}{number or ''}"}], **more}

    def list_targets_by_rule(
        self,
        *,
        Rule: str,  # noqa: N803
        EventBusName: str,  # noqa: N803
        NextToken: str = "0",  # noqa: N803
    ) -> Mapping[str, Any]:
        """Answer with the next target."""
        assert (Rule[:9], EventBusName) == ("cache-put", "weather")
        number = int(NextToken)
        more = {"NextToken": str(number + 1)} if number + 1 < len(self.targets) else {}
        return {"Targets": list(self.targets[number : number + 1]), **more}

    def read_rules(self) -> list[RuleDefinition]:
        """Return the bus's rules."""
        return read_rules("weather", self, lambda _: {"api_key_value": "k"})


def test_a_deployed_bus_pipe_is_read_without_a_destination() -> None:
    clients = Clients()
    found = read_definition("changes", clients, clients, lambda _: {})
    assert clients.asked == ["pipe changes"]
    assert found.event_bus == EventBusTarget(
        name="weather", arn=BUS_ARN, detail_type="change", source="weather"
    )
    assert isinstance(Pipe(found).process(read_record("insert")), Event)


def test_a_deployed_rule_is_read_as_it_was_synthesized() -> None:
    (rule,) = Clients(DEPLOYED).read_rules()
    arns = {"arn": rule.arn, "target_arn": rule.target_arn}
    assert vars(rule) == vars(synthesized()) | arns


def test_all_pages_of_rules_and_targets_are_read() -> None:
    found = Clients(DEPLOYED, DEPLOYED | {"Id": "second"}, rules=2).read_rules()
    assert [rule.full_name for rule in found] == [
        f"weather/{name}/{target}"
        for name in ("cache-put", "cache-put1")
        for target in ("momento", "second")
    ]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ({"Arn": "arn:aws:sqs:us-east-1:1:q"}, "the target arn:aws:sqs:us-east-1:1:q is not an"),
        ({"Input": "{}"}, "a constant input"),
    ],
)
def test_a_deployed_target_that_cannot_be_run_is_unsupported(
    target: dict[str, Any], reason: str
) -> None:
    (rule,) = Clients(DEPLOYED | target).read_rules()
    with pytest.raises(Unsupported, match=reason):
        Rule(rule)
