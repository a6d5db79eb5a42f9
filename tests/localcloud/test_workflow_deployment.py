"""A workflow stack on the local AWS, written by the real provider: applied, read back, changed."""

import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest

from eventpipes.deployed import read_definition
from eventpipes.outcome import Requests
from eventpipes.pipe import Pipe
from eventpipes.synthesized import definitions
from localcloud import LocalAws
from momento_pipes.momento.update_connection import version_of
from ops.terraform.terraform import Terraform, environment
from stacks.settings import Settings
from tests.conftest import House
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


def written(folder: Path, **settings: str) -> Mapping[str, Any]:
    """Write the stack, with its state in the folder."""
    made: dict[str, Any] = json.loads(json.dumps(document(**settings)))
    made["terraform"].pop("backend")
    (folder / "main.tf.json").write_text(json.dumps(made), encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that Terraform works in."""
    return tmp_path_factory.mktemp("workflow")


@pytest.fixture(scope="module")
def terraform(house: House, local_aws: LocalAws, folder: Path) -> Terraform:
    """Return Terraform in the folder with the stack, applied once."""
    assert house.root.exists()
    assert local_aws.endpoint
    written(folder)
    env = environment(Settings.load()) | {
        "TF_VAR_momento_api_key": API_KEY,
        "TF_VAR_momento_api_key_version": version_of(API_KEY),
        "TF_VAR_iam_settle_seconds": "0",
    }
    terraform = Terraform(folder, env)
    terraform.init()
    terraform.quiet("apply", "-auto-approve", "-input=false")
    return terraform


def deployed() -> Any:
    """Return the pipe as the API describes it, with its state machine."""

    def read_secret(arn: str) -> Any:
        return json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])

    with (
        closing(boto3.client("events")) as events,
        closing(boto3.client("pipes")) as pipes,
        closing(boto3.client("stepfunctions")) as states,
        closing(boto3.client("secretsmanager")) as secrets,
    ):
        return read_definition("shop-changes-changes-pipe", pipes, events, read_secret, states)


def sent(definition: Any) -> list[tuple[str, str, str]]:
    """Return the requests for a record."""
    outcome = Pipe(definition).process(RECORD)
    assert isinstance(outcome, Requests), outcome
    return [(one.method, one.url, one.body) for one in outcome.requests]


def test_a_second_plan_has_no_changes(terraform: Terraform) -> None:
    terraform.quiet("plan", "-input=false", "-detailed-exitcode")


def test_what_is_deployed_sends_what_was_synthesized(terraform: Terraform) -> None:
    assert terraform
    (asked,) = definitions(document())
    found = deployed()
    assert sent(found) == sent(asked)
    assert len(sent(found)) == 2
    source = found.source
    assert (source.batch_size, source.maximum_retry_attempts) == (25, -1)
    assert source.on_partial_batch_item_failure == "AUTOMATIC_BISECT"
    assert source.maximum_record_age == 3_600
    assert found.state_machine.invocation_type == "REQUEST_RESPONSE"


def test_a_changed_workflow_is_changed_in_place(
    terraform: Terraform, folder: Path, tmp_path: Path
) -> None:
    """The machine and the pipe keep their ARNs, and the retries stay unlimited."""
    before = deployed()
    written(folder, WORKFLOW_CONCURRENCY="7", WORKFLOW_BATCH_SIZE="9")
    try:
        plan = tmp_path / "plan"
        terraform.quiet("plan", "-input=false", f"-out={plan}")
        changes = terraform.json("show", str(plan))["resource_changes"]
        actions = {
            one["type"]: one["change"]["actions"] for one in changes if one["mode"] == "managed"
        }
        assert actions["aws_sfn_state_machine"] == actions["aws_pipes_pipe"] == ["update"]
        terraform.quiet("apply", "-auto-approve", "-input=false", str(plan))
        after = deployed()
        assert '"MaxConcurrency":7' in after.state_machine.definition
        assert (after.source.batch_size, after.source.maximum_retry_attempts) == (9, -1)
        assert (after.arn, after.state_machine.arn) == (before.arn, before.state_machine.arn)
        terraform.quiet("plan", "-input=false", "-detailed-exitcode")
    finally:
        written(folder)
        terraform.quiet("apply", "-auto-approve", "-input=false")


def test_the_workflow_is_destroyed(terraform: Terraform) -> None:
    terraform.quiet("destroy", "-auto-approve", "-input=false")
    with closing(boto3.client("stepfunctions")) as states:
        assert states.list_state_machines()["stateMachines"] == []
    terraform.quiet("apply", "-auto-approve", "-input=false")
