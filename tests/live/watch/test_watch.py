"""What one run of the watch finds: table and cache are real, only the pipes do not run."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.responses import Response

from live.entry_state import CHANGING
from live.errors import LiveError
from live.watch.changed_keys import Changed, Memory
from live.watch.errors import WatchError
from live.watch.given import Given
from live.watch.look import EXPIRED, KeyLook, Subject
from live.watch.watch import PipeLag
from localcloud import LocalAws
from tests.each import each
from tests.live.watch.watched import Watched
from tests.localcloud.arrivals import Arrivals


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws) -> Iterator[Watched]:
    """Return the deployed pipeline."""
    with Watched(local_aws) as watched:
        yield watched


@pytest.fixture
def watched(deployed: Watched) -> Watched:
    """Return the pipeline with an empty table and an empty cache."""
    deployed.clear()
    return deployed


def test_right_entries_are_in_sync_and_nothing_waits(watched: Watched) -> None:
    memory = watched.memory()
    for name in ("Oslo", "Rome"):
        watched.weather.put(name)
        watched.deliver(name)
    found = watched.look(memory)
    assert dict(found.counts) == {"in sync": 2}
    assert {value for value, _ in found.metrics.values()} == {0}
    assert watched.slept == []


def test_a_stale_a_missing_and_a_left_over_entry_are_counted(watched: Watched) -> None:
    """They are looked at twice, with the settling time between."""
    memory = watched.memory()
    for name in ("Oslo", "Rome", "Bonn"):
        watched.weather.put(name)
    watched.cache("Oslo", "another value")
    watched.weather.delete("Bonn")
    watched.cache("Bonn", "the value before its removal")
    found = watched.look(memory)
    assert sorted(found.wrong) == ["left over: Bonn", "missing: Rome", "stale: Oslo"]
    assert found.metrics["StaleEntries"] == (2, "Count")
    assert found.metrics["MissingEntries"] == (1, "Count")
    assert watched.slept == [30.0]


def test_an_entry_is_left_over_if_its_pipe_deletes_by_the_old_image(watched: Watched) -> None:
    """The table no longer has the image; the stream told it."""
    pipes = watched.weather.pipes
    name = next(one for one in watched.weather.definitions if "delete" in one.name).name
    before = pipes.describe_pipe(Name=name)
    pattern = {"eventName": ["REMOVE"], "dynamodb": {"OldImage": {"MinTemp": {"N": ["9"]}}}}

    def filter_by(criteria: Any) -> None:
        parameters: Any = {"FilterCriteria": criteria}
        pipes.update_pipe(Name=name, RoleArn=before["RoleArn"], SourceParameters=parameters)

    filter_by({"Filters": [{"Pattern": json.dumps(pattern)}]})
    try:
        memory = watched.memory()
        watched.weather.put("Bonn", MinTemp=9)
        watched.weather.delete("Bonn")
        watched.cache("Bonn", "the value before its removal")
        assert watched.look(memory).wrong == ["left over: Bonn"]
    finally:
        filter_by(before["SourceParameters"]["FilterCriteria"])


def test_an_entry_that_arrives_in_the_settling_time_is_right(watched: Watched) -> None:
    """It was late, so there is a lag."""
    memory = watched.memory()
    began = time.time()
    watched.weather.put("Oslo")
    later = time.time() + 7
    found = watched.look(memory, settled=lambda: watched.deliver("Oslo"), now=lambda: later)
    assert dict(found.counts) == {"in sync": 1}
    assert 6 <= found.put_lag <= later - began + 2
    assert found.delete_lag == 0


def test_an_item_that_changes_in_the_settling_time_is_not_judged(watched: Watched) -> None:
    memory = watched.memory()
    watched.weather.put("Oslo")
    found = watched.look(memory, settled=lambda: watched.weather.put("Oslo", MaxTemp=30))
    assert dict(found.counts) == {CHANGING: 1}
    assert found.metrics["MissingEntries"] == (0, "Count")


def test_a_missing_entry_whose_ttl_may_be_over_is_not_missing(watched: Watched) -> None:
    """Of an item that only the scan found, nobody knows when its TTL began."""
    watched.weather.put("Oslo", ttl=60)
    memory = watched.memory()
    assert dict(watched.look(memory).counts) == {EXPIRED: 1}


def test_a_missing_entry_counts_only_until_its_ttl_is_over(watched: Watched) -> None:
    memory = watched.memory()
    watched.weather.put("Oslo", ttl=60)
    began = time.time()
    again = Memory(places=dict(memory.places))
    assert dict(watched.look(memory, now=lambda: began + 50).counts) == {"missing": 1}
    assert dict(watched.look(again, now=lambda: began + 70).counts) == {EXPIRED: 1}


def test_a_stale_entry_is_found_by_the_sample_alone(watched: Watched) -> None:
    """Its item was written long ago, so the stream says nothing of it."""
    watched.weather.put("Oslo")
    watched.cache("Oslo", "another value")
    memory = watched.memory()
    assert watched.look(memory).wrong == ["stale: Oslo"]


def test_a_wrong_key_is_looked_at_again_in_the_next_run(watched: Watched) -> None:
    """The sample has other items by then."""
    memory = watched.memory()
    watched.weather.put("Oslo")
    watched.weather.delete("Oslo")
    watched.cache("Oslo", "left over")
    assert watched.look(memory).wrong == ["left over: Oslo"]
    assert watched.look(memory).wrong == ["left over: Oslo"]
    watched.forget("Oslo")
    assert dict(watched.look(memory).counts) == {"in sync": 1}
    assert dict(watched.look(memory).counts) == {}


def seen(at: float, state: str) -> KeyLook:
    """Return a look at a key that was changed at this time."""
    key = {"Location": {"S": f"{at}"}}
    return KeyLook(Subject(key, Changed(key, at)), key, state)


@each(
    looks=[
        ([], 0),
        ([(10, "in sync")], 0),
        ([(10, "missing"), (20, "stale")], 90),
        ([(10, "in sync"), (20, "missing"), (30, "missing")], 80),
        ([(10, "missing"), (20, "in sync"), (30, "stale")], 70),
        ([(10, "missing"), (20, "in sync")], 0),
        ([(10, EXPIRED), (20, "left out")], 0),
    ]
)
def test_a_lag_begins_after_the_newest_change_that_was_delivered(
    looks: tuple[list[tuple[float, str]], float],
) -> None:
    """What is wrong and older stays wrong: it is stale, and no lag."""
    lag = PipeLag()
    for at, state in looks[0]:
        lag.note(seen(at, state))
    assert lag.seconds(100) == looks[1]


def test_a_run_sends_no_more_requests_than_its_budget(watched: Watched) -> None:
    memory = watched.memory()
    for number in range(30):
        watched.weather.put(f"place {number}")
    arrivals = Arrivals()
    watched.momento.service.interfere = arrivals
    found = watched.look(memory, requests=10, items=30)
    assert len(arrivals) == 10
    assert {one.method for one in arrivals} == {"GET"}
    assert found.left == 30 - found.counts.total()


def test_without_an_answer_of_momento_there_are_no_metrics(watched: Watched) -> None:
    """A zero would say that all is well."""
    for number in range(5):
        watched.weather.put(f"place {number}")
    arrivals = Arrivals()
    for number in range(5):
        arrivals.answer(f"place {number}", 500, 500)
    watched.momento.service.interfere = arrivals
    with pytest.raises(WatchError, match="Momento does not answer: Momento answers HTTP 500"):
        watched.look(watched.memory())
    assert len(arrivals) == 6


def test_a_run_that_could_read_too_few_keys_fails(watched: Watched) -> None:
    memory = watched.memory()
    watched.weather.put("Oslo")
    arrivals = Arrivals()
    arrivals.answer("Oslo", 500, 500)
    watched.momento.service.interfere = arrivals
    with pytest.raises(WatchError, match="1 of 1 keys could not be read: unknown: Oslo"):
        watched.look(memory)


def test_without_a_connection_the_run_fails(watched: Watched) -> None:
    for number in range(3):
        watched.weather.put(f"place {number}")
    with pytest.raises(WatchError, match="no connection"):
        watched.look(watched.memory(), redirect="http://127.0.0.1:9")


def test_without_a_key_the_run_fails_and_says_what_to_do(watched: Watched) -> None:
    with pytest.raises(WatchError, match=r"the secret empty has no key yet: set MOMENTO_READ"):
        watched.look(Memory(), secret="empty")  # noqa: S106 - a name


def test_a_key_that_may_not_read_fails_the_run(watched: Watched) -> None:
    watched.weather.put("Oslo")
    arrivals = Arrivals()
    arrivals.answer("Oslo", Response("no permission", status_code=403))
    watched.momento.service.interfere = arrivals
    with pytest.raises(WatchError, match=r"HTTP 403 no permission: the key in the watch's secret"):
        watched.look(watched.memory())


def test_a_pipe_that_is_gone_fails_the_run(watched: Watched) -> None:
    with pytest.raises(LiveError, match="AWS answered"):
        watched.look(Memory(), pipes={"cache-put": "gone"})


def test_an_incomplete_environment_is_explained() -> None:
    with pytest.raises(WatchError, match=r"KeyError\('WATCH_PIPELINE'\).*run ./help.sh deploy"):
        Given.read({})
