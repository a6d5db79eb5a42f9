"""An existing table, given by its stream's ARN."""

import json

import cdktf
import pytest

from momento_pipes.mapping import Attribute, ItemMapping, KeySchema, StreamView, TopicMessage
from momento_pipes.monitoring.metric import Metric
from momento_pipes.tables.existing_table import ExistingTable, ExistingTableError
from stacks.stack import MomentoStack
from tests.synthesized import Synthesized, read_settings

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


def test_a_pipeline_reads_it_and_makes_no_table() -> None:
    stack = MomentoStack(cdktf.Testing.app(), "news", read_settings())
    table = ExistingTable(stream_arn=STREAM_ARN, keys=KEYS)
    mapping = ItemMapping(topic=TopicMessage(topic="news"))
    stack.add_pipeline("news", source=table, mapping=mapping)
    found = Synthesized(cdktf.Testing.synth(stack))
    assert found.blocks("aws_dynamodb_table") == []
    assert found.one("aws_pipes_pipe")["source"] == STREAM_ARN
    policy = json.loads(found.one("aws_iam_role_policy")["policy"])
    (read,) = (one for one in policy["Statement"] if one["Sid"] == "ReadStream")
    assert STREAM_ARN in read["Resource"]
