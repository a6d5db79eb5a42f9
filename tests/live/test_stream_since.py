"""A read continues where the last read ended, and ends at the present, also for a busy table."""

import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live.stream import CLOCK_SECONDS, StreamReader

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/items/stream/2026"
MOST_READS = 500
"""A reader that asks more often would never end."""


class Shards:
    """A client of a stream in memory: the times of each shard's records, in seconds.

    A record's sequence number is 100 more than its place. Shards in `closed` have ended. `parents`
    has the shard before a shard.
    """

    def __init__(
        self,
        times: dict[str, list[float]],
        closed: tuple[str, ...] = (),
        parents: Mapping[str, str] | None = None,
    ) -> None:
        self.parents = parents or {}
        self.times = times
        self.closed = closed
        self.trimmed = 0
        self.page = 2
        self.given: list[tuple[str, int]] = []
        self.reads = 0

    def describe_stream(self, **_: object) -> Any:
        """Return all shards."""
        ranges: dict[str, dict[str, str]] = {name: {} for name in self.times}
        for name in self.times:
            ranges[name]["StartingSequenceNumber"] = "100"
            if name in self.closed:
                ranges[name]["EndingSequenceNumber"] = str(99 + len(self.times[name]))
        shards = [
            {"ShardId": name, "SequenceNumberRange": ranges[name]}
            | ({"ParentShardId": self.parents[name]} if name in self.parents else {})
            for name in self.times
        ]
        return {"StreamDescription": {"Shards": shards}}

    def get_shard_iterator(self, **asked: Any) -> Any:
        """Return a place as `shard/number`."""
        number = int(asked.get("SequenceNumber", 100)) - 100
        if asked["ShardIteratorType"] == "AFTER_SEQUENCE_NUMBER":
            number += 1
            if number <= self.trimmed:
                raise ClientError({"Error": {"Code": "TrimmedDataAccessException"}}, "Get")
        return {"ShardIterator": f"{asked['ShardId']}/{number}"}

    def get_records(self, *, ShardIterator: str, Limit: int) -> Any:  # noqa: N803 - AWS's names
        """Return a page of records."""
        self.reads += 1
        assert self.reads < MOST_READS, "it reads for ever"
        shard, _, at = ShardIterator.partition("/")
        times = self.times[shard]
        end = min(int(at) + min(Limit, self.page), len(times))
        records = []
        for number in range(int(at), end):
            self.given.append((shard, number))
            records.append(
                {
                    "eventName": "INSERT",
                    "dynamodb": {
                        "Keys": {"Id": {"S": str(number)}},
                        "SequenceNumber": str(100 + number),
                        "ApproximateCreationDateTime": datetime.fromtimestamp(times[number], UTC),
                    },
                }
            )
        over = shard in self.closed and end == len(times)
        return {"Records": records} | ({} if over else {"NextShardIterator": f"{shard}/{end}"})


def since(
    client: Shards, at: float, again: float, places: dict[str, str], **options: Any
) -> list[float]:
    """Return the times of the records that a read yields."""
    stop = options.get("stop", threading.Event())
    found = StreamReader(client).since(ARN, at, again=again, places=places, stop=stop)
    return [float(one["dynamodb"]["ApproximateCreationDateTime"]) for one in found]


def test_a_read_continues_where_the_last_read_ended() -> None:
    client = Shards({"a": [10, 20, 30, 40], "b": [15, 25]})
    places: dict[str, str] = {}
    assert since(client, 20, 30, places) == [20, 30, 40, 25]
    client.times["a"] += [50]
    client.given.clear()
    assert since(client, 30, 45, places) == [30, 40, 50]
    assert client.given == [("a", 2), ("a", 3), ("a", 4)]


def test_a_shard_that_ended_before_is_not_read() -> None:
    client = Shards({"old": [1.0] * 50 + [5], "new": [15]}, closed=("old",))
    places: dict[str, str] = {}
    assert since(client, 10, 12, places) == [15]
    assert [shard for shard, _ in client.given].count("old") == 1
    client.given.clear()
    assert since(client, 12, 14, places) == [15]
    assert client.given == [("new", 0)]


def test_a_shard_that_ended_since_is_read_once() -> None:
    client = Shards({"a": [1, 11, 12]}, closed=("a",))
    places: dict[str, str] = {}
    assert since(client, 10, 20, places) == [11, 12]
    client.given.clear()
    assert since(client, 20, 30, places) == []
    assert client.given == []


def test_a_place_that_has_left_the_stream_is_the_beginning_of_the_shard() -> None:
    client = Shards({"a": [10, 20, 30]})
    places = {"a": "100"}
    client.trimmed = 1
    assert since(client, 5, 6, places) == [10, 20, 30]


def test_ctrl_c_ends_a_read() -> None:
    client = Shards({"a": [10.0] * 100})
    stop = threading.Event()
    stop.set()
    assert since(client, 5, 6, {}, stop=stop) == []
    assert client.reads == 1


class Busy(Shards):
    """A shard that has two more records at each read, each written 5 seconds later."""

    def __init__(self) -> None:
        super().__init__({"a": []})
        self._next: Iterator[int] = count()

    def get_records(self, **asked: Any) -> Any:
        """Write two records, and return them."""
        self.times["a"] += [self.began + 5 * next(self._next) for _ in range(2)]
        return super().get_records(**asked)

    began = 0.0


@pytest.mark.parametrize("look", ["all", "since"])
def test_a_busy_shard_is_read_up_to_now(look: str) -> None:
    client = Busy()
    client.began = time.time()
    reader = StreamReader(client)
    found = len(list(reader.all(ARN)) if look == "all" else since(client, 0, 0, {}))
    assert CLOCK_SECONDS / 5 < found < CLOCK_SECONDS
