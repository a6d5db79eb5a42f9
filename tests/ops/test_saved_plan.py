"""A plan is saved, reviewed and applied as it was reviewed, with the real Terraform."""

import os
import stat
from pathlib import Path

import pytest

from localcloud import LocalAws
from ops.errors import OpsError
from ops.saved_plan import make
from ops.terraform import Terraform
from tests.conftest import ADVICE, KEY, House


@pytest.fixture(scope="module", autouse=True)
def aws(local_aws: LocalAws, state_bucket: str) -> LocalAws:
    """Have an AWS with an empty state bucket."""
    assert state_bucket
    return local_aws


@pytest.fixture(scope="module")
def saved(house: House) -> Path:
    """Return a plan that `./help.sh plan` has saved, in the place of a file for all to read."""
    (house.root / "the-plan").write_text("old", encoding="utf-8")
    (house.root / "the-plan").chmod(0o644)
    done = house.run("./help.sh", "plan", "--out", "the-plan")
    assert done.returncode == 0, done.stderr
    assert "Plan: 15 to add, 0 to change, 0 to destroy." in done.stdout
    assert "the-plan holds the API key in clear" in done.stdout
    assert KEY not in done.stdout
    return house.root / "the-plan"


def test_only_its_owner_may_read_it(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_what_is_no_file_stays(tmp_path: Path) -> None:
    """Such as a device: replacing it would take it from the whole machine; nor does a link go."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for place in (pipe, link, tmp_path):
        with pytest.raises(OpsError, match="is no file that a plan can be kept in; name another"):
            make(Terraform(tmp_path, dict(os.environ)), place)
    assert pipe.is_fifo()
    assert link.is_symlink()


def test_it_is_reviewed_without_planning_again(house: House, saved: Path) -> None:
    done = house.run("./help.sh", "review", "--plan", str(saved))
    assert (done.returncode, done.stderr) == (0, ADVICE)
    assert "\n## Plan: 15 to add, 0 to change, 0 to destroy\n" in done.stdout
    assert "PUT https://" in done.stdout
    assert KEY not in done.stdout


def test_without_a_file_the_review_plans_by_itself(house: House) -> None:
    done = house.run("./help.sh", "review", "--output", "review.md", "--title", "Weather")
    assert (done.returncode, done.stdout) == (
        0,
        "15 to add, 0 to change, 0 to destroy: review.md\n",
    )
    assert "## Weather: 15 to add" in (house.root / "review.md").read_text(encoding="utf-8")


def test_a_review_that_cannot_be_written_is_told(house: House, saved: Path) -> None:
    done = house.run("./help.sh", "review", "--plan", str(saved), "--output", "no/review.md")
    assert done.returncode == 1
    assert done.stderr.endswith("no/review.md cannot be written: No such file or directory\n")


def test_what_is_no_plan_is_refused(house: House) -> None:
    (house.root / "no-plan").write_text("not a plan", encoding="utf-8")
    for command in (["review", "--plan", "no-plan"], ["deploy", "--plan", "no-plan"]):
        done = house.run("./help.sh", *command)
        assert done.returncode == 1
        assert "this file is no saved plan" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
    done = house.run("./help.sh", "deploy", "--plan", "nothing")
    assert done.stderr.endswith(
        "nothing does not exist; make it with ./help.sh plan --out nothing\n"
    )


def test_it_is_applied_once_and_then_stale(house: House, saved: Path) -> None:
    done = house.run("./help.sh", "deploy", "--plan", str(saved))
    assert done.returncode == 0, done.stderr
    assert "Apply complete! Resources: 15 added" in done.stdout
    again = house.run("./help.sh", "deploy", "--plan", str(saved))
    assert again.returncode == 1
    assert "something was deployed since this plan was made" in again.stderr
    review = house.run("./help.sh", "review")
    assert (review.returncode, review.stderr) == (0, ADVICE)
    assert "## Plan: nothing to do" in review.stdout


def test_a_loss_holds_the_plan_back_until_it_is_allowed(house: House) -> None:
    """After the deployment: a destroy loses table, pipes, queue and secret."""
    assert house.run("./help.sh", "plan", "--out", "end", "-destroy").returncode == 0
    held = house.run("./help.sh", "review", "--plan", "end")
    assert held.returncode == 3
    assert "error: held back, see the review's first lines" in held.stderr
    caution = held.stdout[held.stdout.index("[!CAUTION]") : held.stdout.index("[!WARNING]")]
    addresses = [part.split("</code>")[0] for part in caution.split("<code>")[1:]]
    assert len(addresses) == 7
    allowed = [word for address in addresses for word in ("--allow", address)]
    done = house.run("./help.sh", "review", "--plan", "end", *allowed)
    assert (done.returncode, done.stderr) == (0, ADVICE)
    assert "**Allowed by name**" in done.stdout
