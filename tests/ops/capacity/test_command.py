"""`./help.sh capacity` as typed: what it prints, its exit codes, its page in docs."""

import json
import re
import shlex

import pytest
from typer.testing import CliRunner

from ops.__main__ import commands
from ops.shared.errors import OpsError
from tests.conftest import ROOT
from tests.each import each
from tests.ops.conftest import Run
from tests.transcript import is_shown, transcript

PAGE = (ROOT / "docs" / "capacity.md").read_text(encoding="utf-8")
RAISED = "--cache-operations 1000 --topic-operations 1000"
FAST = "--topology bus --writes-per-second 100 --shards 20"
HIGH = "--cache-operations 9000 --topic-operations 9000 --destination-rate-limit 300"
TIGHT = f"{HIGH} --cache-operations 45"


def asked(options: str) -> tuple[int, str]:
    """Run the command in this process; return its exit code and what it printed."""
    done = CliRunner().invoke(commands(["capacity"]), ["capacity", *options.split()])
    return done.exit_code, done.stdout


@pytest.mark.parametrize(("command", "output"), transcript("docs/capacity.md").items())
def test_the_page_shows_what_the_command_prints(command: str, output: str, run: Run) -> None:
    done = run(*shlex.split(command)[1:])
    assert is_shown(output, done.stdout), done.stdout
    assert done.stderr == ""


def test_the_page_names_every_price_and_its_page() -> None:
    _, said = asked("--json --topology all --watch-minutes 5")
    for pipeline in json.loads(said):
        for charge in pipeline["charges"]:
            assert charge["page"] in PAGE


@each(
    ("options", "code", "last"),
    [
        (f"--writes-per-second 10 {RAISED}", 0, "pipes holds; first to break, at 20 writes"),
        ("--writes-per-second 10", 2, "pipes does not hold; first to break, at 5 writes"),
        (
            f"--writes-per-second 30 --topology both {RAISED}",
            0,
            "bus holds; first to break, at 40 writes a second: pipe to the bus",
        ),
        (
            f"--item-bytes 200000 --message-bytes 9 --topology bus {RAISED}",
            2,
            "bus does not hold: a record of an item of 200,000 bytes is about 401,024 bytes",
        ),
        (
            f"--burst-writes-per-second 600 --burst-seconds 9000 --shards 30 {HIGH}",
            2,
            "pipes does not hold: the burst leaves cache-put so far behind",
        ),
        (
            f"--shards 2 --burst-writes-per-second 60 --burst-seconds 10 {TIGHT}",
            2,
            (
                "pipes does not hold; first to break, at 45 writes a second: Momento: cache"
                " operations (adjustable: ask Momento; tell it here with --cache-operations)"
            ),
        ),
        (
            f"{FAST} --burst-writes-per-second 600 --burst-seconds 7200 {HIGH}",
            2,
            "bus does not hold: the burst leaves cache-put so far behind that records are given up",
        ),
    ],
)
def test_the_last_line_is_the_verdict_and_the_exit_code_too(
    options: str, code: int, last: str
) -> None:
    """With both topologies, one that holds is enough."""
    found, said = asked(options)
    assert (found, said.splitlines()[-1][: len(last)]) == (code, last)


@each(
    ("options", "says"),
    [
        (("--nope",), "No such option: --nope"),
        (("--item-bytes", "0"), "Invalid value for '--item-bytes'"),
        (("--item-bytes", "409601"), "Invalid value for '--item-bytes'"),
        (("--shards", "many"), "Invalid value for '--shards'"),
        (("--writes-per-second", "nan"), "Invalid value for '--writes-per-second'"),
        (("--retry-milliseconds", "inf"), "nan or infinite"),
        (("--routes", "get"), "there is no route 'get'; the routes are put, publish, delete"),
        (("--routes", ","), "--routes is empty"),
        (("--topology", "queue"), "Invalid value for '--topology'"),
        (("extra",), "unexpected extra argument"),
        (("--region",), "--region"),
    ],
)
def test_a_misused_option_is_an_error_with_the_next_step(
    options: tuple[str, ...], says: str
) -> None:
    done = CliRunner().invoke(commands(["capacity"]), ["capacity", *options])
    assert isinstance(done.exception, OpsError)
    assert says in str(done.exception)


@pytest.mark.parametrize("options", [("--burst-writes-per-second", "5"), ("--item-bytes", "-1")])
def test_an_error_is_one_line_and_exit_code_1(options: tuple[str, ...], run: Run) -> None:
    done = run("capacity", *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"error: .*{options[0]}.*\n", done.stderr)


def test_the_tables_show_the_quota_that_breaks_below_several_that_only_delay() -> None:
    """Of one shard, five stages delay a burst before the partition refuses it."""
    _, said = asked(f"--shards 1 --burst-writes-per-second 1000 --burst-seconds 10 {RAISED}")
    assert re.search(r"^the busiest partition's write units .* 1,000 *$", said, re.MULTILINE)
    assert said.splitlines()[-1].startswith(
        "pipes does not hold; first to break, at 1,000 writes a second: the busiest partition"
    )


def test_json_holds_what_the_tables_do_and_no_infinity() -> None:
    code, said = asked(f"--json --topology both --writes-per-second 100 {RAISED}")
    pipes, bus = json.loads(said, parse_constant=pytest.fail)
    assert code == 2
    assert (pipes["topology"], bus["topology"]) == ("pipes", "bus")
    assert pipes["breaks_first"]["breaks_at"] == pytest.approx(20)
    assert pipes["routes"][1]["delay_seconds"] is None
    assert pipes["routes"][1]["rate_limit_needed"] == 100
    assert (pipes["readers_a_shard"], bus["readers_a_shard"]) == (3, 1)
    assert pipes["breaks_first"]["name"] in pipes["verdict"]
    total = sum(charge["dollars"] for charge in bus["charges"])
    assert total == pytest.approx(bus["dollars_a_month"], abs=0.05)
