"""Sessions in the cache, each for as long as it says itself."""

from constructs import Construct

from stacks.mapping import Attribute, CacheEntry, ItemMapping, KeySchema
from stacks.settings import Settings
from stacks.stack import MomentoStack


class SessionsStack(MomentoStack):
    """Sessions of users, cached and not published.

    Two attributes say when a session ends. Momento takes the seconds to live from now on,
    `SecondsToLive`; DynamoDB removes an item at a time in seconds since 1970, `Expires`, and
    some time after it. A pipe cannot subtract one from the other, so who writes a session writes
    both.

    `SecondsToLive` is on some items only: a session without it (of a visitor, say, who has not
    signed in) is not cached, and one that loses it leaves the cache. Without `where`, Momento
    would refuse an empty time to live, and each such item would become a dead letter.
    """

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        super().__init__(scope, id_, settings)
        session, user = Attribute("SessionId"), Attribute("User")
        lives, expires = Attribute("SecondsToLive", "N"), Attribute("Expires", "N")
        cache = CacheEntry(key=session, value=[user, expires], ttl=lives)
        mapping = ItemMapping(cache=cache, where={lives: [{"exists": True}]})
        table = self.add_table("sessions", keys=KeySchema(session), expires=expires)
        self.add_pipeline("session-changes", source=table, mapping=mapping)
