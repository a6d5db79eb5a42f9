"""Several applies on one state: one has the lock, the others are refused or wait."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from types_boto3_s3 import S3Client

from ops.terraform.terraform import Terraform, environment, synthesize
from stacks.settings import Settings
from tests.conftest import BUCKET, House

pytestmark = pytest.mark.usefixtures("running_provider")

STATE = "weather-stats-demo/terraform.tfstate"
LOCK = f"{STATE}.tflock"
DEPLOY = ("./help.sh", "deploy", "--auto-approve")


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


def keys(s3: S3Client) -> list[str]:
    """Return the keys of the objects in the state bucket."""
    return [each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def states(s3: S3Client) -> list[Any]:
    """Return every version of the state, the oldest first."""
    versions = s3.list_object_versions(Bucket=BUCKET, Prefix=STATE)["Versions"]
    found = []
    for version in reversed([each for each in versions if each["Key"] == STATE]):
        answer = s3.get_object(Bucket=BUCKET, Key=STATE, VersionId=version["VersionId"])
        with closing(answer["Body"]) as body:
            found.append(json.load(body))
    return found


def is_applying(s3: S3Client) -> bool:
    """Say whether an apply has the lock; a deploy also has it earlier, while it plans."""
    try:
        answer = s3.get_object(Bucket=BUCKET, Key=LOCK)
    except s3.exceptions.NoSuchKey:
        return False
    with closing(answer["Body"]) as body:
        return bool(json.load(body)["Operation"] == "OperationTypeApply")


@contextmanager
def held(process: subprocess.Popen[str]) -> Iterator[None]:
    """Pause a process and the processes that it has started."""
    os.killpg(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def race(house: House, state_bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Race:
    """Deploy; while this deploy has the lock, deploy twice from other folders.

    The first is held until the second was refused, and goes on while the third waits.
    """
    second, third = (elsewhere(tmp_path_factory.mktemp(name)) for name in ("second", "third"))
    env = environment(Settings.load(), third)
    terraform = Terraform(synthesize("weather", env), env)
    terraform.init()
    with (
        closing(boto3.client("s3")) as s3,
        subprocess.Popen(
            DEPLOY,
            cwd=house.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as first,
    ):
        s3.put_bucket_versioning(Bucket=state_bucket, VersioningConfiguration={"Status": "Enabled"})
        while first.poll() is None and not is_applying(s3):
            time.sleep(0.05)
        with held(first), closing(s3.get_object(Bucket=BUCKET, Key=LOCK)["Body"]) as body:
            lock = json.load(body)
            refused = house.run(*DEPLOY, env=second)
        waited = terraform.quiet("apply", "-auto-approve", "-input=false", "-lock-timeout=300s")
        out, _ = first.communicate()
        return Race(
            first=subprocess.CompletedProcess(DEPLOY, first.returncode, out),
            refused=refused,
            waited=waited,
            lock=lock,
            states=states(s3),
            left=keys(s3),
        )


def test_the_deploy_with_the_lock_succeeds(race: Race) -> None:
    assert race.first.returncode == 0, race.first.stdout
    assert "Apply complete! Resources: 15 added, 0 changed, 0 destroyed." in race.first.stdout


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


def test_a_deploy_that_waits_has_no_changes(race: Race) -> None:
    assert "No changes." in race.waited
    assert "Apply complete! Resources: 0 added, 0 changed, 0 destroyed." in race.waited


def test_the_state_has_no_gap(race: Race) -> None:
    """The serial of each version follows that of the version before it."""
    serials = [state["serial"] for state in race.states]
    assert serials == sorted(set(serials))
    assert len({state["lineage"] for state in race.states}) == 1
    managed = [each for each in race.states[-1]["resources"] if each["mode"] == "managed"]
    assert len(managed) == 15


def test_no_lock_remains(race: Race) -> None:
    assert race.left == [STATE]
