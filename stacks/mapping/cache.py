"""How items become entries of a Momento cache, and how entries are deleted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stacks.mapping.attribute import Attribute, must_be_attribute
from stacks.mapping.errors import MappingError, shown
from stacks.mapping.name import must_be_name
from stacks.mapping.narrowing import WRITTEN, Narrowing
from eventpipes.operations import DELETE, PUT
from stacks.mapping.pipe_config import PipeConfig
from stacks.mapping.record import Field, Stream, path
from stacks.mapping.value import Value, template

TEN_YEARS = 315_360_000
"""In seconds. A larger TTL is probably a point in time, in seconds since 1970."""
KEY = "the cache's key"
DELETED = '{"EventType":<$.eventName>}'
"""The body of a deletion. Momento does not read it; without a template, a pipe sends the record."""
STAYS_REMOVED = (
    " Removing the item later does not delete the entry, because it may be another item's by then."
)
REASONS = {
    "B": (
        "is binary: Momento takes `key_base64` in URL-safe Base64 without padding, and a stream"
        " record holds standard Base64, which no pipe can rewrite. Store a copy as text and use"
        " that"
    ),
    "BOOL": "has two values only",
    "NULL": "has one value only",
    "M": "is a map: use a member of it",
    "L": "is a list: use an element of it",
}


@dataclass(frozen=True, kw_only=True)
class CacheEntry:
    """An item's entry in the cache: put when the item is written, deleted when it is removed.

    `key` is the table's key or another attribute (S or N). If it is not the whole primary key, set
    `key_is_unique`, which says that no two of the items that match a mapping's `where` share it.
    `value` is what is put (default: `{"NewImage": ...}`, the item in DynamoDB JSON). `ttl` is the
    seconds to live, or the attribute that holds them. `cache` is the cache's name (default: the
    endpoint's). `put=False` and `delete=False` leave out one of the two operations.

    An item whose key attribute is missing or an empty text has no entry, and becomes no dead
    letter. An item without the attribute that is the `ttl` becomes a dead letter, unless `where`
    leaves it out.

    See Momento: HTTP API for Cache, "Set" and "Delete".
    """

    key: Attribute
    value: Value | None = None
    ttl: Attribute | int | None = None
    cache: str | None = None
    key_is_unique: bool = False
    put: bool = True
    delete: bool = True

    def pipe_configs(
        self, *, cache: str, stream: Stream, narrowing: Narrowing
    ) -> Mapping[str, PipeConfig]:
        """Return a pipe's configuration for each operation.

        Raises:
            MappingError: such requests would fail, or overwrite each other's entries.

        """
        self._check_key(stream)
        if not (self.put or self.delete):
            raise MappingError(
                "the cache entry is neither put nor deleted; leave out cache=, or one of"
                " put=False and delete=False"
            )
        path_parameters = (must_be_name(cache if self.cache is None else self.cache, "the cache"),)
        configs = {}
        if self.put:
            configs[PUT] = PipeConfig(
                path_parameters=path_parameters,
                query_string_parameters={
                    **self._key_parameter(stream, WRITTEN),
                    "ttl_seconds": self._ttl(stream),
                },
                patterns=narrowing.needing(self.key, KEY).filters(WRITTEN),
                input_template=template(
                    {"NewImage": Field.NEW_IMAGE} if self.value is None else self.value,
                    stream=stream,
                    events=WRITTEN,
                ),
            )
        if self.delete:
            leaving = narrowing.needing(self.key, KEY).leaving_filters()
            removed = ("MODIFY", "REMOVE") if leaving else ("REMOVE",)
            configs[DELETE] = PipeConfig(
                path_parameters=path_parameters,
                query_string_parameters=self._key_parameter(stream, removed),
                patterns=(*self._removals(stream, narrowing).filters(("REMOVE",)), *leaving),
                input_template=DELETED,
            )
        return configs

    def _removals(self, stream: Stream, narrowing: Narrowing) -> Narrowing:
        """Return the conditions on removed items whose entry is deleted.

        If no other item can have the same cache key, the conditions on the table's keys are
        enough: an entry may be older than the other conditions. Otherwise the removed item must
        have matched all conditions, because the entry may be another item's.

        Raises:
            MappingError: this needs the old image, and the stream does not show it.

        """
        if narrowing.tells_apart(self.key):
            return narrowing.of_keys().needing(self.key, KEY)
        changing = narrowing.changing
        if changing and stream.keys.has(self.key) and "OldImage" not in stream.view.images:
            (other,) = (key for key in stream.keys.attributes if key != self.key)
            raise MappingError(
                f"the cache's key is {self.key.label}, half of the table's key, so a removed item"
                " had the entry only if it matched the conditions on"
                f" {' and '.join(attribute.label for attribute in changing)}, and the stream's view"
                f" {stream.view} has no old image: give the table a stream of NEW_AND_OLD_IMAGES,"
                f" or add a condition with one value for the other half, {other.label}"
            )
        return narrowing.needing(self.key, KEY)

    def warnings(self, *, stream: Stream, narrowing: Narrowing) -> Iterator[str]:
        """Yield a sentence for each thing that the pipes cannot do."""
        if self.put and self.delete:
            also = "" if narrowing.tells_apart(self.key) else STAYS_REMOVED
            yield from (text + also for text in narrowing.needing(self.key, KEY).warnings)
        if self.put and not stream.keys.has(self.key):
            yield (
                f"When {self.key.label} of an item changes, the entry under the old value stays in"
                " the cache until its TTL ends: a pipe sends one request for a change."
            )

    def _check_key(self, stream: Stream) -> None:
        must_be_attribute(self.key, KEY)
        if self.key.type not in ("S", "N"):
            why = REASONS.get(self.key.type, "is a set")
            raise MappingError(
                f"the cache's key is {self.key.label}, which {why}; a key is a string (S) or a"
                " number (N)"
            )
        if not (self.key_is_unique or stream.keys.identified_by(self.key)):
            schema = " and ".join(key.label for key in stream.keys.attributes)
            raise MappingError(
                f"the cache's key is {self.key.label}, but an item is identified by {schema}: two"
                " items with the same cache key would share one entry, and removing one item would"
                " delete the entry of the other. A pipe cannot join attributes: use an attribute"
                " that is unique, such as a stored copy of both, and set key_is_unique=True"
            )

    def _key_parameter(self, stream: Stream, events: tuple[str, ...]) -> dict[str, str]:
        return {"key": path(stream.part_of(self.key, events, KEY), self.key)}

    def _ttl(self, stream: Stream) -> str:
        if self.ttl is None:
            raise MappingError(
                "the cache entry has no ttl; say how long it lives: ttl=3600, or ttl="
                'Attribute("TTL", "N") for an attribute that holds the seconds'
            )
        if isinstance(self.ttl, int) and not isinstance(self.ttl, bool):
            if self.ttl < 1:
                raise MappingError(f"the ttl is {shown(self.ttl)}; write 1 second or more")
            if self.ttl > TEN_YEARS:
                raise MappingError(
                    f"the ttl is {shown(self.ttl)}, which is over ten years and looks like a time"
                    " since 1970; Momento takes the seconds to live: write ttl=3600"
                )
            return str(self.ttl)
        if not isinstance(self.ttl, Attribute) or self.ttl.type != "N":
            given = self.ttl.label if isinstance(self.ttl, Attribute) else shown(self.ttl)
            raise MappingError(
                f"the ttl is {given}; Momento takes a whole number of seconds: write ttl=3600, or"
                " an attribute of the type N that holds them"
            )
        if "[" in self.ttl.place:
            raise MappingError(
                f"the ttl is {self.ttl.label}, and no filter can leave out the items whose list"
                " has no such element, which Momento would refuse: write it to an attribute of its"
                " own"
            )
        return path(stream.part_of(self.ttl, WRITTEN, "the ttl"), self.ttl)
