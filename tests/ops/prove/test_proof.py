"""`./help.sh prove` from its first question to the last resource destroyed, with Terraform once."""

import copy
import os
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from localcloud import LocalAws
from ops.prove import patterns, recording
from ops.prove.comparison import Agreement
from ops.prove.recording import Recording
from tests.conftest import KEY, House
from tests.ops.prove.conforming import running

pytestmark = pytest.mark.usefixtures("running_provider")


@dataclass(frozen=True)
class Proved:
    """How the command ended, and the recording that it wrote."""

    done: subprocess.CompletedProcess[str]
    file: Path
    recording: Recording


@pytest.fixture(scope="module")
def proved(house: House, local_aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Proved:
    """Run the command once, with a pipeline on a bus and one of a workflow.

    `test_delivering.py` has one of pipes, deployed without Terraform. The stand-in answers
    questions about patterns with the engine: a tenth of the cases is enough.
    """
    file = tmp_path_factory.mktemp("recording") / "recording.json"
    tried = (f"--pipeline={name}" for name in ("chosen-bus", "whole-workflow"))
    options = ["--auto-approve", "--patience=60", "--settle=0", f"--out={file}", *tried]
    cases = [*patterns.of_cases()][::10]
    with running(local_aws.endpoint) as momento, pytest.MonkeyPatch.context() as patch:
        patch.setattr(patterns, "of_cases", lambda: cases)
        env = dict(os.environ) | {"MOMENTO_ENDPOINT_URL": momento.endpoint}
        done = house.command("prove", *options, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return Proved(done, file, recording.read(file))


def test_costs_rights_and_the_stand_ins_are_said_first(proved: Proved) -> None:
    first, _, _ = proved.done.stdout.partition("✓ synthesize")
    assert "less than\n10 US cents" in first
    assert "events:TestEventPattern" in first
    assert "proves nothing about AWS and Momento" in first


@pytest.mark.parametrize("where", ["filter patterns", "workflow states", "TOPOLOGY=bus", "all"])
def test_the_table_has_a_row_for_each_kind_of_question(proved: Proved, where: str) -> None:
    assert f"│ {where}" in proved.done.stdout


def test_everything_is_destroyed(proved: Proved, house: House) -> None:
    assert " resources destroyed" in proved.done.stdout
    assert list((house.root / ".cache" / "prove").glob("local-*")) == []
    with closing(boto3.client("dynamodb")) as client:
        assert client.list_tables()["TableNames"] == []


def test_the_recording_says_who_answered_and_has_no_key(proved: Proved) -> None:
    assert proved.recording["answered_by"] == recording.STAND_IN
    assert KEY not in proved.file.read_text(encoding="utf-8") + proved.done.stdout


def test_the_engine_agrees_with_the_recording(proved: Proved) -> None:
    """`test_recorded.py` and `test_deliveries.py` have changed answers."""
    few = copy.deepcopy(proved.recording)
    few["patterns"], few["states"] = few["patterns"][:5], few["states"][-5:]
    few["deliveries"] = [one for one in few["deliveries"] if one["pipeline"] == "chosen-bus"][:5]
    assert {one.agreement for one in recording.comparisons(few)} == {Agreement.AGREE}
