"""The API key is in nothing that the commands print, and in no file that they leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ADVICE, KEY, House, files_with

pytestmark = pytest.mark.usefixtures("running_provider")

APPROVED = "--auto-approve"
COMMANDS = (
    ("synth",),
    ("validate",),
    ("deploy", APPROVED),
    ("plan",),
    ("destroy", APPROVED),
)


@dataclass(frozen=True, kw_only=True)
class Commands:
    """What each of the commands printed, and where they may have left files."""

    said: Sequence[str]
    folders: Sequence[Path]


@pytest.fixture(scope="module")
def commands(house: House, state_bucket: str, tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """Deploy and destroy with a planted key."""
    assert state_bucket
    temporary = tmp_path_factory.mktemp("temporary")
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(temporary))
        patch.delenv("CDKTF_OUTDIR")
        for command in COMMANDS:
            done = house.run("./help.sh", *command)
            assert (done.returncode, done.stderr) == (0, ADVICE), command
            said.append(done.stdout)
    return Commands(said=said, folders=[house.root, temporary])


@pytest.mark.parametrize("index", range(len(COMMANDS)), ids=map(" ".join, COMMANDS))
def test_no_line_holds_the_key(commands: Commands, index: int) -> None:
    assert commands.said[index]
    assert KEY not in commands.said[index]


def test_no_file_holds_the_key(commands: Commands) -> None:
    assert (commands.folders[0] / "cdktf.out" / "stacks" / "weather" / "cdk.tf.json").exists()
    assert [path for folder in commands.folders for path in files_with(KEY, folder)] == []
