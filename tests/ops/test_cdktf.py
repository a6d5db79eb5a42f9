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
from ops import cdktf
from ops.cdktf import program
from ops.terraform.provider import VERSION_VARIABLE
from ops.terraform.terraform import KEY_VARIABLE, KEYS, NO_KEY
from tests.conftest import KEY, House, files_with

pytestmark = pytest.mark.usefixtures("running_provider")

PLAIN = "deploy by the plain command line, on a fresh clone"
OWN = "destroy in a folder of one's own"
COMMANDS: dict[str, tuple[str, ...]] = {
    PLAIN: ("deploy", "--auto-approve", "--skip-provider-lock"),
    OWN: ("destroy", "--auto-approve"),
}
SAYS = {
    PLAIN: "Apply complete! Resources: 15 added, 0 changed",
    OWN: "Destroy complete! Resources: 15 destroyed.",
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
    written: Mapping[Path, int]
    with_key: Sequence[Path]
    in_bucket: Sequence[str]

    @property
    def said(self) -> str:
        """Everything it printed, without what moves the cursor."""
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.done.stdout + self.done.stderr)


def run(house: House, bucket: str, out: Path, *command: str, plain: bool = False) -> Ran:
    """Run a cdktf command; look at the folders of synthesized stacks and into the bucket."""
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
    folders = (house.root / "cdktf.out", out)
    files = [file for folder in folders for file in folder.glob("stacks/*/*")]
    return Ran(
        done=done,
        plans=[file for file in files if file.name == "plan"],
        written={file: file.stat().st_mtime_ns for file in files},
        with_key=[*files_with(KEY, house.root), *files_with(KEY, out)],
        in_bucket=[each["Key"] for each in found],
    )


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder such as that of `./help.sh local -- ./help.sh cdktf destroy`."""
    return tmp_path_factory.mktemp("own")


@pytest.fixture(scope="module")
def ran(house: House, state_bucket: str, own: Path) -> Mapping[str, Ran]:
    """Run the commands, one after another, from a clone without synthesized stacks."""
    ran = {}
    for name, command in COMMANDS.items():
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("CDKTF_OUTDIR")
            if name == OWN:
                patch.setenv("CDKTF_OUTDIR", str(own))
            ran[name] = run(house, state_bucket, own, *command, plain=name == PLAIN)
    return ran


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


def test_a_folder_of_ones_own_is_used(ran: Mapping[str, Ran], own: Path) -> None:
    before, after = ran[PLAIN].written, ran[OWN].written
    new = after.keys() - before.keys()
    assert {file: after[file] for file in before} == before
    assert own / "stacks" / "weather" / "cdk.tf.json" in new
    assert {file.parent for file in new} == {own / "stacks" / "weather"}


@pytest.mark.parametrize(
    ("words", "given"),
    [
        *(
            (f"deploy {yes}", f"deploy {yes} --skip-provider-lock --output own")
            for yes in ("--auto-approve", "-auto-approve")
        ),
        *((one, f"{one} --skip-provider-lock --output own") for one in ("diff", "plan", "output")),
        *((one, f"{one} --output own") for one in ("synth", "list")),
        ("--version", "--version"),
    ],
)
def test_each_command_gets_its_options_and_only_a_deploy_gets_the_key(
    words: str, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan file is removed even if the command line fails. A stand-in for it leaves one."""
    monkeypatch.setattr("ops.cdktf.ROOT", tmp_path)
    monkeypatch.setattr("ops.terraform.terraform.ROOT", tmp_path)
    stand_in = tmp_path / "node_modules" / ".bin" / "cdktf"
    stand_in.parent.mkdir(parents=True)
    note = 'echo "$@" >words; env >environment; touch own/stacks/a/plan; exit 3'
    stand_in.write_text(f"#!/bin/sh\n{note}\n")
    stand_in.chmod(0o755)
    folder = tmp_path / "own" / "stacks" / "a"
    folder.mkdir(parents=True)
    env = dict.fromkeys(KEYS, KEY) | {"CDKTF_OUTDIR": "own", VERSION_VARIABLE: "6.25.0"}
    assert cdktf.run(words.split(), env) == 3
    assert (tmp_path / "words").read_text().strip() == given
    seen = (tmp_path / "environment").read_text().splitlines()
    key = KEY if words.startswith("deploy") else NO_KEY
    assert [line for line in seen if line.startswith(KEYS)] == [f"{KEY_VARIABLE}={key}"]
    assert list(folder.iterdir()) == []
