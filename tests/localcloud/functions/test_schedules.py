"""Schedules run as they are deployed: started, changed, switched off and removed."""

from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.functions.run import FunctionRun
from localcloud.functions.schedules import Schedules
from tests.localcloud.arrivals import until

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:watch"


class Scheduler:
    """The AWS API of schedules, and the functions that they start."""

    def __init__(self) -> None:
        self.deployed: dict[str, dict[str, Any]] = {}
        self.started: list[tuple[str, str]] = []

    def deploy(self, rate: str = "rate(1 minute)", arn: str = FUNCTION, **more: str) -> None:
        """Deploy the schedule."""
        self.deployed["watch"] = {
            "Name": "watch",
            "GroupName": "default",
            "ScheduleExpression": rate,
            "Target": {"Arn": arn, "Input": '{"a":1}'},
            **more,
        }

    def get_paginator(self, _: str) -> "Scheduler":
        """Return the pages of the schedules."""
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        """Yield one page."""
        yield {"Schedules": list(self.deployed.values())}

    def get_schedule(self, *, Name: str, GroupName: str) -> dict[str, Any]:  # noqa: N803 - AWS's
        """Return a schedule."""
        assert GroupName == "default"
        return self.deployed[Name]

    def run(self, arn: str, event: str) -> FunctionRun:
        """Note that a function is started."""
        self.started.append((arn, event))
        return FunctionRun("watch", succeeded=True, output="")


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler()


@pytest.fixture
def schedules(scheduler: Scheduler) -> Iterator[Schedules]:
    """Return schedules that are ended after the test. A minute takes 0.06 seconds."""
    functions: Any = scheduler
    made = Schedules(lambda _: scheduler, functions, second=0.001)
    yield made
    made.close()


def test_a_function_is_started_again_and_again(scheduler: Scheduler, schedules: Schedules) -> None:
    scheduler.deploy()
    schedules.refresh()
    until(lambda: len(scheduler.started) >= 3)
    assert set(scheduler.started) == {(FUNCTION, '{"a":1}')}
    assert schedules.statuses["watch"].state == "RUNNING"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"State": "DISABLED"}, "its state is DISABLED"),
        ({"rate": "cron(0 10 * * ? *)"}, "runs only rates that start a Lambda function"),
        ({"arn": "arn:aws:sqs:us-east-1:123456789012:q"}, "runs only rates that start a Lambda"),
    ],
    ids=["off", "no rate", "no function"],
)
def test_what_does_not_run_is_stopped_with_a_reason(
    scheduler: Scheduler, schedules: Schedules, changed: dict[str, str], reason: str
) -> None:
    scheduler.deploy()
    schedules.refresh()
    until(lambda: scheduler.started)
    scheduler.deploy(**changed)
    schedules.refresh()
    before = len(scheduler.started)
    schedules.refresh()
    assert schedules.statuses["watch"].state == "STOPPED"
    assert reason in schedules.statuses["watch"].reason
    assert len(scheduler.started) == before


def test_a_removed_schedule_ends(scheduler: Scheduler, schedules: Schedules) -> None:
    scheduler.deploy()
    schedules.refresh()
    until(lambda: scheduler.started)
    scheduler.deployed.clear()
    schedules.refresh()
    assert schedules.statuses == {}
    before = len(scheduler.started)
    schedules.refresh()
    assert len(scheduler.started) == before
