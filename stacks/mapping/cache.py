"""How items become entries of a Momento cache, and how the entries go again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks.mapping.attribute import Attribute
from stacks.mapping.errors import MappingError
from stacks.mapping.narrowing import WRITTEN, Narrowing
from stacks.mapping.record import Field, Stream, path
from stacks.mapping.route import DELETE, PUT, Route
from stacks.mapping.value import Value, template

MAX_TTL_SECONDS = 86_400
"""How long Momento keeps an item, unless it has raised the account's limit."""
REASONS = {
    "BOOL": "has two values only",
    "NULL": "has one value only",
    "M": "is a map: use a member of it",
    "L": "is a list: use an element of it",
}


@dataclass(frozen=True, kw_only=True)
class CacheEntry:
    """An item's entry in the cache: put when it is written, deleted when it is removed.

    `key` is the table's key or another attribute (S or N; B is sent as `key_base64`). If it is
    not the whole primary key, `key_is_unique` says that no two items share it. `value` is what
    is put (default: the item, in DynamoDB JSON); `ttl` the seconds to live, or the attribute
    that holds them. `cache` is the cache's name (default: the endpoint's). `put` and `delete`
    say which of both is done.

    An item without the attribute that is its key has no entry, and becomes no dead letter.

    See Momento: HTTP API for Cache, "Set" and "Delete".
    """

    key: Attribute
    value: Value = Field.NEW_IMAGE
    ttl: Attribute | int | None = None
    cache: str | None = None
    key_is_unique: bool = False
    put: bool = True
    delete: bool = True

    def routes(self, *, cache: str, stream: Stream, narrowing: Narrowing) -> Mapping[str, Route]:
        """Return the routes by operation.

        Raises:
            MappingError: requests made so would fail, or overwrite each other.

        """
        self._check_key(stream)
        cache = self.cache or cache
        present = None if stream.keys.has(self.key) else self.key
        found = {}
        if self.put:
            found[PUT] = Route(
                patterns=narrowing.of(WRITTEN, present),
                input_template=template(self.value, stream=stream, events=WRITTEN),
                path_parameters=(cache,),
                query_string_parameters={
                    **self._key_parameter(stream, WRITTEN),
                    "ttl_seconds": self._ttl(stream),
                },
            )
        if self.delete:
            left = narrowing.left(present)
            removed = ("MODIFY", "REMOVE") if left else ("REMOVE",)
            # What was removed is deleted whether it matched or not: an entry may be older.
            found[DELETE] = Route(
                patterns=(*Narrowing({}, stream).of(("REMOVE",), present), *left),
                path_parameters=(cache,),
                query_string_parameters=self._key_parameter(stream, removed),
            )
        if not found:
            raise MappingError(
                "the cache entry is neither put nor deleted; leave out cache=, or one of"
                " put=False and delete=False"
            )
        return found

    def warnings(self, stream: Stream) -> Iterator[str]:
        """Yield what the routes cannot do, a sentence each."""
        if self.put and not stream.keys.has(self.key):
            yield (
                f"When {self.key} of an item changes, the entry under its old value stays in the"
                " cache until its TTL ends: a pipe sends one request for a change."
            )
        if isinstance(self.ttl, int) and self.ttl > MAX_TTL_SECONDS:
            yield (
                f"The TTL is {self.ttl} seconds; Momento keeps an item for {MAX_TTL_SECONDS}"
                " unless it has raised the limit of your account."
            )

    def _check_key(self, stream: Stream) -> None:
        if self.key.type not in ("S", "N", "B"):
            why = REASONS.get(self.key.type, "is a set")
            raise MappingError(
                f"the cache's key is {self.key}, which {why}; a key is a string (S), a number"
                " (N) or binary (B)"
            )
        if not (self.key_is_unique or stream.keys.identified_by(self.key)):
            schema = " and ".join(map(str, stream.keys.attributes))
            raise MappingError(
                f"the cache's key is {self.key}, but an item is identified by {schema}: two"
                " items with the same key would share one entry, and removing one would delete"
                " the other's. A pipe cannot join attributes: use one that is unique, such as a"
                " stored copy of both, and say so with key_is_unique=True"
            )

    def _key_parameter(self, stream: Stream, events: tuple[str, ...]) -> dict[str, str]:
        part = stream.part_of(self.key, events, "the cache's key")
        name = "key_base64" if self.key.type == "B" else "key"
        return {name: path(part, self.key)}

    def _ttl(self, stream: Stream) -> str:
        if self.ttl is None:
            raise MappingError(
                "the cache entry has no ttl; say how long it lives: ttl=3600, or ttl="
                'Attribute("TTL", "N") for an attribute that holds the seconds'
            )
        if isinstance(self.ttl, int):
            if self.ttl < 1 or isinstance(self.ttl, bool):
                raise MappingError(f"the ttl is {self.ttl}; write 1 second or more")
            return str(self.ttl)
        if self.ttl.type != "N":
            raise MappingError(
                f"the ttl is {self.ttl}; Momento takes a number of seconds: use an attribute of"
                " the type N, or a fixed number"
            )
        return path(stream.part_of(self.ttl, WRITTEN, "the ttl"), self.ttl)
