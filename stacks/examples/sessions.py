"""Sessions in the cache, each with its own time to live."""

from constructs import Construct

from stacks.mapping import Attribute, CacheEntry, ItemMapping, KeySchema
from stacks.settings import Settings
from stacks.stack import MomentoStack


class SessionsStack(MomentoStack):
    """Sessions of users, cached and not published.

    Two attributes say when a session ends. `SecondsToLive` is for Momento: the seconds to live from
    now on. `Expires` is for DynamoDB: a time in seconds since 1970, some time after which DynamoDB
    removes the item. A pipe cannot calculate one from the other, so the writer of a session writes
    both.

    Only some items have `SecondsToLive`. A session without it (of a visitor who has not signed in,
    for example) is not cached, and a session that loses it leaves the cache. Without `where`,
    Momento would refuse an empty time to live, and each such item would become a dead letter.
    """

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        super().__init__(scope, id_, settings)
        session, user = Attribute("SessionId"), Attribute("User")
        lives, expires = Attribute("SecondsToLive", "N"), Attribute("Expires", "N")
        cache = CacheEntry(key=session, value=[user, expires], ttl=lives)
        mapping = ItemMapping(cache=cache, where={lives: [{"exists": True}]})
        table = self.add_table("sessions", keys=KeySchema(session), expires=expires)
        self.add_pipeline("session-changes", source=table, mapping=mapping, largest_item=4_000)
