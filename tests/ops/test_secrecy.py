"""The API key is in nothing that the commands print or leave, from the first deploy to the last.

Terraform and its provider write everything that they can say into a log (`TF_LOG=trace`).
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from momento_pipes.momento.update_connection import PLACEHOLDER
from ops.terraform.terraform import Terraform, environment
from stacks.settings import Settings
from tests.conftest import ADVICE, BUCKET, KEY, House, files_with
from tests.localcloud.provider_process import VARIABLE, provider_process

NEW_KEY = "planted-8b2e1d-new-key-that-must-not-be-seen"
KEYS = (KEY, NEW_KEY)
CONNECTION = "aws_cloudwatch_event_connection"
APPROVED = "--auto-approve"
STEPS = (
    *("synth", "validate", "deploy", "plan for a new key", "deploy a new key"),
    *("deploy over an earlier version", "destroy"),
)


@dataclass(kw_only=True)
class Run:
    """What the commands printed, by step, what EventBridge had, and where files may be left.

    `destroyed_from` is the place in the provider's log at which the destroy begins.
    """

    house: House
    temporary: Path
    destroyed_from: int = 0
    said: dict[str, str] = field(default_factory=dict)
    connection: dict[str, str] = field(default_factory=dict)
    states: dict[str, list[bytes]] = field(default_factory=dict)
    planned: Mapping[str, list[str]] = field(default_factory=dict)

    def step(self, name: str, *command: str, key: str = KEY, logs: bool = True) -> None:
        """Run a command, with a log of everything."""
        log = {"TF_LOG": "trace", "TF_LOG_PATH": str(self.temporary / f"{name}.log")}
        env = {"MOMENTO_API_KEY": key} | (log if logs else {})
        done = self.house.command(*command, env=dict(os.environ) | env)
        warnings = done.stderr.replace(ADVICE, "")
        assert (done.returncode, warnings) == (0, ""), (name, done.stderr)
        self.said[name] = done.stdout
        self.connection[name] = _stored()
        self.states[name] = _take_states()


def _stored() -> str:
    """Return the key that EventBridge has; empty without a connection."""
    with (
        closing(boto3.client("events")) as events,
        closing(boto3.client("secretsmanager")) as secrets,
    ):
        for one in events.list_connections()["Connections"]:
            arn = events.describe_connection(Name=one["Name"])["SecretArn"]
            found = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
            return str(found["api_key_value"])
    return ""


def _take_states() -> list[bytes]:
    """Return every version of every object in the state bucket, and delete them but the last."""
    found = []
    with closing(boto3.client("s3")) as s3:
        for one in s3.list_object_versions(Bucket=BUCKET).get("Versions", []):
            place = {"Bucket": BUCKET, "Key": one["Key"], "VersionId": one["VersionId"]}
            found.append(s3.get_object(**place)["Body"].read())  # type: ignore[arg-type]  # three texts
            if not one["IsLatest"]:
                s3.delete_object(**place)  # type: ignore[arg-type]
    return found


def _as_an_earlier_version(document: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON of a version of this project whose connection had the key as an argument."""
    resources = document["resource"]
    (secret,) = resources["aws_secretsmanager_secret"]
    for name, variable in list(document["variable"].items()):
        variable.pop("ephemeral", None)
        if name.endswith("_version"):
            del document["variable"][name]
    (connection,) = resources[CONNECTION].values()
    connection["auth_parameters"]["api_key"]["value"] = "${var.momento_api_key}"
    del connection["lifecycle"]
    resources["aws_secretsmanager_secret_version"] = {
        "momento_api-key_value_A0B1C2D3": {
            "secret_id": f"${{aws_secretsmanager_secret.{secret}.id}}",
            "secret_string_wo": "${var.momento_api_key}",
            "secret_string_wo_version": 1,
        }
    }
    update = next(name for name in resources["terraform_data"] if "connection" in name)
    del resources["terraform_data"][update]
    for destination in resources["aws_cloudwatch_event_api_destination"].values():
        del destination["depends_on"]
    return document


def _deploy_an_earlier_version(folder: Path) -> None:
    file = folder / "cdk.tf.json"
    document = _as_an_earlier_version(json.loads(file.read_text(encoding="utf-8")))
    file.write_text(json.dumps(document), encoding="utf-8")
    terraform = Terraform(folder, environment(Settings.load()))
    terraform.quiet("apply", "-input=false", "-auto-approve")
    assert _stored() == KEY
    assert any(KEY.encode() in one for one in _take_states()), "this is what is to be mended"
    _take_states()


