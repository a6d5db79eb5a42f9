"""The tour writes and deletes a record. It reports each step that does not end as expected."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

import weather.tour
from live.errors import LiveError
from live.items import Item
from live.made_record import made_record
from live.momento.client import Momento
from live.momento.topic import Topic
from live.tour import NOTHING, Tour, TourStep, _Arrival
from tests.localcloud.arrivals import unused_port
from tests.localcloud.weather_pipes import CACHE, DELETE
from tests.running_weather import RunningWeather
from weather.records import random_record
from weather.tour import tour


def steps_of(running: RunningWeather) -> list[TourStep]:
    """Return the steps of a tour."""
    return list(tour(running.settings))


def test_every_step_ends_as_expected(
    running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the engine predicts is also what a record says: it has no values when it is deleted."""
    record = random_record("Tour c41d29")
    monkeypatch.setattr(weather.tour, "random_record", lambda _: record)
    steps = steps_of(running)
    assert all(step.as_expected for step in steps), steps
    where, nothing = {"Location": record.location}, dict.fromkeys(record.shown(), "")
    assert [(step.name, step.expected) for step in (steps[0], steps[3], steps[5])] == [
        ("write to the table", "written"),
        ("delete from the table", "deleted"),
        ("the entry Tour c41d29", NOTHING),
    ]
    assert [(step.name, json.loads(step.seen)) for step in (steps[1], steps[2], steps[4])] == [
        ("the topic says", {"EventType": "INSERT"} | where | record.shown()),
        ("the entry Tour c41d29", where | record.shown()),
        ("the topic says", {"EventType": "REMOVE"} | where | nothing),
    ]
    timed = [step.milliseconds is not None for step in steps]
    assert timed == [False, True, True, False, True, True]


def test_the_record_is_written_when_the_topic_is_polled(
    running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A topic sends only messages that are published after the poll begins."""
    poll = Topic._poll  # noqa: SLF001 - the way to the topic

    def late(*arguments: Any) -> Any:
        time.sleep(1)
        return poll(*arguments)

    monkeypatch.setattr(Topic, "_poll", late)
    steps = steps_of(running)
    assert all(step.as_expected for step in steps), steps


def test_nothing_is_left_behind(running: RunningWeather, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error or the caller may end the tour."""
    before = running.table.list()
    steps_of(running)
    assert running.table.list() == before
    steps = tour(running.settings)
    next(steps)
    assert running.table.list() != before
    steps.close()
    assert running.table.list() == before

    def fail(*_: object) -> None:
        raise LiveError("Momento answers 500")

    monkeypatch.setattr(Momento, "fetch", fail)
    with pytest.raises(LiveError, match="500"):
        steps_of(running)
    assert running.table.list() == before


def test_others_may_write_at_the_same_time(running: RunningWeather) -> None:
    """The tour ignores their messages on the topic."""
    steps = []
    for step in tour(running.settings):
        steps.append(step)
        running.cloud.weather.put(f"Oslo {len(steps)}")
    assert all(step.as_expected for step in steps), steps


def end_when(
    monkeypatch: pytest.MonkeyPatch, is_over: Callable[[Tour, Sequence[_Arrival]], bool]
) -> None:
    """Let the tour wait no longer for what is missing, without a time that a machine may need."""
    monkeypatch.setattr(
        Tour, "_is_over", lambda tour, waiting, _: not waiting or is_over(tour, waiting)
    )


def ignore(running: RunningWeather, monkeypatch: pytest.MonkeyPatch, *methods: str) -> None:
    """Let Momento accept requests and do nothing; the tour does not wait for their effects."""

    async def interfere(request: Request) -> Response | None:
        return Response(status_code=204) if request.method in methods else None

    monkeypatch.setattr(running.cloud.momento.service, "interfere", interfere)
    end_when(monkeypatch, lambda _, waiting: all(one.request.method in methods for one in waiting))


@pytest.mark.parametrize(("method", "wrong"), [("POST", [1, 4]), ("DELETE", [5])])
def test_a_request_without_an_effect_is_reported(
    running: RunningWeather, monkeypatch: pytest.MonkeyPatch, method: str, wrong: list[int]
) -> None:
    """The entry does not wait for the message."""
    ignore(running, monkeypatch, method)
    steps = steps_of(running)
    assert [number for number, step in enumerate(steps) if not step.as_expected] == wrong
    seen = "nothing within 120 s" if method == "POST" else steps[2].seen
    assert {(steps[number].seen, steps[number].milliseconds) for number in wrong} == {(seen, None)}
    assert steps[2].milliseconds is not None


def test_another_value_than_predicted_is_reported(
    running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the messages, the last about the item is shown."""

    def colder(old: Item | None, new: Item | None, keys: Item, *, view: str) -> dict[str, Any]:
        return made_record(old, new and {**new, "MaxTemp": {"N": "-99"}}, keys, view=view)

    monkeypatch.setattr(weather.tour, "made_record", colder)
    end_when(
        monkeypatch,
        lambda tour, waiting: (
            bool(tour.unexpected[tour._earlier :])  # noqa: SLF001 - this change's
            and all(one.request.method == "POST" or one.seen for one in waiting)
        ),
    )
    steps = steps_of(running)
    assert [step.as_expected for step in steps] == [True, False, False, True, True, True]
    for step in steps[1:3]:
        expected, seen = json.loads(step.expected), json.loads(step.seen)
        assert expected == seen | {"MaxTemp": "-99"}


def test_a_pipe_that_sends_nothing_for_a_record_ends_the_tour(running: RunningWeather) -> None:
    """Nothing would be expected, and so nothing would be wrong."""
    pipes = running.cloud.weather.pipes
    pipe = pipes.describe_pipe(Name=DELETE)
    never = {"Filters": [{"Pattern": '{"eventName":["NEVER"]}'}]}
    kept = pipe["SourceParameters"]["FilterCriteria"]
    try:
        set_filters(pipes, pipe, never)
        with pytest.raises(LiveError, match=rf"{DELETE} sends nothing .* \./help\.sh plan"):
            steps_of(running)
    finally:
        set_filters(pipes, pipe, kept)


def set_filters(pipes: Any, pipe: Mapping[str, Any], filters: Mapping[str, Any]) -> None:
    """Give a pipe other filters."""
    source = {"DynamoDBStreamParameters": {"BatchSize": 1}, "FilterCriteria": filters}
    pipes.update_pipe(Name=pipe["Name"], RoleArn=pipe["RoleArn"], SourceParameters=source)


def test_what_cannot_be_reached_ends_the_tour(
    running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error comes at once, without a wait for a Momento that is down."""
    with monkeypatch.context() as patch:
        patch.delitem(running.cloud.momento.service.caches, CACHE)
        with pytest.raises(LiveError, match="there is no such cache"):
            steps_of(running)
    with pytest.raises(LiveError, match="no pipeline with the prefix nowhere is deployed"):
        steps_of(running.with_settings(NAME_PREFIX="nowhere"))
    monkeypatch.setenv("MOMENTO_ENDPOINT_URL", f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(LiveError, match=r"Momento at .*: no connection"):
        steps_of(running)


def test_a_missing_pipe_ends_the_tour(running: RunningWeather) -> None:
    """Nothing is predicted of a pipe that is not deployed."""
    running.cloud.weather.pipes.delete_pipe(Name=DELETE)
    with pytest.raises(LiveError, match=r"has no cache-delete, .* so run ./help\.sh deploy"):
        steps_of(running)
    running.runner.wait_until_reading(*running.cloud.weather.create_pipes([DELETE]))
