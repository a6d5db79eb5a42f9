"""`docs/fidelity.md` names the evidence for all that is emitted and for what is claimed."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import cdktf
import pytest

from stacks import catalogue
from stacks.examples import thirty
from tests.stacks.examples.example import STREAM_ARN
from tests.synthesized import Synthesized, read_settings

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "fidelity.md"
EVIDENCE = ("recorded", "documented", "inferred")
EMITTED = "emitted"
FREE_NAMES = frozenset({"dimensions", "input_paths", "query_string_parameters"})
"""Arguments whose members have names of the user's; a row speaks of all of them."""
JUDGED = frozenset(
    {
        "aws_cloudwatch_event_api_destination",
        "aws_cloudwatch_event_connection",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_pipes_pipe",
    }
)
"""Types whose arguments decide what is delivered: each argument, or its block, has a row."""


@dataclass(frozen=True)
class Row:
    """One line of the table; `constructs` are the code words of its first sentence."""

    area: str
    behaviour: str
    file: str
    evidence: str
    source: str

    @property
    def construct(self) -> str:
        """What an emitted row speaks of: a type, or a type and the way to an argument."""
        found = re.match(r"`([a-z0-9_.]+)`", self.behaviour)
        assert found is not None, self.behaviour
        return found[1]


def rows() -> list[Row]:
    """Return the rows of the page's table."""
    cells = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("| ") and not re.match(r"\| (area|evidence|---)", line)
    ]
    return [Row(*row) for row in cells if len(row) == 5]


def emitted(stack: str, **environment: str) -> Iterator[str]:
    """Yield the arguments of a stack's resources, each with its type: `aws_sqs_queue.name`."""
    settings = read_settings(STACK=stack, **environment)
    made = catalogue.find(stack)(cdktf.Testing.app(), stack, settings)
    for type_, resources in Synthesized(cdktf.Testing.synth(made)).document["resource"].items():
        for body in resources.values():
            yield from arguments(body, type_)


def arguments(body: object, path: str) -> Iterator[str]:
    """Yield the ways to all arguments of a block that are not blocks themselves.

    >>> sorted(arguments({"name": "a", "rule": [{"id": 1}], "dimensions": {"A": 1}}, "t"))
    ['t.dimensions', 't.name', 't.rule.id']
    """
    blocks = body if isinstance(body, list) else [body]
    if path.rpartition(".")[2] in FREE_NAMES or not all(isinstance(one, Mapping) for one in blocks):
        yield path
        return
    for block in blocks:
        assert isinstance(block, Mapping)
        for name, value in block.items():
            if name != "//":
                yield from arguments(value, f"{path}.{name}")


@pytest.fixture(scope="module")
def everything_emitted() -> set[str]:
    """Return the arguments of every stack of the catalogue, in both profiles and topologies.

    The thirty tables differ only in their names, and take as long as all others, so two of them are
    synthesized once. The conformance stack is a demo in all topologies, whatever the settings are.
    """
    found: set[str] = set()
    for stack, profile, topology in product(
        catalogue.STACKS, ("demo", "production"), ("pipes", "bus", "workflow")
    ):
        if stack == "thirty" and (profile, topology) != ("demo", "workflow"):
            continue
        if stack == "conformance" and (profile, topology) != ("demo", "pipes"):
            continue
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("EXAMPLE_STREAM_ARN", STREAM_ARN)
            patch.setattr(thirty, "TABLES", thirty.TABLES[:2])
            found.update(
                emitted(
                    stack,
                    PROFILE=profile,
                    TOPOLOGY=topology,
                    **dict.fromkeys(("ALARMS", "WATCH", "BULK"), "true"),
                )
            )
    return found


def covers(construct: str, argument: str) -> bool:
    """Say whether a row about a construct speaks of an argument."""
    return argument == construct or argument.startswith(f"{construct}.")


def test_every_row_has_its_evidence_and_a_source() -> None:
    for row in rows():
        assert row.evidence in EVIDENCE, row
        assert len(row.source) > 3, row
        assert row.behaviour, row


def test_every_row_names_files_that_are_there() -> None:
    for row in rows():
        for name in re.findall(r"`([^`]+)`", row.file) or [row.file]:
            assert (ROOT / name).exists(), row


def test_no_behaviour_is_described_twice() -> None:
    counts = Counter((row.area, row.behaviour) for row in rows())
    assert [row for row, number in counts.items() if number > 1] == []


def test_the_page_counts_its_rows() -> None:
    """The counts at its head are the figures that the README and the changelog may quote."""
    counts = Counter(row.evidence for row in rows())
    text = PAGE.read_text(encoding="utf-8")
    assert [f"| {word} | {counts[word]} |" in text for word in EVIDENCE] == [True] * 3, counts


@pytest.mark.slow
def test_everything_that_the_stacks_emit_has_a_row(everything_emitted: set[str]) -> None:
    constructs = [row.construct for row in rows() if row.area == EMITTED]
    without = [
        argument
        for argument in sorted(everything_emitted)
        if not any(
            covers(construct, argument) and construct not in JUDGED for construct in constructs
        )
    ]
    assert without == []


@pytest.mark.slow
def test_every_row_is_about_an_argument_that_is_emitted(
    everything_emitted: set[str],
) -> None:
    stale = [
        row.construct
        for row in rows()
        if row.area == EMITTED
        and not any(covers(row.construct, argument) for argument in everything_emitted)
    ]
    assert stale == []


def test_each_inferred_argument_that_is_emitted_says_why() -> None:
    for row in rows():
        if row.area == EMITTED and row.evidence == "inferred":
            assert "nothing better" in row.source, row
