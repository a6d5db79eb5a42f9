"""Thirty tables with one endpoint: a loop over their names."""

from constructs import Construct

from stacks.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
from stacks.settings import Settings
from stacks.stack import MomentoStack

TABLES = """
    accounts addresses baskets brands campaigns carriers categories coupons customers deliveries
    discounts employees events invoices languages manufacturers messages notes offers pages
    payments prices products refunds returns reviews stocks stores suppliers taxes
""".split()  # noqa: SIM905 - names without quotes are easier to read and to add to


class ThirtyStack(MomentoStack):
    """Tables that differ in their names only, each with pipes, a role, a queue and logs of its own.

    They share the secret, the connection and the three API destinations, and so the rate limit
    of each destination. They share one cache, too, where an entry has the item's `Id` and nothing
    of its table: an id belongs to one item of all tables, such as `invoices#17`, or give each entry
    a cache of its table's own, `CacheEntry(cache=name, ...)`. Each table has its own topic.
    """

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        super().__init__(scope, id_, settings)
        key = Attribute("Id")
        for name in TABLES:
            mapping = ItemMapping(
                cache=CacheEntry(key=key, ttl=3_600), topic=TopicMessage(topic=name)
            )
            table = self.add_table(name, keys=KeySchema(key))
            self.add_pipeline(f"{name}-changes", source=table, mapping=mapping)
