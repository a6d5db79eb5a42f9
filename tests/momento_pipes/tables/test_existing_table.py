"""An existing table, given by its stream's ARN."""

import cdktf
import pytest

from momento_pipes.mapping import Attribute, KeySchema, StreamView
from momento_pipes.monitoring.metric import Metric
from momento_pipes.tables.existing_table import ExistingTable, ExistingTableError

KEYS = KeySchema(Attribute("Id"))
TABLE = "arn:aws:dynamodb:eu-west-1:210987654321:table/my.table-1"
STREAM_ARN = f"{TABLE}/stream/2026-01-31T12:00:00.000"
KEY_ARN = "arn:aws:kms:eu-west-1:210987654321:key/k"


def test_table_name_comes_from_the_streams_arn() -> None:
    table = ExistingTable(stream_arn=STREAM_ARN, keys=KEYS, view=StreamView.KEYS_ONLY)
    assert table.name == "my.table-1"
    assert (table.stream.keys, table.stream.view) == (KEYS, StreamView.KEYS_ONLY)
    assert table.metric("ReadThrottleEvents") == Metric(
        namespace="AWS/DynamoDB",
        name="ReadThrottleEvents",
        dimensions={"TableName": "my.table-1"},
        statistic="Sum",
    )


@pytest.mark.parametrize(("replicated", "readers"), [(False, 2), (True, 1)])
def test_global_table_allows_one_reader_less(*, replicated: bool, readers: int) -> None:
    table = ExistingTable(stream_arn=STREAM_ARN, keys=KEYS, global_table=replicated)
    assert table.advised_readers == readers


@pytest.mark.parametrize("arn", ["", "my-table", TABLE, f"{TABLE}/stream/", f"{STREAM_ARN} "])
def test_other_arn_is_refused_with_the_command_to_get_it(arn: str) -> None:
    with pytest.raises(ExistingTableError, match=r"not a stream's ARN\..* dynamodb describe-table"):
        ExistingTable(stream_arn=arn, keys=KEYS)


def test_arn_that_is_unknown_at_synth_needs_the_table_name() -> None:
    arn = cdktf.Token.as_string({"Ref": "table"})
    with pytest.raises(
        ExistingTableError, match="known only after the deployment; add table_name="
    ):
        ExistingTable(stream_arn=arn, keys=KEYS)
    assert ExistingTable(stream_arn=arn, keys=KEYS, table_name="later").name == "later"


def test_a_pipe_may_read_the_stream_and_nothing_else() -> None:
    (read,) = ExistingTable(stream_arn=STREAM_ARN, keys=KEYS).stream_read()
    assert read.resources == [STREAM_ARN]
    assert all(one.startswith("dynamodb:") for one in read.actions)


@pytest.mark.parametrize(
    ("arn", "region"), [(STREAM_ARN, "eu-west-1"), (cdktf.Token.as_string({"Ref": "table"}), "*")]
)
def test_a_pipe_may_use_the_tables_key_through_dynamodb_only(arn: str, region: str) -> None:
    table = ExistingTable(stream_arn=arn, keys=KEYS, kms_key_arn=KEY_ARN, table_name="t")
    _, decrypt = table.stream_read()
    assert (decrypt.actions, decrypt.resources) == (["kms:Decrypt"], [KEY_ARN])
    assert decrypt.conditions == {
        "StringLike": {"kms:ViaService": f"dynamodb.{region}.amazonaws.com"}
    }
