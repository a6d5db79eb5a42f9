"""The construct that adds pipelines to a stack with nothing else of this project."""

import json
from typing import Any

import cdktf
import pytest

from momento_pipes.access.protection import PRODUCTION, Protection
from momento_pipes.bindings import AwsProvider, DynamodbTable
from momento_pipes.errors import StackError
from momento_pipes.judgement import judgement
from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
from momento_pipes.pipelines import MomentoPipelines
from momento_pipes.tables.existing_table import ExistingTable
from momento_pipes.topology import Topology
from tests.synthesized import ENDPOINT

KEY = Attribute("Id")
MAPPING = ItemMapping(
    cache=CacheEntry(key=KEY, value=[KEY], ttl=60), topic=TopicMessage(topic="t", value=[KEY])
)


class Shop(cdktf.TerraformStack):
    """A stack with a table and the pipelines of two ids."""

    def __init__(
        self, topology: Topology, protection: Protection, *, names: tuple[str | None, ...] = (None,)
    ) -> None:
        super().__init__(cdktf.Testing.app(), "shop")
        AwsProvider(self, "aws", region="eu-west-1")
        table = DynamodbTable(self, "account", name="items", hash_key="Id", stream_enabled=True)
        source = ExistingTable(stream_arn=table.stream_arn, table_name="items", keys=KeySchema(KEY))
        self.momento = MomentoPipelines(
            self,
            "momento",
            name="shop",
            region="eu-west-1",
            url=ENDPOINT,
            cache_name="shop",
            topology=topology,
            protection=protection,
            iam_settle_seconds=7,
        )
        for number, name in enumerate(names):
            self.momento.add(
                f"p{number}", source=source, mapping=MAPPING, name=name, largest_item=1_000
            )

    def document(self) -> Any:
        """Return the synthesized JSON, parsed."""
        return json.loads(cdktf.Testing.synth(self))


@pytest.mark.parametrize("topology", Topology)
@pytest.mark.parametrize("protection", [Protection(), PRODUCTION], ids=["demo", "production"])
def test_aws_accepts_the_stack_in_each_topology(topology: Topology, protection: Protection) -> None:
    document = Shop(topology, protection).document()
    assert judgement.check(document).errors == []
    names = {pipe["name"] for pipe in document["resource"]["aws_pipes_pipe"].values()}
    assert names <= {
        f"shop-p0-{one}-pipe" for one in ("cache-put", "topic-publish", "cache-delete", "changes")
    }
    assert ("aws_kms_key" in document["resource"]) is protection.own_key


def test_variables_have_the_same_names_as_in_a_stack_of_this_repository() -> None:
    variables = Shop(Topology.WORKFLOW, Protection()).document()["variable"]
    assert set(variables) == {"iam_settle_seconds", "momento_api_key", "momento_api_key_version"}
    assert variables["iam_settle_seconds"]["default"] == 7


def test_two_pipelines_with_one_name_are_refused() -> None:
    with pytest.raises(StackError, match="two pipelines of the stack shop have the name orders"):
        Shop(Topology.WORKFLOW, Protection(), names=("orders", "orders"))


def test_too_many_readers_are_a_warning_about_all_pipelines() -> None:
    """The pipelines share the stream, so it is known only when both exist."""
    stack = Shop(Topology.WORKFLOW, Protection(), names=(None, None, None))
    stack.document()
    notes = stack.momento.node.find_child("advice").node.metadata
    assert [note.type for note in notes] == ["@cdktf/warn"]
    assert "3 pipes read each shard" in str(notes[0].data)
    quiet = Shop(Topology.WORKFLOW, Protection())
    quiet.document()
    assert quiet.momento.node.find_child("advice").node.metadata == []
