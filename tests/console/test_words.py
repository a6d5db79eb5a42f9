"""What the page says of a change: the cause, the filter's clauses, the timeline, curl."""

import shlex
from typing import Any

import pytest

from console.cell import Cell
from console.change import Change
from console.curl import curl
from console.detail import detail
from console.routing import Routing
from console.store import ChangeStore
from eventpipes.operations import DELETE, PUT
from tests.console.shop import TOPOLOGIES, orders, record, step
from tests.console.test_store import attempt, ids


def told(topology: str, of: Any, *steps: dict[str, Any], operation: str = PUT) -> Any:
    """Return the detail of a route's cell after steps."""
    name = ids(topology)[operation]
    cell = Cell()
    for one in map(dict, steps):
        cell.apply(step(one.pop("kind"), one.pop("pipe", name), of, **one))
    keys = of["dynamodb"]["Keys"]
    change = Change("event-1", 1, of["eventName"], keys, "1", 99.9, of, {name: cell})
    return detail(change, Routing(orders(topology).routes))["routes"][name]


def test_a_refusal_names_the_parameter_and_where_it_comes_from() -> None:
    answer = '{"message":"Invalid argument: ttl_seconds must be 1 to 86400"}'
    for topology in TOPOLOGIES:
        steps = (
            {"kind": "attempt", **attempt(1, 400, response=answer)},
            {"kind": "ended", "outcome": "dead-letter"},
        )
        found = told(topology, record(Keep="0"), *steps)
        cause = found["summary"]["cause"]
        said = "Momento refused it: ttl_seconds must be 1 to 86400; it comes from `Keep` = 0"
        assert cause == said, topology
        assert found["summary"]["next"].startswith("Mend the item")
        wrong = record()
        wrong["dynamodb"]["NewImage"]["Keep"] = {"S": "sixty"}
        cause = told(topology, wrong, *steps)["summary"]["cause"]
        assert "`Keep`, which is text in the item, and the route" in cause, topology


def test_a_filtered_change_names_the_clause_that_refuses() -> None:
    for topology in TOPOLOGIES:
        of = record(Status="shipped")
        found = told(topology, of, {"kind": "ended", "outcome": "filtered"})
        assert "shipped" in found["summary"]["cause"], topology
        clauses = [one for filter_ in found["filters"] for one in filter_["clauses"]]
        refusing = [one for one in clauses if not one["accepted"]]
        assert ["shipped"] in [one["found"] for one in refusing], topology
        assert found["request"] is None


def test_a_filtered_cell_names_the_clause_that_refuses() -> None:
    for topology in ("pipes", "bus"):
        store = ChangeStore(Routing(orders(topology).routes))
        names, of = ids(topology), record(Status="shipped")
        change = store.apply(step("ended", names[PUT], of, outcome="filtered"))
        assert change is not None
        assert change.cells[names[PUT]].text == 'filtered: Status is "shipped"', topology


def test_change_of_another_event_is_left_out_for_that() -> None:
    """Not for an attribute that only its other image would have."""
    name, of = ids("pipes")[DELETE], record()
    store = ChangeStore(Routing(orders("pipes").routes))
    change = store.apply(step("ended", name, of, outcome="filtered"))
    assert change is not None
    assert change.cells[name].text == "filtered: INSERT"
    said = told("pipes", of, {"kind": "ended", "outcome": "filtered"}, operation=DELETE)["summary"]
    assert said["cause"] == (
        "The filter leaves it out: it takes MODIFY and REMOVE only, and this change is INSERT."
    )
    assert said["next"] is None


def test_attempts_without_a_known_end_are_numbered() -> None:
    """A pipe that cannot start its workflow tries until the record is too old."""
    why = "the input has 300000 characters and may have 262144"
    found = told("workflow", record(), {"kind": "waiting", "attempt": 3, "why": why})["summary"]
    assert found["cause"] == f"Attempt 3 failed: {why}."


def test_record_that_became_too_old_is_told_without_a_former_answer() -> None:
    """It was delivered once, and its pipe read it again."""
    end = {"kind": "ended", "outcome": "dead-letter", "reason": "MaximumRecordAgeExceeded: x"}
    found = told("pipes", record(), {"kind": "attempt", **attempt(1, 204)}, end)["summary"]
    assert found["cause"] == "It was given up: the record became too old while it was tried."


def test_dead_letter_of_the_timeline_is_in_plain_words() -> None:
    end = {
        "kind": "ended",
        "outcome": "dead-letter",
        "reason": 'RetryAttemptsExhausted: HTTP 503 {"',
    }
    found = told("pipes", record(), {"kind": "attempt", **attempt(4, 503)}, end)
    assert found["timeline"][-1]["text"] == "all attempts failed"


def test_broken_connection_is_told_without_the_number_of_the_system() -> None:
    problem = "connect: [Errno 111] Connection refused"
    tried = {"kind": "attempt", "attempt": 1, "most": 4, "problem": problem, "succeeded": False}
    found = told("pipes", record(), tried)
    assert found["summary"]["cause"] == "Attempt 1 of 4 failed: no connection: Connection refused."
    assert found["timeline"][0]["text"] == "no connection: Connection refused"


def test_the_pieces_of_a_request_join_to_it_and_have_origins() -> None:
    for topology in TOPOLOGIES:
        found = told(topology, record(), {"kind": "ended", "outcome": "delivered"})
        body = "".join(piece["text"] for piece in found["request"]["body"])
        assert body == '{"id":"o-1","due":{"amount":"5"}}', topology
        origins = [piece["origin"] for piece in found["request"]["body"] if piece["origin"]]
        assert [one["value"] for one in origins] == ["o-1", "5"], topology


