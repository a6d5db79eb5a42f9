"""The weather stack on the local AWS: AWS has the properties that the stack declares.

`deployment.json` holds the calls that read the deployment back, each property that was asked
for (`{"same as": ...}` names another property that it must equal), and the change in place.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]
import pytest

from momento_pipes.momento.update_connection import PLACEHOLDER
from ops.terraform.terraform import Terraform, TerraformError, environment, synthesize
from stacks.settings import Settings
from tests.conftest import BUCKET, KEY

pytestmark = pytest.mark.usefixtures("running_provider", "state_bucket")

CASES = json.loads(Path(__file__).with_name("deployment.json").read_text(encoding="utf-8"))
NEW_KEY = "another-planted-key-8a41"


@dataclass(frozen=True, kw_only=True)
class Applied:
    """What AWS and the state hold after an apply, and the changes of the next plan."""

    held: Mapping[str, Any]
    state: Mapping[str, Any]
    drift: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """The types and actions of a plan, and the result."""

    planned: Sequence[tuple[str, str]]
    applied: Applied


def read_back(calls: Mapping[str, Any]) -> dict[str, Any]:
    """Return the responses of AWS to these calls, by name."""
    held: dict[str, Any] = {}
    session = boto3.Session()
    for name, (service, operation, arguments, path) in calls.items():
        with closing(session.client(service)) as client:
            answer = getattr(client, operation)(**resolved(arguments, held))
        found = jmespath.search(path, answer)
        if path == "Tags" and isinstance(found, list):
            found = {tag["Key"]: tag["Value"] for tag in found}
        held[name] = found
    return held


def resolved(value: Any, held: Mapping[str, Any]) -> Any:
    """Return an expectation in which each `{"same as": path}` is what is held there."""
    match value:
        case {"same as": path}:
            found = jmespath.search(path, held)
            assert found, path
            return found
        case dict():
            return {name: resolved(member, held) for name, member in value.items()}
        case list():
            return [resolved(member, held) for member in value]
        case _:
            return value


def properties(paths: Iterable[str], held: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is held at each path."""
    return {path: jmespath.search(path, held) for path in paths}


def applied(terraform: Terraform) -> Applied:
    """Read back what an apply made, and plan again."""
    return Applied(held=read_back(CASES["calls"]), state=state(), drift=drift(terraform))


def drift(terraform: Terraform) -> str:
    """Return the plan's output if there is a change, else an empty text."""
    try:
        terraform.quiet("plan", "-input=false", "-detailed-exitcode")
    except TerraformError as error:
        said = str(error)
        return said.partition("Terraform will perform the following actions:")[2] or said
    return ""


def state() -> Any:
    """Return the stack's state as it is in S3."""
    with closing(boto3.client("s3")) as s3:
        answer = s3.get_object(Bucket=BUCKET, Key="weather-stats-demo/terraform.tfstate")
        with closing(answer["Body"]) as body:
            return json.load(body)


def holders(state: Mapping[str, Any], text: str) -> set[str]:
    """Return the types of the resources in a state that hold a text."""
    assert text not in json.dumps({**state, "resources": []})
    return {resource["type"] for resource in state["resources"] if text in json.dumps(resource)}


