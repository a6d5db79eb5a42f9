"""Records that a pipe may still deliver are found without reading the whole stream."""

import time
from types import SimpleNamespace
from typing import Any

from eventpipes.operations import PUT
from live.undelivered import UndeliveredRecords
from tests.live.test_stream_since import ARN, Shards

GIVEN_UP = 3_600


def undelivered(client: Shards) -> UndeliveredRecords:
    """Return the records of a stream whose put pipe gives a record up after an hour."""
    put = SimpleNamespace(gives_up_after=GIVEN_UP, process=lambda _: None)
    deployment: Any = SimpleNamespace(
        table=SimpleNamespace(key_of=lambda keys: keys),
        stream_arn=ARN,
        client=lambda _: client,
        pipes={PUT: put},
    )
    return UndeliveredRecords(deployment)


def a_day(now: float) -> Shards:
    """Return a stream with a shard for every four hours, each with a record a minute."""
    times = {
        f"{first} hours ago": [now - 60 * minutes for minutes in range(60 * first, 60 * last, -1)]
        for first, last in ((24, 20), (20, 16), (16, 12), (12, 8), (8, 4), (4, 0))
    }
    names = list(times)
    parents = dict(zip(names[1:], names, strict=False))
    return Shards(times, closed=tuple(names[:-1]), parents=parents)


def test_shards_that_ended_before_are_not_read() -> None:
    """Only the last record of the newest of them is read."""
    now = time.time()
    client = a_day(now)
    found = undelivered(client).until()
    assert len(found) == GIVEN_UP // 60 - 1, "a record a minute"
    assert min(found.values()) > now
    assert client.given.count(("8 hours ago", 239)) == 1
    assert {shard for shard, _ in client.given} == {"8 hours ago", "4 hours ago"}
    assert len(client.given) == 1 + 240


def test_a_known_place_is_where_reading_begins() -> None:
    client = a_day(time.time())
    of_all = undelivered(client).until()
    client.given.clear()
    places = {"4 hours ago": "270", "8 hours ago": "339"}
    assert undelivered(client).until(places=places).keys() == of_all.keys()
    assert client.given == [("4 hours ago", number) for number in range(171, 240)]
    assert places == {"4 hours ago": "270", "8 hours ago": "339"}, "they are somebody else's"


def test_only_the_keys_that_are_asked_for_are_found() -> None:
    found = undelivered(a_day(time.time())).until({"239"})
    assert list(found) == ["239"]
