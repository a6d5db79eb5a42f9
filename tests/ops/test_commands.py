"""The commands of `help.sh` against the local AWS, where something is missing or refused."""

import os
import pty
import shutil
import subprocess
from contextlib import closing, suppress
from pathlib import Path

import boto3
import pytest

from localcloud import LocalAws
from tests.conftest import ADVICE, KEY, House
from tests.localcloud.provider_process import VARIABLE
from tests.ops.conftest import Fake, Run

pytestmark = pytest.mark.usefixtures("running_provider")

APPROVED = "--auto-approve"
BESIDE_TERRAFORM = ("bash", "cmp", "dirname", "env", "node", "sed")


@pytest.fixture(scope="module", autouse=True)
def aws(local_aws: LocalAws) -> LocalAws:
    """Return an AWS without a state bucket."""
    return local_aws


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines on stderr of a command that failed as it should."""
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr
    return done.stderr.splitlines()


def on_a_terminal(house: House, answer: str, *command: str) -> tuple[int, str]:
    """Run a command on a terminal where somebody types an answer; return its code and words."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command,
        cwd=house.root,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        os.write(ours, answer.encode())
        said = b""
        with suppress(OSError):  # how a terminal ends
            while chunk := os.read(ours, 4096):
                said += chunk
        os.close(ours)
    return process.returncode, said.decode()


@pytest.mark.parametrize("command", [["plan"], ["deploy", APPROVED]])
@pytest.mark.usefixtures("house")
def test_a_missing_state_bucket_leads_to_bootstrap(run: Run, command: list[str]) -> None:
    said = errors(run(*command))
    assert said[-1] == "the state bucket does not exist yet: run ./help.sh bootstrap"


@pytest.mark.parametrize("command", [["plan"], ["bootstrap", APPROVED]])
@pytest.mark.usefixtures("house")
def test_missing_credentials_lead_to_the_example(
    run: Run, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # which remembers those of other tests
    without = ("AWS_ACCESS_KEY_ID", VARIABLE)  # the running provider has credentials
    env = {name: value for name, value in os.environ.items() if name not in without}
    said = errors(run(*command, env=env))
    assert ".env.example" in said[-1]


@pytest.fixture
def without_terraform(tmp_path: Path) -> dict[str, str]:
    """Return an environment with all tools of the commands except Terraform."""
    for name in BESIDE_TERRAFORM:
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    return dict(os.environ) | {"PATH": str(tmp_path)}


def test_synth_needs_no_terraform(house: House, without_terraform: dict[str, str]) -> None:
    done = house.run("./help.sh", "synth", env=without_terraform)
    assert (done.returncode, done.stderr) == (0, ADVICE)


def test_a_missing_terraform_gives_the_address_of_its_download(
    house: House, without_terraform: dict[str, str]
) -> None:
    done = house.run("./help.sh", "plan", env=without_terraform)
    (said,) = errors(done)
    assert said == (
        "error: terraform is not installed: get Terraform 1.11 or newer from"
        " developer.hashicorp.com/terraform/install and put it on the PATH"
    )


@pytest.mark.usefixtures("house")
def test_validate_needs_neither_key_nor_credentials(run: Run) -> None:
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "TF_VAR_")) and name != "MOMENTO_API_KEY"
    }
    done = run("validate", env=env)
    assert (done.returncode, done.stderr) == (0, ADVICE)
    assert "Success! The configuration is valid." in done.stdout


@pytest.mark.usefixtures("house")
def test_lock_writes_the_hashes_and_says_which_are_missing(
    run: Run, fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A registry has the hashes of all four platforms. A mirror has its own."""
    monkeypatch.delenv(VARIABLE)  # Terraform locks no provider that runs already
    file = tmp_path / "lock.hcl"
    done = run("lock", "--output", str(file))
    assert done.returncode == 0, done.stderr
    assert 'provider "registry.terraform.io/hashicorp/aws"' in file.read_text(encoding="utf-8")
    assert '"h1:' in file.read_text(encoding="utf-8")
    assert ("from the mirror" in done.stdout) == ("Do not commit it" in done.stdout)
    fake("terraform", "touch .terraform.lock.hcl")
    (said,) = errors(run("lock", "--output", str(tmp_path)))
    assert said == f"error: {tmp_path} cannot be written: Is a directory"


@pytest.mark.usefixtures("house", "state_bucket")
def test_terraform_explains_an_argument_it_does_not_know(run: Run) -> None:
    assert any("-nope" in line for line in errors(run("plan", "-nope")))


@pytest.mark.parametrize("command", ["deploy", "destroy", "bootstrap"])
@pytest.mark.usefixtures("house")
def test_without_a_terminal_nothing_is_begun(run: Run, state_bucket: str, command: str) -> None:
    """No lock is left either."""
    (said,) = errors(run(command))
    assert said.startswith("error: there is no terminal to approve the plan on;")
    assert left(state_bucket) == []


def left(bucket: str) -> list[str]:
    """Return the keys of what is in the state bucket."""
    with closing(boto3.client("s3")) as s3:
        return [each["Key"] for each in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
