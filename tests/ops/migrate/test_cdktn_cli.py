"""CDK Terrain's command line continues what cdktf's deployed, after the repository is migrated.

That both synthesize the same is proven in `tests/stacks/test_cdktn.py`.

The command line needs a newer Node.js than jsii. Both come from npm, with hashes, and are installed
once.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest

from ops.migrate import proof
from ops.migrate.command import OLDEST_NODE
from ops.migrate.packages import TRIED
from ops.terraform.terraform import environment, environment_of
from stacks.settings import Settings
from tests import commands
from tests.conftest import KEY, ROOT, House
from tests.ops.migrate.conftest import commit, git

pytestmark = pytest.mark.usefixtures("running_provider")

PINNED = Path(__file__).parent / "cdktn_cli"
HOME = ROOT / ".cache" / "cdktn-cli"
SAYS = "Apply complete! Resources: 0 added, 3 changed, 0 destroyed."
"""Three API destinations get another rate; all else is as cdktf deployed it."""
RATE = 7


@dataclass(frozen=True)
class Ran:
    """What the command printed and how it ended, and what was there at the end."""

    said: str
    code: int
    rates: set[int]
    changed: set[str]


@pytest.fixture(scope="module")
def installed() -> Path:
    """Return the folder of npm's packages."""
    lock = (PINNED / "package-lock.json").read_bytes()
    home = HOME / hashlib.sha256(lock).hexdigest()[:12]
    if not home.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=HOME) as folder:
            shutil.copytree(PINNED, folder, dirs_exist_ok=True)
            shutil.copy(ROOT / ".npmrc", folder)
            subprocess.run(["npm", "ci"], cwd=folder, check=True, capture_output=True)
            Path(folder).rename(home)
            Path(folder).mkdir()  # which is removed now
    return home / "node_modules"


def node_of(modules: Path) -> Path:
    """Return the Node.js that came with the packages; there is one for Linux only."""
    return next(modules.glob("node-*/bin/node"), Path(shutil.which("node") or "node"))


@pytest.fixture(scope="module")
def migrated(house: House, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a git repository of the project, as it is before the migration."""
    folder = tmp_path_factory.mktemp("migrated") / "project"
    left_out = shutil.ignore_patterns(".venv", "node_modules", ".cache", "cdktf.out")
    shutil.copytree(house.root, folder, ignore=left_out)
    commit(folder)
    (folder / ".git" / "info" / "exclude").write_text(".venv\n", encoding="utf-8")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "bindings").symlink_to(ROOT / ".cache" / "bindings")
    return folder


@pytest.fixture(scope="module")
def ran(house: House, state_bucket: str, installed: Path, migrated: Path) -> Ran:
    """Deploy what cdktf synthesizes, migrate, and deploy with CDK Terrain's command line."""
    assert state_bucket
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CDKTF_OUTDIR")
        deployed = house.command("deploy", "--auto-approve")
        assert "Apply complete! Resources: 15 added" in deployed.stdout, deployed.stderr
        done = commands.run("migrate", "cdktn", "--without-proof", "--repository", str(migrated))
        assert done.returncode == 0, done.stderr

        app = f"{proof.locked(migrated / proof.LOCK)} main.py"
        program = [str(node_of(installed)), str(installed / ".bin" / "cdktn")]
        patch.setenv("DESTINATION_RATE_LIMIT", str(RATE))
        ended = subprocess.run(
            [*program, "deploy", "--auto-approve", "--app", app, "--skip-provider-lock"],
            cwd=migrated,
            env=environment_of("deploy", environment(Settings.load())),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    said = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", ended.stdout)
    with closing(boto3.client("events")) as events:
        names = [one["Name"] for one in events.list_api_destinations()["ApiDestinations"]]
        found = [events.describe_api_destination(Name=name) for name in names]
    rates = {one["InvocationRateLimitPerSecond"] for one in found}
    return Ran(said, ended.returncode, rates, set(git(migrated, "diff", "--name-only").split()))


def test_a_command_of_cdktn_continues_what_cdktf_deployed(ran: Ran) -> None:
    assert SAYS in ran.said
    assert ran.code == 0
    assert KEY not in ran.said


def test_the_changed_repository_changes_what_cdktf_deployed(ran: Ran) -> None:
    assert ran.rates == {RATE}
    expected = {"momento_pipes/bindings/__init__.py", "package.json", "requirements.lock"}
    assert expected - ran.changed == set()


def test_the_command_names_the_node_that_the_command_line_needs(installed: Path) -> None:
    package = json.loads((installed / "cdktn-cli" / "package.json").read_text(encoding="utf-8"))
    assert package["version"] == TRIED["cdktn-cli"]
    assert package["engines"] == {"node": f">={'.'.join(map(str, OLDEST_NODE))}.0"}
