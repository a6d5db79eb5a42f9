"""The store of changes: what a step does to a cell, what is kept, and what is counted."""

import time
from typing import Any

from console.cell import Cell
from console.routing import Routing, route_id
from console.store import CLOSING_SECONDS, ChangeStore
from tests.console.shop import TOPOLOGIES, orders, record, step
from tests.each import each

PUT, PUBLISH, DELETE = "cache-put", "topic-publish", "cache-delete"


def ids(topology: str) -> dict[str, str]:
    """Return the ids of the routes by operation."""
    return {one.operation: route_id(one) for one in orders(topology).routes}


def reader(topology: str, operation: str = PUT) -> str:
    """Return the name of the pipe that reads the stream for an operation."""
    return orders(topology).pipes[operation].reader.name


def store(topology: str = "pipes", **bounds: int) -> ChangeStore:
    """Return an empty store."""
    return ChangeStore(Routing(orders(topology).routes), **bounds)


def states(found: ChangeStore, id_: str = "event-1") -> dict[str, str]:
    """Return the states of a change's cells."""
    change = found.get(id_)
    assert change is not None
    return {route: cell.state for route, cell in change.cells.items()}


def attempt(number: int, status: int, **more: Any) -> dict[str, Any]:
    """Return what a step of an attempt has; of at most 4."""
    tried = {"attempt": number, "most": 4, "status": status, "succeeded": status < 300}
    return tried | {"seconds": 0.002, "response": f"answer {status}"} | more


def test_routes_that_leave_a_change_out_are_known_when_it_is_read() -> None:
    """A workflow's too, if the logs tell of it."""
    for topology in TOPOLOGIES:
        found, names = store(topology), ids(topology)
        logged: Any = {"execution": "e-1"} if topology == "workflow" else {}
        found.apply(step("read", reader(topology), record(), **logged))
        assert states(found) == {
            names[PUT]: "pending",
            names[PUBLISH]: "pending",
            names[DELETE]: "filtered",
        }, topology


def test_an_attempt_a_wait_and_an_end_change_the_cell() -> None:
    found, put = store(), ids("pipes")[PUT]
    found.apply(step("read", put, record()))
    found.apply(step("attempt", put, record(), **attempt(1, 503)))
    cell = found.get("event-1").cells[put]  # type: ignore[union-attr]  # it is there
    assert (cell.state, cell.text) == ("retrying", "1 of 4 failed: 503")
    found.apply(step("waiting", put, record(), attempt=1, most=4, until=105.0, why="HTTP 503"))
    assert cell.as_json() == {
        "state": "retrying",
        "text": "1 of 4 failed: 503",
        "at": 100.0,
        "attempt": 1,
        "most": 4,
        "until": 105.0,
    }
    found.apply(step("attempt", put, record(), at=105.0, **attempt(2, 204)))
    found.apply(step("ended", put, record(), at=105.0, outcome="delivered"))
    assert (cell.state, cell.text) == ("delivered", "204 · 2 ms")
    assert found.get("event-1").row()["seconds"] is None  # type: ignore[union-attr]  # the topic waits


@each(
    case=[
        (attempt(1, 400), "dead-letter", "refused", "400 → queue"),
        (attempt(4, 503), "dead-letter", "dead-letter", "503, 4 attempts → queue"),
        (attempt(2, 429), "dead-letter", "dead-letter", "429, 2 attempts → queue"),
        (attempt(1, 503), "dead-letter", "dead-letter", "503, 1 attempt → queue"),
        (attempt(1, 400), "undelivered", "undelivered", "400 → lost: there is no queue"),
    ]
)
def test_a_failure_says_whether_momento_refused_it(case: tuple[Any, str, str, str]) -> None:
    tried, outcome, state, text = case
    cell = Cell()
    cell.apply(step("attempt", "p", record(), **tried))
    cell.apply(step("ended", "p", record(), outcome=outcome, reason="said"))
    assert (cell.state, cell.text, cell.failed) == (state, text, True)


def test_a_record_without_a_request_is_refused() -> None:
    cell = Cell()
    cell.apply(step("ended", "p", record(), outcome="dead-letter", reason="no JSON"))
    assert (cell.state, cell.text) == ("refused", "no request → queue")


def test_a_task_of_a_workflow_tells_of_its_own_route_only() -> None:
    found, names, pipe = store("workflow"), ids("workflow"), reader("workflow")
    found.apply(step("read", pipe, record()))
    found.apply(step("ended", pipe, record(), state="Put the entry", outcome="delivered"))
    assert states(found)[names[PUT]] == "delivered"
    assert states(found)[names[PUBLISH]] == "pending"


def test_what_a_workflow_does_not_send_is_left_out_once_it_has_ended() -> None:
    found, names, pipe = store("workflow"), ids("workflow"), reader("workflow")
    found.apply(step("read", pipe, record()))
    for state in ("Put the entry", "Publish the message"):
        found.apply(step("ended", pipe, record(), state=state, outcome="delivered"))
    now = time.monotonic()
    assert found.close(now - 10) == []
    assert states(found)[names[DELETE]] == "pending"
    (closed,) = found.close(now + CLOSING_SECONDS)
    assert states(found)[names[DELETE]] == "filtered"
    assert closed.settled
    assert not found.is_closing
    assert found.counts[names[DELETE]].as_json()["filtered"] == 1


