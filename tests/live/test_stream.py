"""Records are found by shard and sequence number. Trimmed records are missing."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from live.stream import PAGE, StreamReader
from localcloud import LocalAws
from tests.ops.shared.repair.repair_cloud import GONE_SHARD, RepairCloud, keys


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws) -> Iterator[RepairCloud]:
    """Return a stack whose stream has more than two pages."""
    with RepairCloud(local_aws) as cloud:
        cloud.weather.put_all([(f"city {number}", number) for number in range(2 * PAGE + 10)])
        for number in (1, 2):
            cloud.weather.delete(f"city {number}")
        yield cloud


class Counting:
    """A client that counts its reads. A test can make it fail or leave records out."""

    def __init__(self, client: Any, error: str = "", trimmed: int = 0) -> None:
        self._client = client
        self._error = error
        self._trimmed = trimmed
        self.reads = 0

    def get_records(self, **arguments: Any) -> Any:
        """Read a page."""
        self.reads += 1
        if self._error:
            raise ClientError({"Error": {"Code": self._error}}, "GetRecords")
        page = self._client.get_records(**arguments)
        return page | {"Records": page["Records"][self._trimmed :]}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def numbers(cloud: RepairCloud) -> list[str]:
    """Return all sequence numbers."""
    return [record["dynamodb"]["SequenceNumber"] for record in cloud.weather.records()]


def test_a_record_is_as_its_pipe_reads_it(deployed: RepairCloud) -> None:
    number = numbers(deployed)[3]
    arn = deployed.weather.stream_arn
    records = StreamReader(deployed.weather.streams).records(arn, deployed.shard, number, number)
    assert records is not None
    (record,) = records
    assert record["dynamodb"]["Keys"] == keys("city 3")
    assert record["eventSourceARN"] == arn
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], int)


def test_neighbours_are_read_once(deployed: RepairCloud) -> None:
    client = Counting(deployed.weather.streams)
    stream = StreamReader(client)
    arn = deployed.weather.stream_arn
    for number in numbers(deployed)[:PAGE]:
        assert stream.records(arn, deployed.shard, number, number)
    assert client.reads == 1


def test_a_range_of_records_can_span_pages(deployed: RepairCloud) -> None:
    found = numbers(deployed)
    stream = StreamReader(deployed.weather.streams)
    records = stream.records(deployed.weather.stream_arn, deployed.shard, found[5], found[-5])
    assert records is not None
    assert [record["dynamodb"]["SequenceNumber"] for record in records] == found[5:-4]


def test_unknown_shards_and_records_are_not_found(deployed: RepairCloud) -> None:
    number = numbers(deployed)[0]
    last = numbers(deployed)[-1]
    arn = deployed.weather.stream_arn
    stream = StreamReader(deployed.weather.streams)
    assert stream.records(arn, GONE_SHARD, number, number) is None
    assert stream.records(arn, deployed.shard, "1", "1") is None
    assert stream.records(arn, deployed.shard, number, str(int(last) + 1)) is None
    other = arn.replace("weather-stats-demo", "no-table")
    assert stream.records(other, deployed.shard, number, number) is None


@pytest.mark.parametrize("code", ["TrimmedDataAccessException", "ResourceNotFoundException"])
def test_trimmed_records_are_missing_records(deployed: RepairCloud, code: str) -> None:
    number = numbers(deployed)[0]
    stream = StreamReader(Counting(deployed.weather.streams, code))
    assert stream.records(deployed.weather.stream_arn, deployed.shard, number, number) is None


def test_a_batch_without_its_first_record_is_incomplete(deployed: RepairCloud) -> None:
    found = numbers(deployed)
    stream = StreamReader(Counting(deployed.weather.streams, trimmed=1))
    arn = deployed.weather.stream_arn
    assert stream.records(arn, deployed.shard, found[0], found[3]) is None


def test_another_failure_is_not_taken_for_a_trimmed_record(deployed: RepairCloud) -> None:
    number = numbers(deployed)[0]
    stream = StreamReader(Counting(deployed.weather.streams, "AccessDeniedException"))
    with pytest.raises(ClientError):
        stream.records(deployed.weather.stream_arn, deployed.shard, number, number)


def test_all_records_are_returned_in_their_order(deployed: RepairCloud) -> None:
    found = StreamReader(deployed.weather.streams).all(deployed.weather.stream_arn)
    assert [one["dynamodb"]["SequenceNumber"] for one in found] == numbers(deployed)
