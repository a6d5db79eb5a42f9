"""Sessions in the cache, each with its own time to live."""

from constructs import Construct

from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema
from stacks.settings import Settings
from stacks.stack import MomentoStack


class SessionsStack(MomentoStack):
    """Cache the sessions of users, and publish nothing.

    Two attributes say when a session ends. `SecondsToLive` is for Momento: the seconds to live from
    now on. `Expires` is for DynamoDB: a time in seconds since 1970. DynamoDB removes the item some
    time later. A pipe cannot calculate one from the other, so the application writes both.

    Only some items have `SecondsToLive`. A session without it, for example of a visitor who is not
    signed in, is not cached. If a session loses it, its entry is deleted. Without `where`, Momento
    would refuse the empty TTL, and each such item would become a dead letter.
    """

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        super().__init__(scope, id_, settings)
        session, user = Attribute("SessionId"), Attribute("User")
        lives, expires = Attribute("SecondsToLive", "N"), Attribute("Expires", "N")
        cache = CacheEntry(key=session, value=[user, expires], ttl=lives)
        mapping = ItemMapping(cache=cache, where={lives: [{"exists": True}]})
        table = self.add_table("sessions", keys=KeySchema(session), expires=expires)
        self.add_pipeline("session-changes", source=table, mapping=mapping, largest_item=4_000)
