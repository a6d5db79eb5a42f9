"""Run the deployed schedules of EventBridge Scheduler whose target is a Lambda function.

A rate-based schedule without a start date begins at once (EventBridge Scheduler, "Schedule types").
Other schedules and targets are not run; `statuses` has the reason.
"""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from ..status import PipeStatus
from .run import FunctionRun, Functions

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS: Final = {"minute": 60, "hour": 3_600, "day": 86_400}


@dataclass
class _Scheduled:
    """A running schedule: its thread, and the event that ends it."""

    definition: str
    function_arn: str
    event: str
    seconds: float
    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None


@dataclass
class Schedules:
    """Starts functions at the rate of their schedules; `refresh` reads what is deployed.

    `second` is how long a second of a rate takes. `on_run` is called after each run. A run that
    lasts longer than its period is not started twice.
    """

    client: Callable[[str], Any]
    functions: Functions
    second: float = 1.0
    on_run: Callable[[FunctionRun], None] = lambda _: None

    def __post_init__(self) -> None:
        self._running: dict[str, _Scheduled] = {}
        self.statuses: dict[str, PipeStatus] = {}

    def refresh(self) -> None:
        """Start, restart and end schedules, as they are deployed now."""
        scheduler = self.client("scheduler")
        pages = scheduler.get_paginator("list_schedules").paginate()
        listed = [schedule for page in pages for schedule in page["Schedules"]]
        names = {schedule["Name"] for schedule in listed}
        for gone in set(self._running) - names:
            self._end(gone)
        self.statuses = {name: status for name, status in self.statuses.items() if name in names}
        for schedule in listed:
            self._look_at(
                scheduler.get_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])
            )

    def close(self) -> None:
        """End all schedules, after the runs that have begun."""
        for name in list(self._running):
            self._end(name)

    def _look_at(self, schedule: dict[str, Any]) -> None:
        name, target = schedule["Name"], schedule["Target"]
        rate = _RATE.fullmatch(schedule["ScheduleExpression"])
        known = repr((schedule["ScheduleExpression"], target, schedule.get("State")))
        if name in self._running and self._running[name].definition == known:
            return
        self._end(name)
        if schedule.get("State") == "DISABLED":
            self.statuses[name] = PipeStatus(name, "STOPPED", "its state is DISABLED")
            return
        if rate is None or ":lambda:" not in target["Arn"]:
            reason = "the local cloud runs only rates that start a Lambda function"
            self.statuses[name] = PipeStatus(name, "STOPPED", reason)
            return
        scheduled = _Scheduled(
            definition=known,
            function_arn=target["Arn"],
            event=target.get("Input") or "{}",
            seconds=int(rate[1]) * _SECONDS[rate[2]] * self.second,
        )
        scheduled.thread = threading.Thread(
            target=self._follow, args=(name, scheduled), name=name, daemon=True
        )
        self._running[name] = scheduled
        self.statuses[name] = PipeStatus(name, "RUNNING")
        scheduled.thread.start()

    def _follow(self, name: str, scheduled: _Scheduled) -> None:
        due = time.monotonic()
        while not scheduled.stop.is_set():
            try:
                run = self.functions.run(scheduled.function_arn, scheduled.event)
            except (BotoCoreError, ClientError, OSError) as error:
                self.statuses[name] = PipeStatus(name, "RETRYING", str(error))
            else:
                self.statuses[name] = PipeStatus(name, "RUNNING")
                self.on_run(run)
            due = max(due + scheduled.seconds, time.monotonic())
            scheduled.stop.wait(due - time.monotonic())

    def _end(self, name: str) -> None:
        scheduled = self._running.pop(name, None)
        if scheduled is not None:
            scheduled.stop.set()
            assert scheduled.thread is not None
            scheduled.thread.join()
