"""The pinned cdktf command line, from synth to destroy, without its traps."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from momento_pipes.momento.update_connection import version_of
from ops.cdktf import program
from tests.conftest import KEY, House, files_with

pytestmark = pytest.mark.usefixtures("running_provider")

COMMANDS: dict[str, tuple[str, ...]] = {
    "diff on a fresh clone": ("diff",),
    "deploy by the plain command line": ("deploy", "--auto-approve", "--skip-provider-lock"),
    "deploy": ("deploy", "--auto-approve"),
    "output": ("output",),
    "destroy": ("destroy", "--auto-approve"),
}
SAYS = {
    "diff on a fresh clone": "15 to add, 0 to change, 0 to destroy",
    "deploy by the plain command line": "Apply complete! Resources: 15 added, 0 changed",
    "deploy": "No changes. Your infrastructure matches the configuration.",
    "output": "table_name = weather-stats-demo",
    "destroy": "Destroy complete! Resources: 15 destroyed.",
}
NOISE = {
    "a Terraform configuration that is missing": "Unable to open CLI configuration file",
    "Node's age": r"(?i)end-of-life|JSII_SILENCE",
    "news that cannot be asked for": r"(?i)checkpoint",
    "Node's own warnings": r"DeprecationWarning|ExperimentalWarning|--trace-",
    "a traceback": r"Traceback|^\s+at .*\.js:",
}


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a command said, and what was there after it."""

    done: subprocess.CompletedProcess[str]
    plans: Sequence[Path]
    with_key: Sequence[Path]
    in_bucket: Sequence[str]

    @property
    def said(self) -> str:
        """Everything it printed, without what moves the cursor."""
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.done.stdout + self.done.stderr)


PLAIN = "deploy by the plain command line"


def run(house: House, bucket: str, out: Path, *command: str, plain: bool = False) -> Ran:
    """Run a cdktf command; look at the folder of synthesized stacks and into the bucket."""
    if plain:
        key = {
            "TF_VAR_momento_api_key": KEY,
            "TF_VAR_momento_api_key_version": version_of(KEY),
            "CHECKPOINT_DISABLE": "1",
        }
        env = {name: one for name, one in os.environ.items() if name != "MOMENTO_API_KEY"}
        done = house.run(str(program()), *command, env=env | key)
    else:
        done = house.run("./help.sh", "cdktf", *command)
    with closing(boto3.client("s3")) as s3:
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return Ran(
        done=done,
        plans=list(out.glob("stacks/*/plan")),
        with_key=files_with(KEY, house.root) + files_with(KEY, out),
        in_bucket=[each["Key"] for each in found],
    )


@pytest.fixture(scope="module")
def ran(house: House, state_bucket: str) -> Mapping[str, Ran]:
    """Run the commands, one after another, from a clone without synthesized stacks."""
    out = house.root / "cdktf.out"
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CDKTF_OUTDIR")
        return {
            name: run(house, state_bucket, out, *command, plain=name == PLAIN)
            for name, command in COMMANDS.items()
        }


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_does_what_it_says(ran: Mapping[str, Ran], name: str) -> None:
    assert SAYS[name] in ran[name].said
    assert ran[name].done.returncode == 0


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_leaves_no_plan_no_key_and_no_lock(ran: Mapping[str, Ran], name: str) -> None:
    assert (ran[name].plans, ran[name].with_key) == ([], [])
    assert not [key for key in ran[name].in_bucket if key.endswith(".tflock")]
    assert KEY not in ran[name].said


@pytest.mark.parametrize("noise", NOISE)
def test_a_command_prints_no_warnings(ran: Mapping[str, Ran], noise: str) -> None:
    heard = [
        name
        for name in ran
        if name != PLAIN and re.search(NOISE[noise], ran[name].said, re.MULTILINE)
    ]
    assert heard == []


def test_a_folder_of_ones_own_is_used(
    house: House, state_bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as the one that `./help.sh local -- ./help.sh cdktf diff` runs with."""
    monkeypatch.setenv("CDKTF_OUTDIR", str(tmp_path / "own"))
    before = list(house.root.glob("cdktf.out/**/*"))
    synthesized = run(house, state_bucket, tmp_path / "own", "synth")
    assert synthesized.done.returncode == 0, synthesized.said
    assert "Generated Terraform code for the stacks: weather" in synthesized.said
    assert not [noise for noise in NOISE.values() if re.search(noise, synthesized.said)]
    assert (tmp_path / "own" / "stacks" / "weather" / "cdk.tf.json").exists()
    assert list(house.root.glob("cdktf.out/**/*")) == before
