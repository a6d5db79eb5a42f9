"""A pipe to a state machine, read from synthesized JSON, from a plan, and from the AWS API."""

import copy
from collections.abc import Mapping
from typing import Any

from eventpipes import Definition, Pipe, Requests
from eventpipes.deployed import read_definition
from eventpipes.planned import after
from eventpipes.synthesized import definitions
from tests.eventpipes import test_deployed
from tests.eventpipes.test_workflow_target import CONNECTION_ARN, INSERT, PUT, machine

ACCOUNT = "us-east-1:123456789012"
REAL_CONNECTION = f"arn:aws:events:{ACCOUNT}:connection/momento/7f31"
REAL_MACHINE = f"arn:aws:states:{ACCOUNT}:stateMachine:weather-changes"
STREAM = f"arn:aws:dynamodb:{ACCOUNT}:table/t/stream/2024"
PIPE: dict[str, Any] = {
    "name": "weather-changes-pipe",
    "source": STREAM,
    "target": "${aws_sfn_state_machine.changes.arn}",
    "source_parameters": {
        "dynamodb_stream_parameters": {
            "batch_size": 50,
            "maximum_batching_window_in_seconds": 2,
            "on_partial_batch_item_failure": "AUTOMATIC_BISECT",
            "parallelization_factor": 3,
            "starting_position": "LATEST",
        }
    },
    "target_parameters": {
        "step_function_state_machine_parameters": {"invocation_type": "REQUEST_RESPONSE"}
    },
}
CONNECTION: dict[str, Any] = {
    "name": "momento",
    "auth_parameters": {"api_key": {"key": "Authorization", "value": "${var.key}"}},
}
DOCUMENT: dict[str, Any] = {
    "resource": {
        "aws_pipes_pipe": {"changes": PIPE},
        "aws_cloudwatch_event_connection": {"momento": CONNECTION},
        "aws_cloudwatch_log_group": {"states": {"name": "/aws/vendedlogs/states/weather"}},
        "aws_sfn_state_machine": {
            "changes": {
                "name": "weather-changes",
                "type": "EXPRESS",
                "definition": machine(Put=PUT),
                "logging_configuration": {
                    "level": "ERROR",
                    "log_destination": "${aws_cloudwatch_log_group.states.arn}:*",
                },
            }
        },
    }
}


def assert_batches_and_sends(definition: Definition, key: str) -> None:
    """Compare how the pipe reads its stream, and the key that it sends."""
    source = definition.source
    assert (source.batch_size, source.parallelization_factor) == (50, 3)
    assert source.maximum_batching_window == 2
    assert source.on_partial_batch_item_failure == "AUTOMATIC_BISECT"
    outcome = Pipe(definition).process(INSERT)
    assert isinstance(outcome, Requests)
    assert outcome.requests[0].headers["Authorization"] == key


def test_synthesized_json_has_the_state_machine_with_its_connection() -> None:
    (definition,) = definitions(DOCUMENT)
    assert definition.unsupported is None
    assert definition.state_machine is not None
    assert definition.state_machine.type == "EXPRESS"
    assert definition.state_machine.connections.keys() == {CONNECTION_ARN}
    assert (definition.state_machine.log_group_arn or "").endswith(
        "log-group:/aws/vendedlogs/states/weather"
    )
    assert definition.target_arn == definition.state_machine.arn
    assert definition.target_arn.endswith(":stateMachine:weather-changes")
    assert_batches_and_sends(definition, "${var.key}")


def test_a_definition_that_is_an_expression_is_not_run() -> None:
    document = copy.deepcopy(DOCUMENT)
    resource = document["resource"]["aws_sfn_state_machine"]["changes"]
    resource["definition"] = "${jsonencode({})}"
    (definition,) = definitions(document)
    assert definition.unsupported == "the definition of its state machine is a Terraform expression"
    del resource["definition"]
    (definition,) = definitions(document)
    assert definition.unsupported is not None
    assert "known only after apply" in definition.unsupported


