"""A workflow stack on the local AWS, by the real provider: applied, read back, changed, destroyed.

The state machine has a log, tags and a key of its own.
"""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from eventpipes.deployed import read_definition
from eventpipes.outcome import Requests
from eventpipes.pipe import Pipe
from eventpipes.synthesized import definitions
from momento_pipes.momento.update_connection import version_of
from ops.terraform.terraform import Terraform, TerraformError, environment
from stacks.settings import Settings
from tests.localcloud.test_deployment import drift
from tests.localcloud.test_rule_deployment import read_secret
from tests.localcloud.workflow_cloud import API_KEY, document

pytestmark = pytest.mark.usefixtures("running_provider")

RECORD = {
    "eventID": "1",
    "eventName": "INSERT",
    "dynamodb": {
        "Keys": {"Id": {"S": 'a "b"'}},
        "NewImage": {"Id": {"S": 'a "b"'}, "Version": {"N": "7"}},
        "SequenceNumber": "1",
    },
}


FIRST = {"PIPE_LOG_EXECUTION_DATA": "true", "PIPE_LOG_LEVEL": "INFO", "TAGS": "team=a"}
CHANGED = {
    "PIPE_LOG_EXECUTION_DATA": "false",
    "PIPE_LOG_LEVEL": "ERROR",
    "TAGS": "team=b",
    "WORKFLOW_BATCH_SIZE": "9",
    "WORKFLOW_CONCURRENCY": "7",
}


@dataclass(frozen=True, kw_only=True)
class Life:
    """What was deployed first and after the change, and what Terraform said.

    `drift` has the changes of a second plan after each apply. `changes` has the change's actions
    by type, `refused` the error about a definition that AWS refuses, and `left` the state machines
    after the destroy.
    """

    first: Any
    changed: Any
    machine: Mapping[str, Any]
    drift: tuple[str, str]
    changes: Mapping[str, str]
    refused: str
    left: Any


def write(folder: Path, settings: Mapping[str, str], start: str | None = None) -> None:
    """Write the stack, with its state in the folder; `start` is another state to start at."""
    made: dict[str, Any] = json.loads(json.dumps(document(**settings)))
    made["terraform"].pop("backend")
    made["resource"]["aws_kms_key"] = {"key": {"description": "a key"}}
    (machine,) = made["resource"]["aws_sfn_state_machine"].values()
    machine["encryption_configuration"] = {
        "type": "CUSTOMER_MANAGED_KMS_KEY",
        "kms_key_id": "${aws_kms_key.key.arn}",
        "kms_data_key_reuse_period_seconds": 300,
    }
    if start:
        definition = json.loads(machine["definition"])
        machine["definition"] = json.dumps(definition | {"StartAt": start})
    (folder / "main.tf.json").write_text(json.dumps(made), encoding="utf-8")


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Deploy, plan, change, plan, plan what AWS refuses, and destroy."""
    folder = tmp_path_factory.mktemp("workflow")
    env = environment(Settings.load()) | {
        "TF_VAR_momento_api_key": API_KEY,
        "TF_VAR_momento_api_key_version": version_of(API_KEY),
        "TF_VAR_iam_settle_seconds": "0",
    }
    terraform = Terraform(folder, env)
    write(folder, FIRST)
    terraform.init()
    terraform.quiet("apply", "-auto-approve", "-input=false")
    first, after_first = deployed(), drift(terraform)
    write(folder, CHANGED)
    changes = [
        event["change"]
        for event in terraform.events("apply", "-auto-approve", "-input=false")
        if event["type"] == "planned_change"
    ]
    changed, after_change = deployed(), drift(terraform)
    with closing(boto3.client("stepfunctions")) as states:
        machine = dict(states.describe_state_machine(stateMachineArn=changed.state_machine.arn))
        machine |= states.list_tags_for_resource(resourceArn=changed.state_machine.arn)
        write(folder, CHANGED, start="Nowhere")
        with pytest.raises(TerraformError) as refused:
            terraform.quiet("plan", "-input=false", "-refresh=false")
        write(folder, CHANGED)
        terraform.quiet("destroy", "-auto-approve", "-input=false", "-refresh=false")
        left = states.list_state_machines()["stateMachines"]
    return Life(
        first=first,
        changed=changed,
        machine=machine,
        drift=(after_first, after_change),
        changes={change["resource"]["resource_type"]: change["action"] for change in changes},
        refused=str(refused.value),
        left=left,
    )


def deployed() -> Any:
    """Return the pipe as the API describes it, with its state machine."""
    with (
        closing(boto3.client("events")) as events,
        closing(boto3.client("pipes")) as pipes,
        closing(boto3.client("stepfunctions")) as states,
    ):
        return read_definition("shop-changes-changes-pipe", pipes, events, read_secret, states)


def sent(definition: Any) -> list[tuple[str, str, str]]:
    outcome = Pipe(definition).process(RECORD)
    assert isinstance(outcome, Requests), outcome
    return [(one.method, one.url, one.body) for one in outcome.requests]


def test_a_second_plan_has_no_changes(life: Life) -> None:
    assert life.drift == ("", "")


def test_what_is_deployed_sends_what_was_synthesized(life: Life) -> None:
    (asked,) = definitions(document())
    found = life.first
    assert sent(found) == sent(asked)
    assert len(sent(found)) == 2
    source = found.source
    assert (source.batch_size, source.maximum_retry_attempts) == (25, -1)
    assert source.on_partial_batch_item_failure == "AUTOMATIC_BISECT"
    assert source.maximum_record_age == 3_600
    assert found.state_machine.invocation_type == "REQUEST_RESPONSE"


def test_a_changed_workflow_is_changed_in_place(life: Life) -> None:
    """The machine and the pipe keep their ARNs, and the retries stay unlimited."""
    first, changed = life.first, life.changed
    assert life.changes["aws_sfn_state_machine"] == life.changes["aws_pipes_pipe"] == "update"
    assert '"MaxConcurrency":7' in changed.state_machine.definition
    assert (changed.source.batch_size, changed.source.maximum_retry_attempts) == (9, -1)
    assert (changed.arn, changed.state_machine.arn) == (first.arn, first.state_machine.arn)


def test_the_changed_machine_has_its_key_and_the_new_logging_and_tags(life: Life) -> None:
    logging = life.machine["loggingConfiguration"]
    # The provider leaves a value that is false out of the request.
    assert (logging["level"], logging.get("includeExecutionData", False)) == ("ERROR", False)
    assert life.machine["encryptionConfiguration"]["type"] == "CUSTOMER_MANAGED_KMS_KEY"
    assert {"key": "team", "value": "b"} in life.machine["tags"]


def test_a_definition_that_aws_refuses_is_refused(life: Life) -> None:
    assert "Nowhere" in life.refused


def test_the_workflow_is_destroyed(life: Life) -> None:
    assert life.left == []
