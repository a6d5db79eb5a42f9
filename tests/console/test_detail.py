"""The side panel's data: clauses of a filter, and the letters in their order."""

import json

from console.detail import filters_json
from console.letters import newest_first
from console.what_if import edited_route
from tests.console.shop import orders, record


def clauses(pattern: object, event: str = "INSERT") -> list[tuple[int, str, bool]]:
    """Return the clauses of a filter about an order: alternative, text and verdict."""
    route = edited_route(orders("pipes").pipes["cache-put"], {"filters": [json.dumps(pattern)]})
    (found,) = filters_json(route, route.explain(record(event)))
    return [(one["alternative"], one["text"], one["accepted"]) for one in found["clauses"]]


def status(value: str) -> dict[str, object]:
    """Return a pattern for a status."""
    return {"dynamodb": {"NewImage": {"Status": {"S": [value]}}}}


def test_clause_of_all_alternatives_is_there_once() -> None:
    pattern = {"eventName": ["MODIFY"], "$or": [status("shut"), status("lost")]}
    found = clauses(pattern)
    assert [(number, accepted) for number, _, accepted in found] == [
        (0, False),
        (1, False),
        (2, False),
    ]
    assert found[0][1] == 'eventName is "INSERT"; the filter wants "MODIFY"'


def test_clauses_without_alternatives_have_no_number() -> None:
    found = clauses({"eventName": ["INSERT"], **status("open")})
    assert [(number, accepted) for number, _, accepted in found] == [(0, True), (0, True)]


def test_newest_letter_is_first_also_within_a_second() -> None:
    """The numbers of a stream have different lengths; one letter names no record."""
    letters: list[dict[str, object]] = [
        {"arrived": 5.0, "number": "9"},
        {"arrived": None},
        {"arrived": 5.0, "number": "10"},
        {"arrived": 6.0, "number": "1"},
    ]
    found = [(one["arrived"], one.get("number")) for one in newest_first(letters)]
    assert found == [(6.0, "1"), (5.0, "10"), (5.0, "9"), (None, None)]
