"""docs/review.md shows what the review prints."""

from tests.conftest import ROOT
from tests.ops.conftest import Run
from tests.transcript import is_shown, transcript

SHOWN = transcript("docs/review.md")["./help.sh review --plan the-plan"]


def test_the_page_shows_what_the_review_prints(run: Run) -> None:
    """The plan has another key, TTL and retry count."""
    done = run("review", "--plan", str(ROOT / "tests/cases/plans/changed.json"))
    assert done.returncode == 0
    assert is_shown(SHOWN, done.stdout), done.stdout
