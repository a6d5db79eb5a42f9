"""Thirty tables with one endpoint, created in a loop over their names."""

from constructs import Construct

from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
from stacks.settings import Settings
from stacks.stack import MomentoStack

TABLES = """
    accounts addresses baskets brands campaigns carriers categories coupons customers deliveries
    discounts employees events invoices languages manufacturers messages notes offers pages
    payments prices products refunds returns reviews stocks stores suppliers taxes
""".split()  # noqa: SIM905 - a list without quotes is easier to read and to extend


class ThirtyStack(MomentoStack):
    """Tables that differ only in their names, each with its own pipes, role, queue and logs.

    They share the secret, the connection, the three API destinations and their rate limits. They
    also share one cache, and its keys are the items' `Id`. So two tables may not have the same id:
    use ids such as `invoices#17`, or a cache for each table, `CacheEntry(cache=name, ...)`. Each
    table has its own topic.
    """

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        super().__init__(scope, id_, settings)
        key = Attribute("Id")
        for name in TABLES:
            mapping = ItemMapping(
                cache=CacheEntry(key=key, ttl=3_600), topic=TopicMessage(topic=name)
            )
            table = self.add_table(name, keys=KeySchema(key))
            self.add_pipeline(f"{name}-changes", source=table, mapping=mapping, largest_item=4_000)
