"""An option that would have no effect is refused, with what to do instead."""

from live.bulk.comparison import SETTLE_SECONDS
from ops.bulk.options import NOT_ON_AWS
from tests.commands import run
from tests.each import each

EVERY = ["warm", "verify"]


@each(
    ("words", "option", "step"),
    [
        (["--on-aws", "--yes", "--rate", "1"], "--rate", "set BULK_RATE in .env"),
        (["--on-aws", "--yes", "--segments", "1"], "--segments", "for the size of the table"),
        (["--on-aws", "--resume", "--rate", "1"], "--rate", "set BULK_RATE in .env"),
        (["--estimate"], "--estimate", "add --on-aws"),
        (["--yes"], "--yes", "add --on-aws"),
        (["--on-aws", "--estimate", "--yes"], "--yes", "--estimate only prints"),
        (["--on-aws", "--estimate", "--resume"], "--resume", "--estimate only prints"),
        (["--on-aws", "--estimate", "--segments", "4"], "--segments", "--estimate only prints"),
        (["--on-aws", "--estimate", "--pipeline", "a"], "--pipeline", "--estimate only prints"),
        (["--resume", "--segments", "4"], "--segments", "the segments of before"),
    ],
)
def test_warm_and_verify_refuse_what_has_no_effect(
    words: list[str], option: str, step: str
) -> None:
    for command in EVERY:
        _is_refused([command, *words], option, step)


@each(
    ("words", "option", "step"),
    [
        (["--on-aws", "--yes", "--sample", "9"], "--sample", "compares all items"),
        (["--on-aws", "--yes", "--settle", "9"], "--settle", "counts after 2 seconds"),
        (["--on-aws", "--yes", "--repair", "--wait", "0"], "--wait", "does not look again"),
        (["--on-aws", "--estimate", "--repair"], "--repair", "--estimate only prints"),
        (["--sample", "9", "--segments", "4"], "--segments", "is read in one segment"),
        (["--wait", "9"], "--wait", "add --repair"),
    ],
)
def test_verify_refuses_what_has_no_effect(words: list[str], option: str, step: str) -> None:
    _is_refused(["verify", *words], option, step)


def _is_refused(words: list[str], option: str, step: str) -> None:
    done = run(*words, width=1_000)
    said = " ".join(done.stderr.replace("│", " ").split())
    assert done.returncode == 2, done.stderr
    assert f"{option} has no effect here: " in said
    assert step in said


def test_the_time_that_is_named_is_that_of_the_function() -> None:
    assert f"after {SETTLE_SECONDS:g} seconds" in NOT_ON_AWS["settle"]
