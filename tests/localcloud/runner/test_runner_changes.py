"""Pipes that are changed, stopped, created again or deleted while the runner runs."""

import time
from typing import Any

import pytest

from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import until
from tests.localcloud.runner.test_runner import state, wait_for_state
from tests.localcloud.weather_cloud import WeatherCloud, locations
from tests.localcloud.weather_pipes import PUBLISH, PUT

ROLE = "arn:aws:iam::123456789012:role/pipes"


def test_pipes_are_found_changed_stopped_started_and_deleted(cloud: WeatherCloud) -> None:
    """Records that are written while a pipe is stopped are delivered when it starts."""
    weather, seen = cloud.weather, cloud.arrivals
    with cloud.runner() as runner:
        assert runner.statuses == {}
        weather.create_pipes([PUT])
        runner.wait_until_reading(PUT)
        weather.put("created")
        cloud.wait_for(PUT, 1)

        only = {"Filters": [{"Pattern": '{"dynamodb":{"Keys":{"Location":{"S":["new"]}}}}'}]}
        _change(cloud, runner, SourceParameters={"FilterCriteria": only})
        weather.put("old")
        weather.put("new")
        cloud.wait_for(PUT, 3)
        assert [arrival.key for arrival in seen] == ["created", "new"]

        _change(cloud, runner, TargetParameters={"InputTemplate": '{"place":<$.eventName>}'})
        weather.put("new", MaxTemp=1)
        cloud.wait_for(PUT, 4)
        assert seen[-1].body == '{"place":"MODIFY"}'

        weather.pipes.stop_pipe(Name=PUT)
        assert wait_for_state(runner, PUT, "STOPPED") == "its desired state is STOPPED"
        weather.put("new", MaxTemp=2)
        weather.pipes.start_pipe(Name=PUT)
        cloud.wait_for(PUT, 5)
        assert state(runner, PUT) == ("RUNNING", "")
        assert len(seen) == 4

        weather.pipes.delete_pipe(Name=PUT)
        wait_for_state(runner, PUT, "DELETED")
        weather.put("new", MaxTemp=3)
    assert len(cloud.of(PUT)) == 5


def _change(cloud: WeatherCloud, runner: Runner, **changes: Any) -> None:
    """Update the cache-put pipe and wait until the runner uses the change."""
    before = runner._running[PUT]  # noqa: SLF001 - nothing outside tells a change from none
    cloud.weather.pipes.update_pipe(Name=PUT, RoleArn=ROLE, **changes)
    until(lambda: runner._running.get(PUT) not in (None, before))  # noqa: SLF001
    runner.wait_until_reading(PUT)


def test_a_stopped_pipe_stays_stopped(cloud: WeatherCloud) -> None:
    """Over a restart of the runner and an update; started, it goes on where it was stopped.

    What is written meanwhile is delivered then: AWS documents that a pipe is stopped and started
    (EventBridge Pipes, "Starting or stopping a pipe"), and that a stream keeps its records for 24
    hours; that the pipe goes on at the record it had reached is inferred.
    """
    weather = cloud.weather
    with cloud.running(PUT, PUBLISH) as runner:
        weather.put("before")
        cloud.wait_for(PUT, 1)
        weather.pipes.stop_pipe(Name=PUT)
        wait_for_state(runner, PUT, "STOPPED")
        weather.put("stopped")
        cloud.wait_for(PUBLISH, 2)  # another pipe has read it, so this pipe had time to read it
        assert locations(cloud.of(PUT)) == ["before"]
    with cloud.runner() as runner:
        wait_for_state(runner, PUT, "STOPPED")
        weather.put("restarted")
        cloud.wait_for(PUBLISH, 3)
        template = {"InputTemplate": '{"place":<$.eventName>}'}
        weather.pipes.update_pipe(Name=PUT, RoleArn=ROLE, TargetParameters=template)
        described = weather.pipes.describe_pipe(Name=PUT)
        assert (described["DesiredState"], described["CurrentState"]) == ("STOPPED", "STOPPED")
        weather.put("updated")
        cloud.wait_for(PUBLISH, 4)
        time.sleep(3 * 0.3)  # the runner has checked for changes
        assert state(runner, PUT) == ("STOPPED", "its desired state is STOPPED")
        assert locations(cloud.of(PUT)) == ["before"]
        weather.pipes.start_pipe(Name=PUT)
        cloud.wait_for(PUT, 4)
        weather.put("after")
        cloud.wait_for(PUT, 5)
    assert locations(cloud.of(PUT)) == ["before", "stopped", "restarted", "updated", "after"]


def test_a_pipe_created_as_stopped_does_not_run(cloud: WeatherCloud) -> None:
    weather = cloud.weather
    arguments = weather.arguments(weather.definition(PUT)) | {"DesiredState": "STOPPED"}
    with cloud.runner() as runner:
        weather.pipes.create_pipe(**arguments)
        assert wait_for_state(runner, PUT, "STOPPED") == "its desired state is STOPPED"
        with pytest.raises(TimeoutError, match="its desired state is STOPPED"):
            runner.wait_until_reading(PUT)
        weather.put("meanwhile")
        weather.pipes.update_pipe(Name=PUT, RoleArn=ROLE, DesiredState="RUNNING")
        cloud.wait_for(PUT, 1)
    assert locations(cloud.of(PUT)) == ["meanwhile"]


def test_a_pipe_that_is_created_again_starts_at_its_creation(cloud: WeatherCloud) -> None:
    """The new pipe has the deleted pipe's name, but not its place in the stream."""
    weather = cloud.weather
    weather.create_pipes([PUT])
    weather.put("first")
    with cloud.runner():
        cloud.wait_for(PUT, 1)
    weather.pipes.delete_pipe(Name=PUT)
    weather.put("between")
    time.sleep(0.002)
    weather.create_pipes([PUT])
    weather.put("second")
    with cloud.runner() as runner:
        cloud.wait_for(PUT, 2)
        weather.pipes.delete_pipe(Name=PUT)
        wait_for_state(runner, PUT, "DELETED")
        weather.create_pipes([PUT], StartingPosition="TRIM_HORIZON")
        cloud.wait_for(PUT, 5)
    assert locations(cloud.of(PUT)) == ["first", "second", "first", "between", "second"]
