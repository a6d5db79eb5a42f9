"""A plan is saved, reviewed and applied as it was reviewed, with the real Terraform."""

import os
import stat
from contextlib import closing
from pathlib import Path

import boto3
import httpx
import pytest

from localcloud import LocalAws
from localcloud.aws.failing_pipes import PATH, QUEUE, STREAM
from ops.shared.errors import OpsError
from ops.terraform.saved_plan import make
from ops.terraform.terraform import Terraform
from tests.conftest import ADVICE, BUCKET, KEY, House
from tests.ops.conftest import Run
from tests.ops.test_commands import left, on_a_terminal

pytestmark = pytest.mark.usefixtures("running_provider")

PIPES = ("cache-delete", "cache-put", "topic-publish")
ALL = [*(f"weather-stats-demo-{name}-pipe" for name in PIPES), "weather-stats-demo"]


@pytest.fixture(scope="module", autouse=True)
def aws(local_aws: LocalAws, state_bucket: str) -> LocalAws:
    """Have an AWS with an empty state bucket."""
    assert state_bucket
    return local_aws


@pytest.fixture(autouse=True)
def at_home(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in the project's folder, as help.sh does."""
    monkeypatch.chdir(house.root)


@pytest.fixture(scope="module")
def saved(house: House) -> Path:
    """Return a plan that `./help.sh plan` has saved, in the place of a file for all to read."""
    (house.root / "the-plan").write_text("old", encoding="utf-8")
    (house.root / "the-plan").chmod(0o644)
    done = house.command("plan", "--out", "the-plan")
    assert done.returncode == 0, done.stderr
    assert "Plan: 15 to add, 0 to change, 0 to destroy." in done.stdout
    assert "the-plan holds no API key, but names, ARNs and policies" in done.stdout
    assert KEY not in done.stdout
    return house.root / "the-plan"


def test_only_its_owner_may_read_it(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_only_a_regular_file_is_replaced_by_a_plan(tmp_path: Path) -> None:
    """Such as a device: replacing it would take it from the whole machine; nor does a link go."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for place in (pipe, link, tmp_path):
        with pytest.raises(OpsError, match="is not a file that can hold a plan; name another"):
            make(Terraform(tmp_path, dict(os.environ)), place)
    assert pipe.is_fifo()
    assert link.is_symlink()


def test_a_saved_plan_is_reviewed_without_a_new_plan(house: House, saved: Path) -> None:
    done = house.command("review", "--plan", str(saved))
    assert (done.returncode, done.stderr) == (0, ADVICE)
    assert "\n## Plan: 15 to add, 0 to change, 0 to destroy\n" in done.stdout
    assert "PUT https://" in done.stdout
    assert KEY not in done.stdout


def test_a_review_that_cannot_be_written_is_an_error(run: Run, saved: Path) -> None:
    done = run("review", "--plan", str(saved), "--output", "no/review.md")
    assert done.returncode == 1
    assert done.stderr.endswith("no/review.md cannot be written: No such file or directory\n")


def test_another_file_than_a_plan_is_refused(house: House, run: Run) -> None:
    (house.root / "no-plan").write_text("not a plan", encoding="utf-8")
    for command in (["review", "--plan", "no-plan"], ["deploy", "--plan", "no-plan"]):
        done = run(*command)
        assert done.returncode == 1
        assert "this file is not a saved plan" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
    done = run("deploy", "--plan", "nothing")
    assert done.stderr.endswith(
        "nothing does not exist; make it with ./help.sh plan --out nothing\n"
    )


def test_a_saved_plan_can_be_applied_only_once(run: Run, saved: Path, aws: LocalAws) -> None:
    """AWS is not ready for the three pipes, then not for one: the rest is applied twice more.

    Without a file, the review plans by itself.
    """
    faults = [STREAM, QUEUE, STREAM, QUEUE]
    httpx.post(aws.endpoint + PATH, json=faults, timeout=60).raise_for_status()
    done = run("deploy", "--plan", str(saved))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("unexpected state 'CREATE_FAILED'") == 4
    assert done.stdout.count("EventBridge cannot read the table's stream yet") == 1
    assert done.stdout.count("EventBridge cannot send to the dead-letter queue yet") == 2
    assert done.stdout.index("(try 1 of 2)") < done.stdout.index("(try 2 of 2)")
    assert "Apply complete! Resources: 1 added, 0 changed, 1 destroyed." in done.stdout
    again = run("deploy", "--plan", str(saved))
    assert again.returncode == 1
    assert "something was deployed since this plan was made" in again.stderr
    review = run("review", "--output", "review.md", "--title", "Weather")
    assert (review.returncode, review.stderr) == (0, ADVICE)
    assert review.stdout == "nothing to do: review.md\n"
    assert "## Weather: nothing to do" in Path("review.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def end(house: House, saved: Path) -> Path:
    """Return a plan that destroys what is deployed."""
    assert saved.exists()
    assert house.command("plan", "--out", "end", "-destroy").returncode == 0
    return house.root / "end"


def deployed() -> list[str]:
    """Return the names of the pipes and the tables that are deployed."""
    with closing(boto3.client("pipes")) as pipes, closing(boto3.client("dynamodb")) as dynamodb:
        names = [pipe["Name"] for pipe in pipes.list_pipes()["Pipes"]]
        return sorted(names) + dynamodb.list_tables()["TableNames"]


def tokens(markdown: str) -> list[str]:
    """Return what a review says may be allowed."""
    caution = markdown[markdown.index("[!CAUTION]") : markdown.index("[!WARNING]")]
    return [part.split("</code>")[0] for part in caution.split("<code>")[1:]]


def test_a_loss_holds_the_plan_back_until_it_is_allowed(run: Run, end: Path) -> None:
    """After the deployment: a destroy loses table, pipes, queue, log and secret."""
    held = run("review", "--plan", str(end))
    assert held.returncode == 3
    assert "error: held back, see the review's first lines" in held.stderr
    found = tokens(held.stdout)
    assert len(found) == 7
    allowed = [word for token in found for word in ("--allow", token)]
    done = run("review", "--plan", str(end), *allowed)
    assert (done.returncode, done.stderr) == (0, ADVICE)
    assert "**These losses are allowed:**" in done.stdout


def test_deploy_refuses_a_saved_plan_that_loses_something(run: Run, end: Path) -> None:
    done = run("deploy", "--plan", str(end))
    assert done.returncode == 3
    assert "This plan loses something:" in done.stdout
    assert "the table is destroyed: every item is lost" in done.stdout
    assert "error: the plan loses something that nobody has allowed" in done.stderr
    assert "Traceback" not in done.stderr
    assert deployed() == ALL


def test_deploy_without_a_question_refuses_losses_that_are_not_allowed(run: Run, end: Path) -> None:
    """A log group that is kept for less long is told; the topology's change loses pipes."""
    assert end.exists()
    env = dict(os.environ) | {"TOPOLOGY": "bus"}
    done = run("deploy", "--auto-approve", env=env)
    assert done.returncode == 3
    assert "to destroy" in done.stdout
    assert ":destroyed@" in done.stderr
    assert KEY not in done.stdout + done.stderr
    assert deployed() == ALL


def test_deploy_shows_losses_before_it_asks(
    house: House, end: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert end.exists()
    monkeypatch.setenv("TOPOLOGY", "bus")
    code, said = on_a_terminal(house, "no\n", "./help.sh", "deploy")
    assert code == 1
    told = said.index("This plan loses something:")
    assert told < said.index("Do you want to perform these actions?")
    assert "the pipe is destroyed, and weather-stats-demo-changes-pipe will read" in said
    assert "Apply cancelled. Nothing was changed" in said
    assert "Traceback" not in said
    assert KEY not in said
    assert deployed() == ALL
    assert not [name for name in left(BUCKET) if name.endswith(".tflock")]


def test_deploy_applies_a_loss_that_is_allowed(run: Run, end: Path) -> None:
    """The last of all: everything goes."""
    found = tokens(run("review", "--plan", str(end)).stdout)
    some = [word for token in found[:-1] for word in ("--allow", token)]
    assert run("deploy", "--plan", str(end), *some).returncode == 3
    allowed = [word for token in found for word in ("--allow", token)]
    done = run("deploy", "--plan", str(end), *allowed)
    assert done.returncode == 0, done.stderr
    assert "These losses are allowed:" in done.stdout
    assert "Apply complete! Resources: 0 added, 0 changed, 15 destroyed." in done.stdout
    assert deployed() == []
