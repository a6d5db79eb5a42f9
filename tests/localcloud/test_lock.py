"""Several applies on one state: one has the lock, the others are refused or wait.

Ctrl-C ends the first: Terraform stops by itself, writes its state and gives the lock back.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from ops.terraform.terraform import Terraform, TerraformError, environment, synthesize
from stacks.settings import Settings
from tests.conftest import BUCKET, KEY, House

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("running_provider")

STATE = "weather-stats-demo/terraform.tfstate"
LOCK = f"{STATE}.tflock"
DEPLOY = ("deploy", "--auto-approve")


@dataclass(frozen=True, kw_only=True)
class Race:
    """How three applies at the same time ended, and what they left in the bucket."""

    first: subprocess.CompletedProcess[str]
    refused: subprocess.CompletedProcess[str]
    waited: str
    lock: Mapping[str, Any]
    states: Sequence[Mapping[str, Any]]
    left: Sequence[str]


def elsewhere(folder: Path) -> dict[str, str]:
    """Return the environment of a person who deploys from another folder."""
    return dict(os.environ) | {"CDKTF_OUTDIR": str(folder)}


def keys(s3: "S3Client") -> list[str]:
    return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def states(s3: "S3Client") -> list[Any]:
    """Return every version of the state, the oldest first."""
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix=STATE)["Versions"]
    found = []
    for version in reversed([each for each in versions if each["Key"] == STATE]):
        answer = s3.get_object(Bucket=BUCKET, Key=STATE, VersionId=version["VersionId"])
        with closing(answer["Body"]) as body:
            found.append(json.load(body))
    return found


def is_the_moment(said: Sequence[str]) -> bool:
    """Say whether table and role are there, and the queue is waited for."""
    log = "".join(said)
    return all(
        re.search(rf"^{what}", log, re.MULTILINE)
        for what in (
            r"aws_dynamodb_table\.\S+: Creation complete",
            r"aws_iam_role\.\S+: Creation complete",
            r"aws_sqs_queue\.\S+: Still creating",
        )
    )


@contextmanager
def held(process: subprocess.Popen[str]) -> Iterator[None]:
    """Pause a process and the processes that it has started."""
    os.killpg(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGCONT)


def apply_after_the_others(terraform: Terraform) -> str:
    """Wait for the lock and apply; return what Terraform said.

    Terraform asks for the lock, and then who has it. It gives up if the lock ends between the two.
    """
    while True:
        try:
            return terraform.quiet("apply", "-auto-approve", "-input=false", "-lock-timeout=300s")
        except TerraformError as error:
            if "NoSuchKey" not in str(error):
                raise


@pytest.fixture(scope="module")
def race(house: House, state_bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Race:
    """Deploy; while this deploy has the lock, deploy twice from other folders, and press Ctrl-C.

    The first is held until the second was refused. It goes on while the third waits, and is
    interrupted while the queue takes its 25 seconds; everything on the terminal gets Ctrl-C.
    """
    second, third = (elsewhere(tmp_path_factory.mktemp(name)) for name in ("second", "third"))
    env = environment(Settings.load(), third)
    terraform = Terraform(synthesize("weather", env), env)
    terraform.init()
    with (
        closing(boto3.client("s3")) as s3,
        ThreadPoolExecutor(1) as thread,
        subprocess.Popen(
            ("./help.sh", *DEPLOY),
            cwd=house.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as first,
    ):
        s3.put_bucket_versioning(Bucket=state_bucket, VersioningConfiguration={"Status": "Enabled"})
        assert first.stdout is not None
        said = []
        for line in first.stdout:
            said.append(line)
            if is_the_moment(said):
                break
        with held(first):
            with closing(s3.get_object(Bucket=BUCKET, Key=LOCK)["Body"]) as body:
                lock = json.load(body)
            refused = house.command(*DEPLOY, env=second)
            waited = thread.submit(apply_after_the_others, terraform)
        os.killpg(first.pid, signal.SIGINT)
        rest, _ = first.communicate(timeout=300)
        return Race(
            first=subprocess.CompletedProcess(DEPLOY, first.returncode, "".join(said) + rest),
            refused=refused,
            waited=waited.result(),
            lock=lock,
            states=states(s3),
            left=keys(s3),
        )


def test_ctrl_c_leaves_what_was_created_in_the_state(race: Race) -> None:
    """Terraform marks the queue, because it was not waited for until the end."""
    found = [
        {one["type"]: each.get("status") for one in state["resources"] for each in one["instances"]}
        for state in race.states
    ]
    created = [types for types in found if types.get("aws_sqs_queue") == "tainted"]
    assert created
    assert all({"aws_dynamodb_table", "aws_iam_role"} <= types.keys() for types in created)


def test_ctrl_c_leads_to_terraforms_own_message(race: Race) -> None:
    assert race.first.returncode == 1
    assert "Interrupt received." in race.first.stdout
    assert "Traceback" not in race.first.stdout
    assert KEY not in race.first.stdout


def test_the_lock_names_its_holder(race: Race) -> None:
    assert race.lock["Operation"] == "OperationTypeApply"
    assert race.lock["Path"] == f"{BUCKET}/{STATE}"


def test_another_deploy_is_refused_with_terraforms_message_and_the_next_step(race: Race) -> None:
    assert race.refused.returncode == 1
    assert "Error acquiring the state lock" in race.refused.stderr
    assert race.lock["ID"] in race.refused.stderr
    assert race.refused.stderr.splitlines()[-1].removeprefix("error: ") == (
        "somebody else is deploying; wait for them (if nobody is: terraform force-unlock ID)"
    )


def test_a_deploy_that_waits_creates_the_rest(race: Race) -> None:
    """It has the lock after the first deploy, and creates the queue again that this one left."""
    assert re.search(r"Apply complete! Resources: \d+ added, 0 changed, 1 destroyed", race.waited)


def test_the_state_has_no_gap(race: Race) -> None:
    """The serial of each version follows that of the version before it."""
    serials = [state["serial"] for state in race.states]
    assert serials == sorted(set(serials))
    assert len({state["lineage"] for state in race.states}) == 1
    managed = [each for each in race.states[-1]["resources"] if each["mode"] == "managed"]
    assert len(managed) == 15


def test_no_lock_remains(race: Race) -> None:
    assert race.left == [STATE]