def prepared(settings: Mapping[str, str], stack: str = "weather") -> tuple[Path, Terraform]:
    """Synthesize a stack with these settings; return its folder and Terraform in it.

    The provider that runs already has another folder. So it gets the whole paths of files.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        env = environment(Settings.load())
        folder = synthesize(stack, env)
    file = folder / "cdk.tf.json"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"assets/', f'"{folder}/assets/'), encoding="utf-8")
    terraform = Terraform(folder, env)
    terraform.init()
    return folder, terraform


@pytest.fixture(scope="module")
def terraform() -> Terraform:
    """Return Terraform in the synthesized stack, with its state in S3."""
    return prepared(CASES["settings"])[1]


@pytest.fixture(scope="module")
def deployed(terraform: Terraform) -> Applied:
    """Deploy the stack for the first time."""
    terraform.quiet("apply", "-input=false", "-auto-approve")
    return applied(terraform)


@pytest.fixture(scope="module")
def change(deployed: Applied) -> Change:
    """Change what can be changed in place, by settings and in the synthesized JSON."""
    assert deployed.held
    folder, terraform = prepared(CASES["changed settings"] | {"MOMENTO_API_KEY": NEW_KEY})
    stack = json.loads((folder / "cdk.tf.json").read_text(encoding="utf-8"))
    (pipe,) = (
        pipe
        for pipe in stack["resource"]["aws_pipes_pipe"].values()
        if "ttl_seconds" in json.dumps(pipe)
    )
    pipe["source_parameters"]["filter_criteria"]["filter"][0]["pattern"] = CASES["changed pattern"]
    pipe["target_parameters"]["input_template"] = CASES["changed template"]
    (folder / "cdk.tf.json").write_text(json.dumps(stack), encoding="utf-8")
    planned = [
        (event["change"]["resource"]["resource_type"], event["change"]["action"])
        for event in terraform.events("apply", "-input=false", "-auto-approve")
        if event["type"] == "planned_change"
    ]
    return Change(planned=sorted(planned), applied=applied(terraform))


@pytest.fixture(scope="module")
def destroyed(change: Change, terraform: Terraform) -> Mapping[str, Any]:
    """Destroy the stack; return the resources that AWS still lists."""
    assert change.planned
    terraform.quiet("destroy", "-auto-approve", "-input=false")
    return read_back(CASES["left"])


def test_the_stack_is_valid_in_the_providers_own_schema(terraform: Terraform) -> None:
    assert terraform.json("validate")["diagnostics"] == []


def test_aws_has_the_declared_properties(deployed: Applied) -> None:
    held = deployed.held
    assert properties(CASES["asked"], held) == resolved(CASES["asked"], held)


def test_the_key_is_in_the_secret_and_in_the_connection(deployed: Applied) -> None:
    assert deployed.held["secret_value"] == KEY
    assert json.loads(deployed.held["connection_secret"]) == {
        "api_key_name": "Authorization",
        "api_key_value": KEY,
    }


def test_the_state_has_a_placeholder_and_no_key(deployed: Applied) -> None:
    assert holders(deployed.state, PLACEHOLDER) == {"aws_cloudwatch_event_connection"}
    assert holders(deployed.state, KEY) == set()


def test_a_second_plan_has_no_changes(deployed: Applied) -> None:
    assert deployed.drift == ""


def test_a_change_is_in_place(change: Change) -> None:
    """Only the update of the connection is replaced, for the new key."""
    assert change.planned == [
        *[("aws_pipes_pipe", "update")] * 3,
        ("terraform_data", "replace"),
    ]


def test_aws_has_the_changed_properties(change: Change) -> None:
    held = change.applied.held
    assert properties(CASES["changed"], held) == resolved(CASES["changed"], held)


def test_an_update_sends_defaults_that_a_create_does_not(deployed: Applied, change: Change) -> None:
    """The provider does not send these members in a create, and sends their defaults later."""
    defaults = CASES["not asked"]
    assert properties(defaults, deployed.held) == dict.fromkeys(defaults)
    assert properties(defaults, change.applied.held) == defaults


def test_aws_keeps_the_other_properties(change: Change) -> None:
    others = {
        path: asked
        for path, asked in CASES["asked"].items()
        if not path.partition(".")[0].endswith("_pipe")
    }
    held = change.applied.held
    assert properties(others, held) == resolved(others, held)


def test_a_changed_key_reaches_the_secret_and_the_connection_and_no_state(change: Change) -> None:
    assert change.applied.held["secret_value"] == NEW_KEY
    assert json.loads(change.applied.held["connection_secret"])["api_key_value"] == NEW_KEY
    assert holders(change.applied.state, NEW_KEY) == set()


def test_a_plan_after_the_change_has_no_changes(change: Change) -> None:
    assert change.applied.drift == ""


def test_destroy_leaves_nothing(destroyed: Mapping[str, Any]) -> None:
    """No name is taken either: the secrets are also those that are planned to be deleted."""
    assert destroyed.keys() == CASES["left"].keys()
    assert {kind: found for kind, found in destroyed.items() if found} == {}
