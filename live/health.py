"""Whether each part of a pipeline works: AWS, Momento, the runner, the pipes, the connections.

A thread for each part asks it: a part that does not answer does not delay the others
(`live.probes`).
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from live.errors import LiveError

OK: Final = "ok"
DOWN: Final = "down"
UNKNOWN: Final = "unknown"
CHECK_SECONDS = 1.0
"""How often a part on this machine is asked."""
CHECK_SECONDS_ON_AWS = 10.0
LATE_SECONDS = 1.8
"""How much later than usual an answer may come. After it, the state of the part is unknown."""


class UnknownError(LiveError):
    """The state of a part is unknown, because its source does not answer."""


Probe = Callable[[], str]
"""Asks a part, and returns a note about it, which may be empty.

It raises LiveError if the part is down, and UnknownError if nothing is known of it.
"""


@dataclass(frozen=True, kw_only=True)
class PartState:
    """The state of one part: ok, down or unknown. Times are seconds since 1970.

    `since` is when the state began, `checked` when the part was asked last, and `milliseconds` how
    long the answer took. `problem` says what is wrong and what to do.
    """

    state: str = UNKNOWN
    since: float = 0.0
    checked: float | None = None
    milliseconds: float | None = None
    problem: str = ""
    note: str = ""


class Health:
    """A context manager that asks the parts again and again.

    `on_change` is called with a part's name if its state, problem or note changes.
    """

    def __init__(
        self,
        probes: Mapping[str, Probe],
        *,
        seconds: float = CHECK_SECONDS,
        on_change: Callable[[str, PartState], None] = lambda *_: None,
    ) -> None:
        self._probes = dict(probes)
        self._seconds = seconds
        self._on_change = on_change
        self._stop = threading.Event()
        self._parts = {name: PartState(since=time.time()) for name in probes}

    def __enter__(self) -> Self:
        for name in self._probes:
            threading.Thread(target=self._keep, args=[name], daemon=True, name="health").start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    @property
    def parts(self) -> dict[str, PartState]:
        """The parts by name. A part is unknown if its last answer is too old."""
        limit, now = self._seconds + LATE_SECONDS, time.time()
        return {name: _unless_late(part, now, limit) for name, part in self._parts.items()}

    def check(self, name: str) -> PartState:
        """Ask a part now, and return it."""
        begin, started = time.time(), time.monotonic()
        state, problem, note = OK, "", ""
        try:
            note = self._probes[name]()
        except UnknownError as error:
            state, problem = UNKNOWN, str(error)
        except LiveError as error:
            state, problem = DOWN, str(error)
        except Exception as error:  # noqa: BLE001 - a part with an odd answer is asked again, too
            state, problem = UNKNOWN, f"the answer is not understood: {error!r}"
        before = self._parts[name]
        part = PartState(
            state=state,
            since=before.since if state == before.state else begin,
            checked=time.time(),
            milliseconds=(time.monotonic() - started) * 1000,
            problem=problem,
            note=note,
        )
        self._parts[name] = part
        if (state, problem, note) != (before.state, before.problem, before.note):
            self._on_change(name, part)
        return part

    def _keep(self, name: str) -> None:
        while not self._stop.is_set():
            self.check(name)
            self._stop.wait(self._seconds)


def _unless_late(part: PartState, now: float, limit: float) -> PartState:
    if part.checked is None or part.state == UNKNOWN or now - part.checked <= limit:
        return part
    problem = "it was asked, and has not answered yet"
    return replace(part, state=UNKNOWN, since=part.checked, problem=problem, note="")
