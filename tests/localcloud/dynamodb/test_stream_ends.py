"""A disabled stream, and the stream that is enabled after it, tested through boto3.

Sources: DynamoDB's API model, UpdateTable (`StreamSpecification`: what is refused), and the
Developer Guide, "Enabling a stream" (a new stream has another descriptor; the old one can be read).
"""

from collections.abc import Mapping

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.dynamodb.conftest import ITEM, StreamedTable

OFF = {"StreamEnabled": False}
NEW_IMAGE = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


def change(table: StreamedTable, specification: Mapping[str, object]) -> dict[str, object]:
    """Change the table's stream; return the table's description."""
    table.dynamodb.update_table(TableName=table.name, StreamSpecification=specification)
    described: dict[str, object] = table.dynamodb.describe_table(TableName=table.name)["Table"]
    return described


def test_a_disabled_stream_takes_no_records_and_can_be_read(table: StreamedTable) -> None:
    table.put(ITEM)
    described = change(table, OFF)
    table.put(ITEM | {"n": {"N": "2"}})
    assert [kind for kind, *_ in table.changes()] == ["INSERT"]
    assert "StreamSpecification" not in described
    assert described["LatestStreamArn"] == table.arn
    stream = table.streams.describe_stream(StreamArn=table.arn)["StreamDescription"]
    assert (stream["StreamStatus"], stream["StreamViewType"]) == ("DISABLED", "NEW_AND_OLD_IMAGES")
    assert "EndingSequenceNumber" in stream["Shards"][0]["SequenceNumberRange"]


def test_the_shard_of_a_disabled_stream_ends(table: StreamedTable) -> None:
    """A waiting reader gets the remaining records, and then no iterator."""
    waiting = table.iterator("LATEST")
    table.put(ITEM)
    change(table, OFF)
    page = table.streams.get_records(ShardIterator=waiting)
    assert len(page["Records"]) == 1
    assert "NextShardIterator" not in table.streams.get_records(
        ShardIterator=page["NextShardIterator"]
    )


def test_the_next_stream_has_its_own_arn_and_view_type(table: StreamedTable) -> None:
    table.put(ITEM)
    change(table, OFF)
    described = change(table, NEW_IMAGE)
    old, new = table.arn, str(described["LatestStreamArn"])
    assert new != old
    assert new.endswith(f"/stream/{described['LatestStreamLabel']}")
    assert described["StreamSpecification"] == NEW_IMAGE
    changed = ITEM | {"n": {"N": "2"}}
    table.put(changed)
    assert [kind for kind, *_ in table.changes()] == ["INSERT"]
    table.arn = new
    assert table.changes() == [("MODIFY", None, changed)]
    listed = table.streams.list_streams(TableName=table.name)["Streams"]
    assert {one["StreamArn"] for one in listed} == {old, new}


@pytest.mark.parametrize(
    ("before", "specification", "says"),
    [
        ([], NEW_IMAGE, "Table already has an enabled stream"),
        ([OFF], OFF, "Table has no stream to disable"),
    ],
)
def test_enabling_an_enabled_stream_or_disabling_a_disabled_one_is_refused(
    table: StreamedTable,
    before: list[Mapping[str, object]],
    specification: Mapping[str, object],
    says: str,
) -> None:
    for one in before:
        change(table, one)
    with pytest.raises(ClientError, match=says) as refused:
        change(table, specification)
    assert refused.value.response["Error"]["Code"] == "ValidationException"


def test_an_unknown_stream_is_not_found(table: StreamedTable) -> None:
    with pytest.raises(ClientError) as refused:
        table.streams.describe_stream(StreamArn=f"{table.arn}0")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
