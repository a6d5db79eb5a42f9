"""Open orders in the cache, and their changes on the topic."""

from constructs import Construct

from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
from stacks.settings import Settings
from stacks.stack import MomentoStack


class OrdersStack(MomentoStack):
    """Cache open orders by their number for an hour, and publish their changes.

    The table's key is customer and number. A pipe cannot join them, so the number is the cache key.
    Two customers may not have orders with the same number: `key_is_unique` confirms this.
    Only open orders are sent. When an order is shipped, its entry is deleted. The topic gets each
    change of an open order, and the removal of an open order.
    """

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        super().__init__(scope, id_, settings)
        customer, order, status = Attribute("Customer"), Attribute("OrderId"), Attribute("Status")
        due = {"amount": Attribute("Amount", "N"), "currency": Attribute("Currency")}
        cache = CacheEntry(key=order, key_is_unique=True, value={"id": order, "due": due}, ttl=3600)
        topic = TopicMessage(topic=settings.topic_name, value=[customer, order, status])
        mapping = ItemMapping(cache=cache, topic=topic, where={status: ["open"]})
        table = self.add_table("orders", keys=KeySchema(customer, order))
        self.add_pipeline("order-changes", source=table, mapping=mapping, largest_item=4_000)