def test_a_request_keeps_its_origins_in_another_spelling_and_with_another_ttl() -> None:
    """A state machine's dead letter has the request as JSON, and a TTL depends on the time."""
    for topology in TOPOLOGIES:
        made = told(topology, record(), {"kind": "ended", "outcome": "delivered"})["request"]
        url = "".join(piece["text"] for piece in made["url"])
        base, _, query = url.partition("?")
        names = query.replace("ttl_seconds=60", "ttl_seconds=59").split("&")
        sent = {
            "method": "PUT",
            "url": f"{base}?{'&'.join(reversed(names))}",
            "headers": {},
            "body": '{"due": {"amount": "5"}, "id": "o-1"}',
        }
        found = told(topology, record(), {"kind": "attempt", **attempt(1, 204, request=sent)})
        pieces = [*found["request"]["url"], *found["request"]["body"]]
        values = [one["origin"]["value"] for one in pieces if one["origin"]]
        assert values[-4:] == ["o-1", "59", "o-1", "5"], topology
        assert "".join(one["text"] for one in found["request"]["url"]).endswith("ttl_seconds=59")


def test_a_request_of_a_former_definition_is_shown_without_origins() -> None:
    sent = {"method": "PUT", "url": "https://m.example/old", "headers": {}, "body": "old"}
    tried = attempt(1, 204, request=sent)
    found = told("pipes", record(), {"kind": "attempt", **tried})
    assert found["request"]["body"] == [{"text": "old", "origin": None}]


def test_the_timeline_has_waits_and_attempts() -> None:
    found = told(
        "pipes",
        record(),
        {"kind": "read", "at": 100.0},
        {"kind": "attempt", "at": 100.1, "began": 100.0, **attempt(1, 503)},
        {
            "kind": "waiting",
            "at": 100.1,
            "until": 101.0,
            "attempt": 1,
            "most": 4,
            "why": "HTTP 503",
        },
        {"kind": "attempt", "at": 101.1, "began": 101.0, **attempt(2, 204)},
        {"kind": "ended", "at": 101.1, "outcome": "delivered"},
    )
    bars = [(bar["label"], bar["from"], bar["to"], bar["state"]) for bar in found["timeline"]]
    assert bars == [
        ("stream read", 99.9, 100.0, "read"),
        ("attempt 1", 100.0, 100.1, "failed"),
        ("wait", 100.1, 101.0, "waiting"),
        ("attempt 2", 101.0, 101.1, "delivered"),
        ("delivered", 101.1, 101.1, "delivered"),
    ]
    assert found["summary"]["cause"] == "Momento took it at attempt 2."


def test_the_timeline_names_the_pipe_and_the_rule_of_a_bus() -> None:
    found = told(
        "bus",
        record(),
        {"kind": "read", "at": 100.0, "pipe": "the-pipe"},
        {"kind": "read", "at": 100.1, "pipe": "the-pipe"},
        {"kind": "read", "at": 100.2, "pipe": "the-rule"},
    )
    labels = [bar["label"] for bar in found["timeline"]]
    assert labels == ["stream read", "stream read", "event bus"], "a pipe may read a record again"


def test_curl_quotes_and_has_no_key() -> None:
    request = {
        "method": "PUT",
        "url": "https://momento.example/cache/c?key=it%27s",
        "headers": {"Authorization": "***", "Content-Type": "application/json", "Range": "x"},
        "body": "it's $(here)",
    }
    words = shlex.split(curl(request, "http://127.0.0.1:5"))
    assert words[:4] == ["curl", "-i", "-X", "PUT"]
    assert words[4] == "http://127.0.0.1:5/cache/c?key=it%27s"
    assert "Authorization: $MOMENTO_API_KEY" in words
    assert "Content-Type: application/json" in words
    assert "Range: x" not in words
    assert words[-1] == "it's $(here)"


def test_a_change_without_its_record_says_so() -> None:
    name = ids("pipes")[DELETE]
    change = Change("1", 1, "REMOVE", {}, "1", 99.9, None, {name: Cell(state="delivered")})
    found = detail(change, Routing(orders("pipes").routes))
    assert found["note"].startswith("The record is not kept")
    assert found["routes"][name]["summary"]["cause"] == "Momento took it."


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_attribute_of_another_type_is_told_although_momento_took_it(topology: str) -> None:
    """The route reads a number; the item has text."""
    wrong = record()
    wrong["dynamodb"]["NewImage"]["Amount"] = {"S": "five"}
    end = {"kind": "ended", "at": 100.1, "outcome": "delivered", "attempts": [{"status": 204}]}
    said = told(topology, wrong, end)["summary"]
    assert (said["cause"], said["attributes"]) == ("Momento took it.", ["Amount"])
    assert said["next"] == (
        "But the request has no value of `Amount`, which is text in the item, and the route reads"
        " a number."
    )
    del wrong["dynamodb"]["NewImage"]["Amount"]
    assert "which the item does not have" in told(topology, wrong, end)["summary"]["next"]
    assert told(topology, record(), end)["summary"]["attributes"] == []


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_filtered_change_names_only_the_filters_for_its_event(topology: str) -> None:
    """In the words of the item, and with what to do."""
    said = told(
        topology, record(Status="Open"), {"kind": "ended", "at": 1.0, "outcome": "filtered"}
    )
    cause = said["summary"]["cause"]
    assert cause.startswith('The filter leaves it out: Status is "Open"; the ')
    assert cause.endswith(' wants "open".')
    assert "What if" in said["summary"]["next"]
