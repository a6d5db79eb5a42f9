"""Which shards a run of the watch reads, in a stream that AWS has split."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from live.table import TableClient
from live.watch import changed_keys
from live.watch.changed_keys import PAGES, ChangedKeys, Memory
from tests.each import each

ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026-01-01T00:00:00.000"
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class SplitStream:
    """The client of a stream with open shards: each page has a next one, as AWS says.

    moto's streams have one shard.
    """

    def __init__(self, shards: int) -> None:
        self.shards: dict[str, list[int]] = {f"shard-{number}": [] for number in range(shards)}
        self.reads: list[str] = []
        self._number = 0

    def write(self, records: int) -> None:
        """Add records to each shard."""
        for shard in self.shards.values():
            for _ in range(records):
                self._number += 1
                shard.append(self._number)

    def describe_stream(self, **_: str) -> Any:
        """Answer with all shards."""
        return {"StreamDescription": {"Shards": [{"ShardId": name} for name in self.shards]}}

    def get_shard_iterator(self, **given: str) -> Any:
        """Answer with an iterator that names the shard and the number before the first record."""
        return {"ShardIterator": f"{given['ShardId']}/{given.get('SequenceNumber', 0)}"}

    def get_records(self, **given: Any) -> Any:
        """Answer with the records after the iterator's number."""
        name, after = given["ShardIterator"].split("/")
        self.reads.append(name)
        found = [number for number in self.shards[name] if number > int(after)][: given["Limit"]]
        return {
            "Records": [_record(number) for number in found],
            "NextShardIterator": f"{name}/{max(found, default=int(after))}",
        }


class Keys(TableClient):
    """A table of which only the key is asked for."""

    def __init__(self) -> None:
        self.keys = ("id",)


def _record(number: int) -> Any:
    images = {
        "Keys": {"id": {"N": str(number)}},
        "SequenceNumber": str(number),
        "ApproximateCreationDateTime": BEGAN + timedelta(seconds=number),
    }
    return {"eventName": "INSERT", "dynamodb": images}


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait between two reads."""
    monkeypatch.setattr(changed_keys, "PAUSE_SECONDS", 0.0)


def run(stream: SplitStream, memory: Memory) -> int:
    """Read once, and return how many keys were found."""
    stream.reads.clear()
    return len(ChangedKeys(stream, ARN, Keys(), memory).read())


@each(shards=[1, 4, 8, 10])
def test_each_run_reads_each_shard_that_its_pages_reach(shards: int) -> None:
    """Records come before each run. Every one is found in its run, and none is left."""
    stream, memory = SplitStream(shards), Memory()
    for _ in range(10):
        stream.write(5)
        assert run(stream, memory) == 5 * shards
        assert set(stream.reads) == set(stream.shards)
        assert len(stream.reads) <= PAGES


def test_more_shards_than_pages_are_read_in_turn_between_runs() -> None:
    """Twenty-five shards need three runs."""
    stream, memory = SplitStream(25), Memory()
    read: set[str] = set()
    for number in range(3):
        stream.write(5)
        run(stream, memory)
        assert len(stream.reads) == PAGES
        assert read.isdisjoint(stream.reads) or number == 2
        read |= set(stream.reads)
    assert read == set(stream.shards)


def test_a_busy_shard_does_not_keep_the_others_from_being_read() -> None:
    stream, memory = SplitStream(4), Memory()
    stream.shards["shard-0"] = list(range(1, 50_001))
    for name in ("shard-1", "shard-2", "shard-3"):
        stream.shards[name] = [60_000]
    run(stream, memory)
    assert set(memory.places) == set(stream.shards)
    assert len(stream.reads) == PAGES


def test_a_process_that_remembers_nothing_begins_at_a_random_shard() -> None:
    """Otherwise the shards after the tenth are never read, if Lambda keeps no process."""
    stream = SplitStream(25)
    read: set[str] = set()
    for _ in range(200):
        run(stream, Memory())
        read |= set(stream.reads)
    assert read == set(stream.shards)


def test_a_shard_that_is_gone_gives_its_turn_to_another() -> None:
    stream, memory = SplitStream(25), Memory()
    run(stream, memory)
    assert memory.turn is not None
    del stream.shards[memory.turn]
    stream.write(1)
    assert run(stream, memory) == PAGES


def test_a_quiet_shard_costs_one_page_once_its_place_is_known() -> None:
    stream, memory = SplitStream(2), Memory()
    stream.write(1)
    run(stream, memory)
    assert run(stream, memory) == 0
    assert sorted(stream.reads) == ["shard-0", "shard-1"]
