"""`python main.py`: what it prints and how it ends, in this process.

`tests/ops/test_cli.py` and `tests/ops/test_commands.py` start it as a process.
"""

import dataclasses
from pathlib import Path

import pytest

from momento_pipes.limits import limits
from tests.conftest import ADVICE
from tests.synthesized import ENDPOINT, REPO, outputs, run_main_here

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("stacks", "environment", "lines"),
    [
        ([], {}, ["error: MOMENTO_API_ENDPOINT is not set"]),
        (
            [],
            {"MOMENTO_API_ENDPOINT": ENDPOINT, "NAME_PREFIX": "X", "TAGS": "team"},
            ["error: NAME_PREFIX is 'X'", "error: TAGS is 'team'"],
        ),
        (
            ["wether"],
            {"MOMENTO_API_ENDPOINT": ENDPOINT},
            ["error: there is no stack 'wether'; there are "],
        ),
    ],
    ids=["no endpoint", "two wrong values", "unknown stack"],
)
def test_what_is_wrong_is_printed_in_a_line_each(
    tmp_path: Path, stacks: list[str], environment: dict[str, str], lines: list[str]
) -> None:
    run = run_main_here(tmp_path, *stacks, **environment)
    assert run.returncode == 1
    assert run.stdout == ""
    told = run.stderr.splitlines()
    assert len(told) == len(lines)
    for line, expected in zip(told, lines, strict=True):
        assert line.startswith(expected)
    assert outputs(tmp_path) == {}


def test_the_weather_stack_is_the_default(tmp_path: Path) -> None:
    run = run_main_here(tmp_path, MOMENTO_API_ENDPOINT=ENDPOINT)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", ADVICE)
    assert outputs(tmp_path).keys() == {"weather"}


def test_stack_given_by_name_has_its_own_state(tmp_path: Path) -> None:
    """STACK does not matter: with another stack's state, a deployment would destroy that stack."""
    run = run_main_here(tmp_path, "orders", MOMENTO_API_ENDPOINT=ENDPOINT, STACK="sessions")
    assert run.returncode == 0
    assert '"key": "weather-stats-demo/orders.tfstate"' in outputs(tmp_path)["orders"]


def test_warning_is_printed_and_does_not_stop_synth(tmp_path: Path) -> None:
    run = run_main_here(tmp_path, "state", MOMENTO_API_ENDPOINT=ENDPOINT, AWS_REGION="eu-west-1")
    assert run.returncode == 0
    assert run.stdout == ""
    (line,) = run.stderr.splitlines()
    assert line.startswith("warning: AWS_REGION is eu-west-1, but MOMENTO_API_ENDPOINT is in")
    assert outputs(tmp_path).keys() == {"state"}


def test_stack_over_a_limit_is_refused_and_its_file_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file of an earlier synth is removed, too.

    No setting that is allowed makes a stack of the catalogue too long, so a limit is lower here.
    """
    assert run_main_here(tmp_path, "orders", MOMENTO_API_ENDPOINT=ENDPOINT).returncode == 0
    assert outputs(tmp_path).keys() == {"orders"}
    place = ("aws_sqs_queue", "name")
    lower = dataclasses.replace(limits.LENGTHS[place], most=5)
    monkeypatch.setitem(limits.LENGTHS, place, lower)
    run = run_main_here(tmp_path, "orders", MOMENTO_API_ENDPOINT=ENDPOINT)
    assert (run.returncode, run.stdout) == (1, "")
    (told,) = run.stderr.splitlines()
    assert told.startswith("error: aws_sqs_queue.")
    assert told.endswith(": shorten NAME_PREFIX or the id in the stack, or give name=")
    assert outputs(tmp_path) == {}


def test_the_settings_are_read_from_the_file_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"MOMENTO_API_ENDPOINT={ENDPOINT}\nNAME_PREFIX=traffic\n")
    assert run_main_here(tmp_path).returncode == 0
    assert '"name": "traffic-dlq"' in outputs(tmp_path)["weather"]


def test_main_has_under_forty_lines_and_no_resources() -> None:
    source = (REPO / "main.py").read_text(encoding="utf-8")
    assert len(source.splitlines()) < 40
    assert "bindings" not in source


def test_rates_that_exceed_a_limit_together_are_a_warning(tmp_path: Path) -> None:
    run = run_main_here(
        tmp_path, MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_CACHE_OPERATIONS_PER_SECOND="1"
    )
    assert run.returncode == 0
    assert "warning: cache-put, cache-delete may send 2 requests a second together" in run.stderr
