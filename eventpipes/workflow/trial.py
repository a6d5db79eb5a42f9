"""Run a state machine without services, to see what it sends."""

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from eventpipes.workflow.execution import Execution
from eventpipes.workflow.services import HttpAnswer, HttpCall, WithoutAws
from eventpipes.workflow.state_machine import StateMachine

_TICK = timedelta(milliseconds=1)
NAME = "trial"


@dataclass(frozen=True)
class Trial:
    """What a state machine sends, in order, if the answer to each request is 204."""

    calls: tuple[HttpCall, ...]
    letters: tuple[str, ...]
    execution: Execution


def requests_of(
    machine: StateMachine,
    records: Sequence[Mapping[str, Any]],
    *,
    arn: str = "",
    now: datetime | None = None,
) -> Trial:
    """Return what a state machine sends for the items that it gets from a pipe.

    `now` is when the execution starts (default: now). The items of a Map are run one after the
    other, so the order is always the same.
    """
    services = Recorder(now or datetime.now(UTC))
    execution = result_of(machine.run(list(records), services, name=NAME, arn=arn, one_by_one=True))
    return Trial(tuple(services.calls), tuple(services.letters), execution)


def result_of(running: Coroutine[Any, Any, Execution]) -> Execution:
    """Return the result of a coroutine that never waits. An event loop may be running."""
    try:
        running.send(None)
    except StopIteration as done:
        result: Execution = done.value
        return result
    raise AssertionError("the services of a trial do not wait")


@dataclass
class Recorder(WithoutAws):
    """Services that accept everything. Their clock moves, so that an endless loop times out."""

    clock: datetime
    calls: list[HttpCall] = field(default_factory=list)
    letters: list[str] = field(default_factory=list)

    async def http(self, call: HttpCall) -> HttpAnswer:
        """Note the request, and answer it with 204."""
        self.calls.append(call)
        return HttpAnswer(204, "No Content", {}, "")

    async def send_message(self, _queue_url: str, body: str) -> str:
        """Note the message."""
        self.letters.append(body)
        return f"message-{len(self.letters)}"

    async def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.clock += timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return the time, a little later each time."""
        self.clock += _TICK
        return self.clock

    def random(self) -> float:
        """Return the same number each time."""
        return 0.5
