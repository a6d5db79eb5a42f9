"""An option that would have no effect is refused, with what to do instead."""

from collections.abc import Iterator

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from live.bulk.comparison import SETTLE_SECONDS
from ops.__main__ import commands
from ops.shared.bulk.options import NOT_ON_AWS
from tests.commands import run
from tests.each import each
from weather.cli import app as weather

BOTH = [
    ("--on-aws --yes --rate 1", "--rate", "set BULK_RATE in .env"),
    ("--on-aws --yes --segments 1", "--segments", "for the size of the table"),
    ("--on-aws --resume --rate 1", "--rate", "set BULK_RATE in .env"),
    ("--on-aws --resume --yes", "--yes", "--resume does not ask"),
    ("--estimate", "--estimate", "add --on-aws"),
    ("--yes", "--yes", "add --on-aws"),
    ("--on-aws --estimate --yes", "--yes", "--estimate only prints"),
    ("--on-aws --estimate --resume", "--resume", "--estimate only prints"),
    ("--on-aws --estimate --segments 4", "--segments", "--estimate only prints"),
    ("--on-aws --estimate --pipeline a", "--pipeline", "--estimate only prints"),
    ("--on-aws --estimate --aws", "--aws", "--estimate only prints"),
    ("--resume --segments 4", "--segments", "the segments of the first run"),
]
"""What warm and verify refuse."""
CAPACITY = "capacity --topology"
REFUSED = [
    *((f"{command} {words}", *rest) for command in ("warm", "verify") for words, *rest in BOTH),
    ("verify --on-aws --yes --sample 9", "--sample", "compares all items"),
    ("verify --on-aws --yes --settle 9", "--settle", "counts after 2 seconds"),
    ("verify --on-aws --yes --repair --wait 0", "--wait", "does not look again"),
    ("verify --on-aws --estimate --repair", "--repair", "--estimate only prints"),
    ("verify --sample 9 --segments 4", "--segments", "is read in one segment"),
    ("verify --wait 9", "--wait", "add --repair"),
    ("redrive --pipe a --discard-no-record", "--discard-no-record", "leave --pipe out"),
    ("deploy --plan a --auto-approve", "--auto-approve", "without asking"),
    ("simulate a.json --event REMOVE", "--event", "a record says its own"),
    ("prove --clean --quick", "--quick", "only destroys what is left"),
    ("prove --clean --pipeline whole-pipes", "--pipeline", "only destroys what is left"),
    ("prove --clean --out a", "--out", "only destroys what is left"),
    ("prove --clean --patience 9", "--patience", "only destroys what is left"),
    ("prove --quick --settle 9", "--settle", "waits for none"),
    ("prove --quick --patience 9", "--patience", "waits for none"),
    ("key --json create", "--json", "key create has no such option"),
    ("key --aws rotate", "--aws", "key rotate has no such option"),
    ("migrate cdktn --without-proof --arguments a", "--arguments", "compares nothing"),
    (f"{CAPACITY} pipes --batch-records 2", "--batch-records", "for --topology workflow"),
    (f"{CAPACITY} bus --coalesced-share 0.5", "--coalesced-share", "for --topology workflow"),
    (f"{CAPACITY} both --concurrency 2", "--concurrency", "for --topology workflow"),
    (f"{CAPACITY} workflow --put-events-milliseconds 9", "--put-events-milliseconds", "bus"),
    (f"{CAPACITY} workflow --destination-rate-limit 9", "--destination-rate-limit", "pipes"),
    ("capacity --routes put --message-bytes 9", "--message-bytes", "no route is publish"),
    ("capacity --routes put --topic-operations 9", "--topic-operations", "no route is publish"),
    ("capacity --routes put --subscribers 9", "--subscribers", "no route is publish"),
    ("capacity --routes publish --cache-operations 9", "--cache-operations", "put or delete"),
    ("capacity --burst-seconds 9", "--burst-seconds", "add --burst-writes-per-second"),
    ("capacity --retry-milliseconds 9", "--retry-milliseconds", "add --retry-share"),
]
"""A command, the option of it that has no effect, and what the error says."""
ALWAYS = {
    "bootstrap": "--auto-approve",
    "build": "--out",
    "cache create": "name",
    "capacity": "--writes-per-second --item-bytes --shards --hottest-shard --inserts --modifies"
    " --removes --routes --request-milliseconds --retry-share --record-age-seconds"
    " --parallelization --pipelines --burst-writes-per-second --log-bytes --region --topology"
    " --watch-minutes --global-table --pipeline --aws --json",
    "deploy": "--plan --allow",
    "destroy": "--auto-approve",
    "doctor": "--aws",
    "key create": "--days --replace --also --update-roles",
    "key rotate": "--days --grace --also --update-roles --even-if-used --auto-approve --allow",
    "lock": "--output",
    "migrate cdktn": "--repository --dry-run --without-proof",
    "plan": "--out",
    "prove": "--auto-approve --clean",
    "raise-stack": "--page-port",
    "redrive": "--pipeline --dry-run --pipe --max --hold --aws --json",
    "review": "--plan --allow --samples --title --limit --changes-per-month --output",
    "simulate": "events --item --json",
    "verify": "--on-aws --json",
    "warm": "--on-aws --json",
    "weather": "--aws",
    "weather delete": "location --json",
    "weather get": "location --json",
    "weather list": "--limit --json",
    "weather put": "location --max-temp --min-temp --precipitation --ttl --json",
    "weather random": "--count --json",
    "weather tour": "--json",
    "weather watch": "--count --json",
    "web": "--page-port --open --aws",
}
"""The options that have an effect in each mode of their command, or whose command has one mode."""


@each(("words", "option", "step"), REFUSED)
def test_an_option_without_effect_is_refused(words: str, option: str, step: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "MOMENTO_API_ENDPOINT", "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"
        )
        done = run(*words.split(), width=1_000)
    said = " ".join(done.stderr.replace("│", " ").split())
    assert done.returncode == (1 if words.startswith("capacity") else 2), done.stderr
    assert f"{option} has no effect here: " in said
    assert step in said


def options() -> Iterator[tuple[str, str]]:
    """Yield each option and argument of each command, with the command."""
    app = get_command(commands([]))
    assert isinstance(app, TyperGroup)
    for name, found in {**app.commands, "weather": get_command(weather)}.items():
        yield from ((name, one.opts[0]) for one in found.params)
        for inner, command in getattr(found, "commands", {}).items():
            yield from ((f"{name} {inner}", one.opts[0]) for one in command.params)


def test_each_option_is_looked_at() -> None:
    """A new option is refused where it has no effect, or has an effect in each mode."""
    always = {(command, option) for command, text in ALWAYS.items() for option in text.split()}
    refused = {(words.split()[0], option) for words, option, _ in REFUSED}
    refused |= {(" ".join(words.split()[:2]), option) for words, option, _ in REFUSED}
    known = {one for one in options() if one[1] != "--help"}
    assert known - always - refused == set()
    assert always - known == set(), "there is no such option"


def test_the_time_that_is_named_is_that_of_the_function() -> None:
    assert f"after {SETTLE_SECONDS:g} seconds" in NOT_ON_AWS["settle"]
