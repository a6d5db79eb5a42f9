"""The changes that the page shows: the last ones, and apart from them those that failed.

Failures are not pushed out by successes. The memory is bounded: of the oldest changes only the row
is kept, without the record and the request.
"""

import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import Any, Final

from console.cause import left_out
from console.cell import DELIVERED, FAILED, FILTERED, PENDING, RETRYING, UNKNOWN, Cell
from console.change import Change
from console.counts import RouteCounts
from console.routing import Routing
from eventpipes import Filtered
from live.workflow_route import WorkflowRoute

KEPT: Final = 5_000
KEPT_FAILED: Final = 1_000
MOST_BYTES: Final = 64 * 1024 * 1024
"""What the records and requests of the kept changes may take, about."""
CLOSING_SECONDS: Final = 0.3
KEPT_OF_A_KEY: Final = 20
"""The changes of one item that are found by its key."""
Step = Mapping[str, Any]


class ChangeStore:
    """The changes of one pipeline. Its user holds a lock around every call."""

    def __init__(
        self,
        routing: Routing,
        *,
        kept: int = KEPT,
        kept_failed: int = KEPT_FAILED,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._kept, self._kept_failed, self._most_bytes = kept, kept_failed, most_bytes
        self._recent: OrderedDict[str, Change] = OrderedDict()
        self._failed: OrderedDict[str, Change] = OrderedDict()
        self._by_number: dict[str, str] = {}
        self._by_key: dict[str, deque[str]] = {}
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._closing: dict[str, float] = {}
        self._bytes = 0
        self._order = 0
        self.use(routing)

    def use(self, routing: Routing) -> None:
        """Work with the routes that are deployed now."""
        self._routing = routing
        known = getattr(self, "counts", {})
        self.counts = {id_: known.get(id_) or RouteCounts() for id_ in routing.routes}

    def apply(self, step: Step) -> Change | None:
        """Note a step; return its change, or None if it is about no route of the pipeline."""
        if step["kind"] == "gap" or step.get("pipe") not in self._routing.names:
            return None
        change = self._change(step)
        for id_ in self._routing.of(step):
            cell = change.cells.setdefault(id_, Cell(at=step["at"]))
            # A step about a whole batch or pipe does not change a finished route.
            if cell.settled and not step.get("state") and step.get("pipe") != id_:
                continue
            self._count(id_, cell, partial(cell.apply, step))
            self._name_clause(change, id_, cell)
        for id_ in self._routing.unseen(step):
            cell = change.cells.setdefault(id_, Cell(at=step["at"]))
            if not cell.settled:
                cell.lose_sight(step["at"])
        if step["kind"] == "ended" and step.get("state"):
            self._closing[change.id] = time.monotonic()
        self._place(change)
        return change

    @property
    def is_closing(self) -> bool:
        """Whether `close` has something to do, now or soon."""
        return bool(self._closing)

    def close(self, now: float) -> list[Change]:
        """Return the changes whose other routes are known to send nothing.

        A workflow tells the end of all requests of a record together. So what has not begun
        `CLOSING_SECONDS` after the first end is left out. To compute it takes 15 ms a record.
        """
        done = [id_ for id_, at in self._closing.items() if now - at >= CLOSING_SECONDS]
        changed = []
        for id_ in done:
            del self._closing[id_]
            if (change := self.get(id_)) is None:
                continue
            for route, cell in change.cells.items():
                if cell.state == PENDING and not cell.was_tried:
                    self._count(route, cell, partial(cell.filter, change.at))
                    changed.append(change)
            self._place(change)
        return changed

    def fail(self, change: Change, route: str, reason: str) -> bool:
        """Note a failure that only a dead letter shows; return whether it is new.

        Nothing changes if a step has Momento's answer, or after a replay: these are more exact.
        """
        cell = change.cells.get(route)
        if cell is None or cell.failed or cell.status is not None or cell.replayed is not None:
            return False
        if cell.state not in (DELIVERED, UNKNOWN):
            return False
        end: dict[str, Any] = {"kind": "ended", "outcome": "dead-letter", "at": time.time()}
        end |= {"reason": reason, "letter": True}
        if answered := _STATUS.search(reason):
            end["attempts"] = [{"status": int(answered[1])}]
        self._count(route, cell, partial(cell.apply, end))
        self._place(change)
        return True

    def settle(
        self, change: Change, route: str, at: float, text: str, state: str = DELIVERED
    ) -> None:
        """Note that the failure of a route is settled."""
        cell = change.cells.get(route)
        if cell is not None and cell.failed:
            self._count(route, cell, partial(cell.settle, at, text, state))
            self._place(change)

    def get(self, id_: str) -> Change | None:
        """Return a change by its id."""
        return self._recent.get(id_) or self._failed.get(id_)

    def by_number(self, sequence_number: str) -> Change | None:
        """Return the change of a record by its number in the stream."""
        return self.get(self._by_number.get(sequence_number, ""))

    def of_key(self, keys: Mapping[str, Any]) -> Iterator[Change]:
        """Yield the last changes of an item, the newest first."""
        for id_ in reversed(self._by_key.get(_canonical(keys), ())):
            if (change := self.get(id_)) is not None:
                yield change

    def rows(
        self, *, before: str | None = None, limit: int = 100, failed: bool = False
    ) -> list[Change]:
        """Return changes before another one, the newest first."""
        last = self.get(before or "")
        changes = [*reversed(self._failed.values())]
        if not failed:
            changes = sorted([*self._recent.values(), *changes], key=lambda change: -change.order)
        older = (change for change in changes if last is None or change.order < last.order)
        return list(islice(older, limit))

    def _change(self, step: Step) -> Change:
        id_ = str(
            step.get("event_id")
            or step.get("sequence_number")
            or step.get("execution")
            or step.get("number")
        )
        change = self.get(id_)
        if change is None:
            self._order += 1
            change = Change(
                id=id_,
                order=self._order,
                event_name=step.get("event_name", ""),
                keys=step.get("keys") or {},
                sequence_number=step.get("sequence_number", ""),
                at=step.get("created") or step["at"],
            )
            self._recent[id_] = change
            if change.keys:
                of_key = self._by_key.setdefault(
                    _canonical(change.keys), deque(maxlen=KEPT_OF_A_KEY)
                )
                of_key.append(id_)
            if change.sequence_number:
                self._by_number[change.sequence_number] = id_
        if change.record is None and step.get("record"):
            change.record = step["record"]
            self._judge(change, step)
        return change

    def _judge(self, change: Change, step: Step) -> None:
        """Find the routes that leave a change out: the logs do not tell.

        The feed tells it of a workflow; see `close`.
        """
        assert change.record is not None
        at, is_logged = step["at"], "execution" in step
        for id_, route in self._routing.routes.items():
            if id_ in change.cells:
                continue
            cell = change.cells[id_] = Cell(at=at)
            if isinstance(route, WorkflowRoute) and not is_logged:
                continue
            if isinstance(route.process(change.record), Filtered):
                self._count(id_, cell, partial(cell.filter, at))
                self._name_clause(change, id_, cell)

    def _name_clause(self, change: Change, id_: str, cell: Cell) -> None:
        """Say in a filtered cell which clause refuses the change."""
        if cell.state == FILTERED and cell.text == "filtered" and change.record is not None:
            cell.text = left_out(self._routing.routes[id_].explain(change.record))

    def _count(self, id_: str, cell: Cell, apply: Callable[[], None]) -> None:
        before, counts = cell.state, self.counts.get(id_)
        apply()
        if counts is not None and cell.state != before:
            counts.moved(_bucket(before), _bucket(cell.state), cell.at)
            if cell.state == DELIVERED and cell.milliseconds is not None:
                counts.took(cell.milliseconds)

    def _place(self, change: Change) -> None:
        """Put a change where it belongs, and drop what is too much."""
        here, elsewhere = (
            (self._failed, self._recent) if change.failed else (self._recent, self._failed)
        )
        elsewhere.pop(change.id, None)
        here.setdefault(change.id, change)
        self._bytes -= self._sizes.pop(change.id, 0)
        self._sizes[change.id] = change.size
        self._bytes += self._sizes[change.id]
        while len(self._recent) > self._kept:
            self._drop(self._recent)
        while len(self._failed) > self._kept_failed:
            self._drop(self._failed)
        while self._bytes > self._most_bytes and self._sizes:
            oldest, size = self._sizes.popitem(last=False)
            self._bytes -= size
            if (dropped := self.get(oldest)) is not None:
                dropped.forget()

    def _drop(self, changes: OrderedDict[str, Change]) -> None:
        id_, change = changes.popitem(last=False)
        self._by_number.pop(change.sequence_number, None)
        of_key = self._by_key.get(_canonical(change.keys))
        if of_key is not None:
            if id_ in of_key:
                of_key.remove(id_)
            if not of_key:
                del self._by_key[_canonical(change.keys)]
        self._bytes -= self._sizes.pop(id_, 0)
        for route, cell in change.cells.items():
            if cell.state == RETRYING and route in self.counts:
                self.counts[route].moved(RETRYING, None, cell.at)


_STATUS = re.compile(r"(?:HTTP |StatusCode\.)([1-5]\d\d)\b")
"""The answer in a letter's reason: of a pipe, or of a workflow's task."""


def _canonical(keys: Mapping[str, Any]) -> str:
    return repr(sorted(keys.items()))


def _bucket(state: str) -> str | None:
    """Return what a state counts as; None for one that does not count."""
    if state in (DELIVERED, FILTERED, RETRYING):
        return state
    return "failed" if state in FAILED else None
