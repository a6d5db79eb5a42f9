"""The tour writes and deletes a record. It reports each step that does not end as expected."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import weather.tour
from live.errors import LiveError
from live.momento.topic import Topic
from tests.localcloud.arrivals import until, unused_port
from tests.localcloud.weather_pipes import DELETE, PUBLISH
from tests.running_weather import RunningWeather
from weather.comparison import LocationState
from weather.tour import TourStep, tour

NAMES = [
    *("write to the table", "the topic says", "the cache, beside the table"),
    *("delete from the table", "the topic says", "the cache, beside the table"),
]


def steps_of(running: RunningWeather) -> list[TourStep]:
    """Return the steps of a tour."""
    return list(tour(running.table, running.cache, running.topic))


def test_every_step_ends_as_expected(running: RunningWeather) -> None:
    steps = steps_of(running)
    assert [step.name for step in steps] == NAMES
    assert all(step.as_expected for step in steps), steps
    assert [step.expected for step in steps[2::3]] == [LocationState.IN_SYNC, LocationState.ABSENT]
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


def test_the_topic_is_expected_to_say_what_was_written(running: RunningWeather) -> None:
    """After a deletion, the message has no values."""
    _, inserted, _, _, removed, _ = steps_of(running)
    assert inserted.seen.startswith('{"EventType": "INSERT", "Location": "Tour ')
    assert '"MaxTemp": ""' not in inserted.seen
    location = inserted.seen.split('"Location": "')[1].split('"')[0]
    assert removed.seen == (
        f'{{"EventType": "REMOVE", "Location": "{location}", "MaxTemp": "",'
        ' "MinTemp": "", "ChancesOfPrecipitation": ""}'
    )


def test_nothing_is_left_behind(running: RunningWeather) -> None:
    before = running.table.list()
    steps_of(running)
    assert running.table.list() == before


def test_nothing_is_left_behind_by_a_tour_that_ends_early(
    running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error or the caller ends the tour."""
    before = running.table.list()
    steps = tour(running.table, running.cache, running.topic)
    next(steps)
    assert running.table.list() != before
    steps.close()
    assert running.table.list() == before

    def fail(*_: object) -> None:
        raise LiveError("Momento answers 500")

    monkeypatch.setattr(weather.tour, "compare", fail)
    with pytest.raises(LiveError, match="500"):
        steps_of(running)
    assert running.table.list() == before


def test_others_may_write_at_the_same_time(running: RunningWeather) -> None:
    """The tour ignores their messages on the topic."""
    steps = []
    for step in tour(running.table, running.cache, running.topic):
        steps.append(step)
        running.cloud.weather.put(f"Oslo {len(steps)}")
    assert all(step.as_expected for step in steps), steps


@pytest.fixture
def paused(running: RunningWeather) -> Iterator[list[str]]:
    """Return a list of pipes; pipes that a test adds and deletes are created again afterwards."""
    gone: list[str] = []
    yield gone
    running.cloud.weather.create_pipes(gone)
    running.runner.wait_until_reading(*gone)


def pause(running: RunningWeather, gone: list[str], *names: str) -> None:
    """Delete pipes, and wait until the runner has stopped them."""
    gone.extend(names)
    for name in names:
        running.cloud.weather.pipes.delete_pipe(Name=name)
    until(lambda: all(running.runner.statuses[name].state == "DELETED" for name in names))


def in_haste(wait: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function with a short patience, for a result that does not come."""

    def short(*arguments: Any) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(weather.tour, "PATIENCE_SECONDS", 0.6)
            return wait(*arguments)

    return short


def test_a_silent_topic_is_reported(
    running: RunningWeather, paused: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pause(running, paused, PUBLISH)
    ear = weather.tour._Ear  # noqa: SLF001 - who waits for the topic
    monkeypatch.setattr(ear, "next", in_haste(ear.next))
    steps = steps_of(running)
    assert [step.as_expected for step in steps] == [True, False, True, True, False, True]
    assert steps[1].seen == f"nothing within {weather.tour.PATIENCE_SECONDS:.0f} s"
    assert steps[1].milliseconds is None


def test_a_replica_that_stays_is_reported(
    running: RunningWeather, paused: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pause(running, paused, DELETE)
    wait = weather.tour._wait_for  # noqa: SLF001 - who waits for the cache
    gone = in_haste(wait)

    def wait_for(look: Callable[[], LocationState], expected: LocationState) -> Any:
        return (gone if expected is LocationState.ABSENT else wait)(look, expected)

    monkeypatch.setattr(weather.tour, "_wait_for", wait_for)
    steps = steps_of(running)
    assert [step.as_expected for step in steps] == [True] * 5 + [False]
    assert (steps[-1].expected, steps[-1].seen) == (LocationState.ABSENT, LocationState.LEFT_OVER)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"MOMENTO_CACHE_NAME": "nowhere"}, "there is no such cache"),
        ({"NAME_PREFIX": "nowhere"}, "there is no table nowhere"),
        ({"MOMENTO_ENDPOINT_URL": "http://127.0.0.1:{port}"}, "Momento at .*: no connection"),
    ],
)
def test_what_cannot_be_reached_ends_the_tour(
    running: RunningWeather, change: dict[str, str], says: str
) -> None:
    """The error comes at once, without a wait for a Momento that is down."""
    port = unused_port()
    changed = {name: value.format(port=port) for name, value in change.items()}
    with pytest.raises(LiveError, match=says):
        steps_of(running.with_settings(**changed))
