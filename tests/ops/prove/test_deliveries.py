"""What the engine predicts for an item in each topology, and how answers are compared with it."""

import copy
from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from ops.prove import deliveries, items
from ops.prove.comparison import Agreement
from ops.prove.deliveries import PredictedEnd
from ops.prove.pipelines import NAMES, ProvedPipeline, check_names, read_pipelines
from ops.shared.errors import OpsError
from tests.ops.prove.conforming import CACHE, PREFIX, document


@cache
def pipelines() -> dict[str, ProvedPipeline]:
    """Return the stack's pipelines."""
    return read_pipelines(document(), PREFIX)


def records(pipeline: str, *values: str | None) -> list[dict[str, Any]]:
    """Return the records of an item with these texts; None removes it."""
    usual = items.usual_item("id", "mark", CACHE, 2_000_000_000)
    life = [
        items.ItemWrite(
            "mark",
            "a life",
            {name: usual[name] for name in pipelines()[pipeline].keys},
            None if text is None else {**usual, "Text": {"S": text}},
        )
        for text in values
    ]
    made = items.records(life)
    for number, record in enumerate(made):
        record["eventID"], record["dynamodb"]["SequenceNumber"] = str(number), str(number)
    return made


def expected(pipeline: str, made: Sequence[Any]) -> PredictedEnd:
    """Return the engine's prediction."""
    one = pipelines()[pipeline]
    return deliveries.expected(one.topology, one.routes, made)


def held(pipeline: str, *values: str | None) -> list[list[str | None]]:
    """Return the texts that each entry may have at the end; None is no entry."""
    return [
        [
            next((text for text in values if text and text in body), "?") if body else None
            for body in allowed
        ]
        for allowed in expected(pipeline, records(pipeline, *values)).entries.values()
    ]


@pytest.mark.parametrize(
    ("pipeline", "values", "allowed"),
    [
        ("whole-pipes", ["one", "two"], [["two"]]),
        ("whole-bus", ["one", "two"], [["one", "two"]]),
        ("whole-workflow", ["one", "two"], [["two"], ["two"]]),
        ("whole-pipes", ["one", None], [["one", None]]),
        ("whole-bus", ["one", None, "two"], [["one", "two", None]]),
        ("whole-workflow", ["one", None], [[None], [None]]),
        ("whole-workflow", ["one", None, "two"], [["two"], ["two"]]),
    ],
)
def test_only_a_workflow_has_one_value_after_several_changes(
    pipeline: str, values: list[str | None], allowed: list[list[str | None]]
) -> None:
    assert held(pipeline, *values) == allowed


def test_a_refused_request_is_a_dead_letter_and_no_entry() -> None:
    (record,) = records("chosen-pipes", "text")
    record["dynamodb"]["NewImage"]["Life"] = {"N": "0"}
    found = expected("chosen-pipes", [record])
    assert list(found.entries.values()) == [[None]]
    assert found.letters == [[f"{PREFIX}-chosen-pipes-cache-put-pipe", "0"]]
    assert len(found.messages) == 1


def test_an_entry_that_soon_ends_may_be_missing() -> None:
    (record,) = records("chosen-pipes", "text")
    record["dynamodb"]["NewImage"]["Life"] = {"N": "2"}
    ((body, nothing),) = expected("chosen-pipes", [record]).entries.values()
    assert (body is None, nothing) == (False, None)


def delivery(pipeline: str) -> tuple[dict[str, Any], PredictedEnd]:
    """Return an item of which all has come as predicted."""
    made = records(pipeline, "one", "two")
    wanted = expected(pipeline, made)
    return {
        "pipeline": pipeline,
        "topology": pipelines()[pipeline].topology.value,
        "behaviour": "a life",
        "mark": "mark",
        "writes": made,
        "records": copy.deepcopy(made),
        "entries": {where: allowed[0] for where, allowed in wanted.entries.items()},
        "messages": copy.deepcopy(wanted.messages),
        "letters": [],
    }, wanted


def verdicts(pipeline: str, **changed: Any) -> set[Agreement]:
    """Return the verdicts about an item of which something came in another way."""
    made, wanted = delivery(pipeline)
    for name, change in changed.items():
        made[name] = change(made[name]) if callable(change) else change
    return {one.agreement for one in deliveries.comparisons(made, wanted)}


@pytest.mark.parametrize("pipeline", ["whole-pipes", "whole-bus", "whole-workflow", "chosen-bus"])
def test_what_is_predicted_agrees(pipeline: str) -> None:
    assert verdicts(pipeline) == {Agreement.AGREE}


def backwards(messages: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return messages in the other order."""
    return {topic: texts[::-1] for topic, texts in messages.items()}


def spaced(messages: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the same JSON with other spaces."""
    return {topic: [one.replace(":", ": ") for one in texts] for topic, texts in messages.items()}


AGREE, DIFFER, NO_ANSWER = Agreement


@pytest.mark.parametrize(
    ("pipeline", "changed", "agreement"),
    [
        ("whole-pipes", {"messages": backwards}, DIFFER),
        ("whole-workflow", {"messages": backwards}, DIFFER),
        ("whole-bus", {"messages": backwards}, AGREE),
        ("whole-pipes", {"messages": spaced}, DIFFER),
        ("whole-workflow", {"messages": spaced}, AGREE),
        ("whole-pipes", {"messages": {}}, NO_ANSWER),
        ("whole-pipes", {"messages": lambda found: {**found, "/topics/c/t": ["a"]}}, DIFFER),
        ("whole-pipes", {"entries": lambda found: dict.fromkeys(found, "other")}, DIFFER),
        ("whole-pipes", {"entries": dict.fromkeys}, NO_ANSWER),
        ("whole-pipes", {"letters": [["a pipe", "0"]]}, DIFFER),
        ("whole-pipes", {"records": lambda found: found[:1]}, NO_ANSWER),
        ("whole-pipes", {"records": lambda found: [*found, found[0]]}, DIFFER),
        ("whole-pipes", {"records": lambda found: found[::-1]}, DIFFER),
    ],
)
def test_what_comes_in_another_way_is_found(
    pipeline: str, changed: dict[str, Any], agreement: Agreement
) -> None:
    assert verdicts(pipeline, **changed) - {AGREE} == {agreement} - {AGREE}


@pytest.mark.parametrize("pipeline", ["whole-pipes", "chosen-bus", "chosen-workflow"])
def test_the_items_are_awkward_and_each_has_a_mark_of_its_own(pipeline: str) -> None:
    one = pipelines()[pipeline]
    plan = list(items.changes(pipeline, one.keys, run="run", cache=CACHE, now=2_000_000_000))
    marks = [change.mark for change in plan]
    assert 50 < len(plan) < 120
    assert all(change.key["Id"]["S"].startswith(change.mark) for change in plan)
    assert len(set(marks)) > 30
    written = "".join(str(change.item) for change in plan)
    assert all(repr(text)[1:-1] in written for text in items.TEXTS.values())
    assert any(change.item is None for change in plan)
    assert max(len(str(change.item)) for change in plan) > 300_000


def test_a_pipeline_has_a_name_of_its_own() -> None:
    assert set(NAMES) == set(pipelines())
    check_names(pipelines())
    with pytest.raises(OpsError, match="no pipeline 'bus'; there are whole-pipes, whole-bus"):
        check_names(["bus"])