def plan(*, definition: str | None) -> dict[str, Any]:
    """Return a plan in which all is known, perhaps but for the state machine's definition."""
    lists = copy.deepcopy(PIPE)
    lists["target"] = REAL_MACHINE
    stream = lists["source_parameters"]["dynamodb_stream_parameters"]
    lists["source_parameters"] = [{"dynamodb_stream_parameters": [stream]}]
    invocation = lists["target_parameters"]["step_function_state_machine_parameters"]
    lists["target_parameters"] = [{"step_function_state_machine_parameters": [invocation]}]
    values: dict[tuple[str, str], dict[str, Any]] = {
        ("aws_pipes_pipe", "changes"): lists,
        ("aws_cloudwatch_event_connection", "momento"): {
            "arn": REAL_CONNECTION,
            "name": "momento",
            "auth_parameters": [{"api_key": [{"key": "Authorization"}]}],
        },
        ("aws_sfn_state_machine", "changes"): {
            "arn": REAL_MACHINE,
            "name": "weather-changes",
            "type": "EXPRESS",
            **({} if definition is None else {"definition": definition}),
        },
    }
    resources = [
        {"type": kind, "name": name, "values": value} for (kind, name), value in values.items()
    ]
    return {"planned_values": {"root_module": {"resources": resources}}}


def known() -> str:
    """Return the definition with the connection's real ARN."""
    return machine(Put=PUT).replace(CONNECTION_ARN, REAL_CONNECTION)


def test_a_plan_has_the_state_machine_with_its_connection() -> None:
    (definition,) = after(plan(definition=known()))
    assert definition.unsupported is None
    assert definition.state_machine is not None
    assert definition.state_machine.connections[REAL_CONNECTION].headers.keys() == {"Authorization"}
    assert definition.source.on_partial_batch_item_failure == "AUTOMATIC_BISECT"
    assert isinstance(Pipe(definition).process(INSERT), Requests)


def test_a_definition_that_the_plan_does_not_know_is_not_run() -> None:
    (definition,) = after(plan(definition=None))
    assert "known only after apply" in (definition.unsupported or "")


DEPLOYED = test_deployed.PIPE | {
    "Target": REAL_MACHINE,
    "SourceParameters": {
        "DynamoDBStreamParameters": {
            "BatchSize": 50,
            "MaximumBatchingWindowInSeconds": 2,
            "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
            "ParallelizationFactor": 3,
        }
    },
    "TargetParameters": {
        "StepFunctionStateMachineParameters": {"InvocationType": "REQUEST_RESPONSE"}
    },
}


class Clients(test_deployed.Clients):
    """A substitute for the clients of pipes, events and Step Functions."""

    def describe_state_machine(self, *, stateMachineArn: str) -> Mapping[str, Any]:  # noqa: N803
        """Answer with the state machine."""
        group = f"arn:aws:logs:{ACCOUNT}:log-group:/aws/vendedlogs/states/weather:*"
        return {
            "stateMachineArn": stateMachineArn,
            "name": "weather-changes",
            "type": "EXPRESS",
            "definition": known(),
            "loggingConfiguration": {
                "level": "ERROR",
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
            },
        }


def test_the_deployed_state_machine_is_read() -> None:
    clients = Clients(DEPLOYED)
    definition = read_definition(
        "changes", clients, clients, lambda _: {"api_key_value": "planted"}, clients
    )
    assert not [one for one in clients.asked if one.startswith("destination")]
    assert definition.state_machine is not None
    assert definition.state_machine.log_group_arn == (
        f"arn:aws:logs:{ACCOUNT}:log-group:/aws/vendedlogs/states/weather"
    )
    assert_batches_and_sends(definition, "planted")


def test_without_a_client_a_state_machine_is_not_read() -> None:
    clients = Clients(DEPLOYED)
    definition = read_definition("changes", clients, clients, lambda _: {})
    assert definition.unsupported == "this command does not read state machines"