@contextmanager
def _provider_with_a_log(binary: Path, log: Path) -> Iterator[None]:
    """Let Terraform use a provider that writes everything that it can say into a file."""
    with (
        log.open("ab") as file,
        provider_process(binary, os.environ | {"TF_LOG": "trace"}, file) as found,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv(VARIABLE, found)
        yield


@pytest.fixture(scope="module")
def run(
    house: House, state_bucket: str, tmp_path_factory: pytest.TempPathFactory, provider_binary: Path
) -> Run:
    """Deploy, rotate the key, deploy over an earlier version, and destroy."""
    assert state_bucket
    temporary = tmp_path_factory.mktemp("temporary")
    run = Run(house=house, temporary=temporary)
    plan, log = temporary / "plan", temporary / "provider.log"
    with closing(boto3.client("s3")) as s3:
        versions = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=versions)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch, _provider_with_a_log(provider_binary, log):
        patch.setenv("TMPDIR", str(temporary))
        patch.delenv("CDKTF_OUTDIR")
        run.step("synth", "synth", logs=False)
        run.step("validate", "validate", logs=False)
        run.step("deploy", "deploy", APPROVED)
        run.step("plan for a new key", "plan", "--out", str(plan), key=NEW_KEY)
        run.step("deploy a new key", "deploy", "--plan", str(plan), key=NEW_KEY)
        run.destroyed_from = log.stat().st_size
        folder = house.root / "cdktf.out" / "stacks" / "weather"
        _deploy_an_earlier_version(folder)
        former = house.root.parent / "former"  # it has the key of the state before it
        assert house.command("plan", "--out", str(former)).returncode == 0
        terraform = Terraform(folder, environment(Settings.load()))
        shown = terraform.json("show", str(former))
        run.planned = {
            one["address"]: one["change"]["actions"] for one in shown["resource_changes"]
        }
        run.step("deploy over an earlier version", "deploy", "--plan", str(former), logs=False)
        former.unlink()
        # The provider read the former value of the secret, and has logged the response.
        os.truncate(log, run.destroyed_from)
        run.step("destroy", "destroy", APPROVED)
    return run


@pytest.mark.parametrize("step", STEPS)
def test_no_line_holds_a_key(run: Run, step: str) -> None:
    assert run.said[step]
    for key in KEYS:
        assert key not in run.said[step]


def test_no_file_holds_a_key(run: Run) -> None:
    """The saved plan and the logs are among the files; the logs have requests to AWS."""
    assert (run.house.root / "cdktf.out" / "stacks" / "weather" / "cdk.tf.json").exists()
    assert (run.temporary / "plan").exists()
    for step in ("deploy", "deploy a new key", "destroy"):
        assert CONNECTION in (run.temporary / f"{step}.log").read_text(encoding="utf-8")
    log = (run.temporary / "provider.log").read_bytes()
    for part in (log[: run.destroyed_from], log[run.destroyed_from :]):
        assert b"weather-stats-demo-connection" in part
        assert b"HTTP Request Sent" in part
    for key in KEYS:
        for folder in (run.house.root, run.temporary):
            assert files_with(key, folder) == []


@pytest.mark.parametrize("step", STEPS[2:])
def test_no_state_and_no_lock_in_the_bucket_holds_a_key(run: Run, step: str) -> None:
    """A deploy over an earlier version ends with a state without one; before that, it is there."""
    states = run.states[step]
    assert states
    if step == "deploy over an earlier version":
        states = [max(states, key=lambda one: json.loads(one).get("serial", 0))]
    for key in KEYS:
        assert [one for one in states if key.encode() in one] == []
    assert any(PLACEHOLDER.encode() in one for one in states)


def test_the_connection_has_the_key_of_each_deploy(run: Run) -> None:
    assert run.connection["deploy"] == run.connection["plan for a new key"] == KEY
    assert run.connection["deploy a new key"] == NEW_KEY
    assert run.connection["deploy over an earlier version"] == KEY
    assert run.connection["destroy"] == ""


def test_a_deploy_over_an_earlier_version_changes_nothing_that_sends(run: Run) -> None:
    """Every request has a valid key, and no record is lost."""
    doing = {
        address.partition(".")[0]: actions
        for address, actions in run.planned.items()
        if actions != ["no-op"]
    }
    assert doing == {
        "aws_secretsmanager_secret_version": ["delete"],
        "terraform_data": ["create"],
    }
    assert "was in the state, and was taken out" in run.said["deploy over an earlier version"]