def test_nothing_tells_of_a_rule_on_aws() -> None:
    """A letter does, if there is one."""
    found, names, pipe = store("bus"), ids("bus"), reader("bus")
    found.apply(step("read", pipe, record(), execution="e-1"))
    found.apply(step("ended", pipe, record(), execution="e-1", outcome="delivered"))
    assert states(found)[names[PUT]] == "unknown"
    assert states(found)[names[DELETE]] == "filtered"
    change = found.get("event-1")
    assert change is not None
    assert change.settled
    assert found.fail(change, names[PUT], "HTTP 400")
    assert states(found)[names[PUT]] == "refused"
    assert not found.fail(change, names[PUT], "HTTP 400")


def test_a_pipe_to_a_bus_tells_of_its_rules_what_ends_all_of_them() -> None:
    found, names, pipe = store("bus"), ids("bus"), reader("bus")
    found.apply(step("read", pipe, record()))
    found.apply(step("ended", pipe, record(), outcome="delivered"))
    assert states(found)[names[PUT]] == "pending"
    found.apply(step("ended", pipe, record(number=2), outcome="dead-letter"))
    assert states(found, "event-2")[names[PUT]] == "refused"
    assert states(found, "event-2")[names[DELETE]] == "filtered"


def test_a_delivered_change_stays_delivered_when_it_is_read_again() -> None:
    found, put = store(), ids("pipes")[PUT]
    found.apply(step("ended", put, record(), outcome="delivered"))
    found.apply(step("read", put, record()))
    assert states(found)[put] == "delivered"


def test_steps_of_another_pipeline_are_left_out() -> None:
    found = store()
    assert found.apply(step("read", "another-pipe", record())) is None
    assert found.apply({"number": 9, "kind": "gap", "missed": 3}) is None
    assert found.rows() == []


def test_failures_are_not_pushed_out_by_successes() -> None:
    found, put = store(kept=10, kept_failed=3), ids("pipes")[PUT]
    for number in range(5):
        found.apply(step("ended", put, record(number=number), outcome="dead-letter"))
    for number in range(100, 200):
        found.apply(step("ended", put, record(number=number), outcome="delivered"))
    assert [change.id for change in found.rows(failed=True)] == ["event-4", "event-3", "event-2"]
    assert len(found.rows(limit=1_000)) == 13
    assert found.by_number("0") is None
    assert found.by_number("199") is not None


def test_rows_before_a_change_are_older() -> None:
    found, put = store(), ids("pipes")[PUT]
    for number in range(6):
        outcome = "dead-letter" if number == 3 else "delivered"
        found.apply(step("ended", put, record(number=number), outcome=outcome))
    first = [change.id for change in found.rows(limit=3)]
    assert first == ["event-5", "event-4", "event-3"]
    assert [one.id for one in found.rows(before="event-3")] == ["event-2", "event-1", "event-0"]


def test_the_memory_is_bounded() -> None:
    """The rows of old changes stay; their records and requests go."""
    found, put = store(most_bytes=100_000), ids("pipes")[PUT]
    for number in range(50):
        found.apply(step("ended", put, record(number=number), outcome="delivered"))
    kept = [change for change in found.rows() if change.record is not None]
    assert sum(change.size for change in kept) <= 100_000
    assert len(found.rows()) == 50
    assert found.get("event-0").record is None  # type: ignore[union-attr]  # it is there
    assert found.get("event-49").record is not None  # type: ignore[union-attr]  # it is there


def test_counts_follow_the_states() -> None:
    found, names = store(), ids("pipes")
    found.apply(step("read", names[PUT], record()))
    found.apply(step("attempt", names[PUT], record(), **attempt(1, 503)))
    assert found.counts[names[PUT]].as_json(now=100.0)["retrying"] == 1
    assert found.counts[names[DELETE]].as_json(now=100.0)["filtered"] == 1
    found.apply(step("ended", names[PUT], record(), outcome="dead-letter"))
    counts = found.counts[names[PUT]].as_json(now=100.0)
    assert (counts["retrying"], counts["failed"], counts["rate"]) == (0, 1, 0.1)
    change = found.get("event-1")
    assert change is not None
    found.settle(change, names[PUT], 101.0, "replayed")
    counts = found.counts[names[PUT]].as_json(now=200.0)
    assert (counts["failed"], counts["delivered"], counts["rate"]) == (0, 1, 0.0)
    assert not change.failed


def test_the_changes_of_an_item_are_found() -> None:
    found, put = store(), ids("pipes")[PUT]
    for number, order in ((1, "a"), (2, "b"), (3, "a")):
        one = record(number=number, OrderId=order)
        found.apply(step("ended", put, one, outcome="delivered"))
    keys = {"OrderId": {"S": "a"}, "Customer": {"S": "Ada"}}
    assert [change.id for change in found.of_key(keys)] == ["event-3", "event-1"]


def test_a_letter_is_of_the_route_that_sent_it() -> None:
    for topology in TOPOLOGIES:
        routing = Routing(orders(topology).routes)
        for id_, route in routing.routes.items():
            arn = route.target.arn if topology == "workflow" else route.definition.arn  # type: ignore[attr-defined]  # a workflow's
            assert routing.of_letter(arn, route.method) == id_, topology
    bus = orders("bus")
    assert Routing(bus.routes).of_letter(bus.pipes[PUT].reader.arn, None) is None
