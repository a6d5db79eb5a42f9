"""The stack of a shop: a table of orders, whose changes go to Momento."""

import os

os.environ.setdefault("AWS_BINDINGS", "trimmed,ssm_parameter")  # what momento_pipes does not use
import momento_pipes.bindings  # noqa: F401 - before cdktf: synth takes a second instead of ten

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.dynamodb_table import DynamodbTable
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
from momento_pipes.pipelines import MomentoPipelines
from momento_pipes.tables.existing_table import ExistingTable

URL = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"
ORDER, STATUS, TOTAL = Attribute("OrderId"), Attribute("Status"), Attribute("Total", "N")
CACHE = CacheEntry(key=ORDER, value=[ORDER, STATUS, TOTAL], ttl=3600)
TOPIC = TopicMessage(topic="orders", value=[ORDER, STATUS])
MAPPING = ItemMapping(cache=CACHE, topic=TOPIC, where={STATUS: ["open"]})
"""Open orders are cached for an hour. An order that is no longer open leaves the cache."""


class ShopStack(TerraformStack):
    """The table of orders, its name for other programs, and the pipeline to Momento."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        AwsProvider(self, "aws", region="us-east-1")
        table = DynamodbTable(
            self,
            "orders",
            name="shop-orders",
            billing_mode="PAY_PER_REQUEST",
            hash_key="OrderId",
            attribute=[{"name": "OrderId", "type": "S"}],
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
        )
        SsmParameter(self, "table-name", name="/shop/table", type="String", value=table.name)

        keys = KeySchema(ORDER)
        orders = ExistingTable(stream_arn=table.stream_arn, table_name="shop-orders", keys=keys)
        momento = MomentoPipelines(
            self, "momento", name="shop", region="us-east-1", url=URL, cache_name="shop"
        )
        momento.add("orders", source=orders, mapping=MAPPING, largest_item=4_000)
