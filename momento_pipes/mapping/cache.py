"""How items become entries of a Momento cache, and how entries are deleted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from eventpipes.operations import DELETE, PUT
from momento_pipes.mapping.attribute import Attribute, must_be_attribute
from momento_pipes.mapping.errors import MappingError, only_in_workflow, shown
from momento_pipes.mapping.name import must_be_name
from momento_pipes.mapping.narrowing import WRITTEN, Narrowing
from momento_pipes.mapping.pipe_config import PipeConfig
from momento_pipes.mapping.record import Field, Stream, path
from momento_pipes.mapping.text import Joined, Text, attributes_of, must_be_named
from momento_pipes.mapping.until import Until
from momento_pipes.mapping.value import Value, template

TEN_YEARS = 315_360_000
"""In seconds. A larger TTL is probably a point in time, in seconds since 1970."""
KEY = "the cache's key"
DELETED = '{"EventType":<$.eventName>}'
"""The body of a delete. Momento does not read it. Without it, a pipe would send the record."""
DELETED_BODY = {"EventType": "{% $record.eventName %}"}
"""The same body for a workflow."""
STAYS_REMOVED = (
    " If the item is removed later, its entry is not deleted: it may be another item's entry then."
)
REASONS = {
    "B": (
        "is binary: Momento needs `key_base64` in URL-safe Base64 without padding, but a stream"
        " record has standard Base64, and a pipe cannot convert it. Store a copy as text and use"
        " the copy"
    ),
    "BOOL": "has only two values",
    "NULL": "has only one value",
    "M": "is a map: use a member of it",
    "L": "is a list: use an element of it",
}


@dataclass(frozen=True, kw_only=True)
class CacheEntry:
    """An item's entry in the cache: put when the item is written, deleted when it is removed.

    `key` is the table's key or another attribute (S or N). If it is not the whole primary key, set
    `key_is_unique`. It confirms that each item that matches the mapping's `where` has another key.
    `value` is the entry's value (default: `{"NewImage": ...}`, the item in DynamoDB JSON). `ttl` is
    the seconds to live, or the attribute with them. `cache` is the cache's name (default: the
    endpoint's). With `put=False` or `delete=False`, only the other operation is sent.

    `TOPOLOGY=workflow` also allows a key that is joined (`Text`) or binary, a cache that an
    attribute or a joined text names, and `ttl=Until(...)`. If a key changes, it deletes the entry
    of the old key.

    An item whose key attribute is missing or an empty text has no entry, and no dead letter. An
    item without the attribute in `ttl` becomes a dead letter; `where` can exclude such items.

    See Momento: HTTP API for Cache, "Set" and "Delete".
    """

    key: Joined
    value: Value | None = None
    ttl: Attribute | Until | int | None = None
    cache: Joined | str | None = None
    key_is_unique: bool = False
    put: bool = True
    delete: bool = True

    def pipe_configs(
        self, *, cache: str, stream: Stream, narrowing: Narrowing
    ) -> Mapping[str, PipeConfig]:
        """Return a pipe's configuration for each operation.

        Raises:
            MappingError: the requests would fail, or overwrite each other's entries.

        """
        key = self._single_key()
        self.check(stream)
        if isinstance(self.cache, Attribute | Text):
            raise only_in_workflow(f"the cache's name is in {self.cache.label}")
        path_parameters = (must_be_name(cache if self.cache is None else self.cache, "the cache"),)
        configs = {}
        if self.put:
            configs[PUT] = PipeConfig(
                path_parameters=path_parameters,
                query_string_parameters={
                    **self._key_parameter(stream, key, WRITTEN),
                    "ttl_seconds": self._ttl(stream),
                },
                patterns=narrowing.needing(key, KEY).filters(WRITTEN),
                input_template=template(
                    {"NewImage": Field.NEW_IMAGE} if self.value is None else self.value,
                    stream=stream,
                    events=WRITTEN,
                ),
            )
        if self.delete:
            leaving = narrowing.needing(key, KEY).leaving_filters()
            removed = ("MODIFY", "REMOVE") if leaving else ("REMOVE",)
            configs[DELETE] = PipeConfig(
                path_parameters=path_parameters,
                query_string_parameters=self._key_parameter(stream, key, removed),
                patterns=(*_removals(stream, narrowing, key).filters(("REMOVE",)), *leaving),
                input_template=DELETED,
            )
        return configs

    def check(self, stream: Stream) -> None:
        """Raise an error if the entry has no unique key, no TTL or no operation.

        Raises:
            MappingError: the message says what to write instead.

        """
        if not (self.put or self.delete):
            raise MappingError(
                "the cache entry is neither put nor deleted; remove cache=, or one of"
                " put=False and delete=False"
            )
        self._check_key(stream)
        must_be_named(self.cache, "the cache")
        if self.put:
            self._check_ttl()

    def _single_key(self) -> Attribute:
        """Return the key if a pipe can send it: an attribute that is text or a number."""
        if isinstance(self.key, Text):
            raise only_in_workflow(f"{KEY} is joined from {self.key.label}")
        must_be_attribute(self.key, KEY)
        if self.key.type == "B":
            raise MappingError(
                f"{KEY} is {self.key.label}, which {REASONS['B']}; a key is a string (S) or a"
                " number (N)"
            )
        return self.key

    def warnings(self, *, stream: Stream, narrowing: Narrowing) -> Iterator[str]:
        """Yield a sentence for each change that pipes cannot send."""
        key = self._single_key()
        if self.put and self.delete:
            also = "" if narrowing.tells_apart([key]) else STAYS_REMOVED
            yield from (text + also for text in narrowing.needing(key, KEY).warnings)
        if self.put and not stream.keys.has(key):
            yield (
                f"If {key.label} of an item changes, the entry with the old key stays in the"
                " cache until its TTL ends, because a pipe sends one request for a change."
                " TOPOLOGY=workflow deletes it."
            )

    def _check_key(self, stream: Stream) -> None:
        if not isinstance(self.key, Text):
            must_be_attribute(self.key, KEY)
        for attribute in attributes_of(self.key):
            stream.keys.has(attribute)
            if attribute.type not in ("S", "N", "B"):
                why = REASONS.get(attribute.type, "is a set")
                raise MappingError(
                    f"the cache's key is {attribute.label}, which {why}; a key is a string (S) or a"
                    " number (N)"
                )
        whole = set(stream.keys.attributes) <= set(attributes_of(self.key))
        if whole and isinstance(self.key, Text) and not (self.key_is_unique or self.key.is_parted):
            raise MappingError(
                f"the cache's key is {self.key.label}, without text between two attributes: two"
                ' items could have the same key, such as "ab" + "c" and "a" + "bc". Write a text'
                " between them that the attributes never contain, or set key_is_unique=True"
            )
        if self.key_is_unique or whole:
            return
        schema = " and ".join(key.label for key in stream.keys.attributes)
        raise MappingError(
            f"the cache's key is {self.key.label}, but an item is identified by {schema}: two"
            " items with the same cache key would share one entry, and removing one item would"
            " delete the entry of the other. Join both attributes with TOPOLOGY=workflow,"
            ' key=Text(first, "#", second); or use a unique attribute, such as a stored copy of'
            " both, and set key_is_unique=True"
        )

    def _key_parameter(
        self, stream: Stream, key: Attribute, events: tuple[str, ...]
    ) -> dict[str, str]:
        return {"key": path(stream.part_of(key, events, KEY), key)}

    def _check_ttl(self) -> None:
        if self.ttl is None:
            raise MappingError(
                "the cache entry has no ttl; write ttl=3600, or ttl="
                'Attribute("TTL", "N") for an attribute with the seconds to live'
            )
        if isinstance(self.ttl, Until):
            return
        if isinstance(self.ttl, int) and not isinstance(self.ttl, bool):
            if self.ttl < 1:
                raise MappingError(f"the ttl is {shown(self.ttl)}; write 1 second or more")
            if self.ttl > TEN_YEARS:
                raise MappingError(
                    f"the ttl is {shown(self.ttl)}, which is over ten years and looks like a time"
                    " since 1970; Momento needs the seconds to live: write ttl=3600"
                )
            return
        if not isinstance(self.ttl, Attribute) or self.ttl.type != "N":
            given = self.ttl.label if isinstance(self.ttl, Attribute) else shown(self.ttl)
            raise MappingError(
                f"the ttl is {given}; Momento needs a whole number of seconds: write ttl=3600, or"
                " an attribute of the type N with the seconds"
            )

    def _ttl(self, stream: Stream) -> str:
        if isinstance(self.ttl, Until):
            raise only_in_workflow(
                f"the ttl ends at {self.ttl.attribute.label}, so the time of the request is"
                " subtracted"
            )
        if not isinstance(self.ttl, Attribute):
            return str(self.ttl)
        if "[" in self.ttl.place:
            raise MappingError(
                f"the ttl is {self.ttl.label}, but a filter cannot exclude the items whose list"
                " has no such element, and Momento would refuse them: write the ttl to an"
                " attribute of its own"
            )
        return path(stream.part_of(self.ttl, WRITTEN, "the ttl"), self.ttl)


def _removals(stream: Stream, narrowing: Narrowing, key: Attribute) -> Narrowing:
    """Return the conditions on a removed item for deleting its entry.

    If no other item can have the same cache key, only the conditions on the table's keys are
    needed, because the entry may be older than the other conditions. Otherwise the removed item
    must match all conditions, because the entry may be another item's.
    """
    if narrowing.tells_apart([key]):
        return narrowing.of_keys().needing(key, KEY)
    changing = narrowing.changing
    if changing and stream.keys.has(key) and "OldImage" not in stream.view.images:
        (second,) = (each for each in stream.keys.attributes if each != key)
        raise MappingError(
            f"the cache's key is {key.label}, which is only a part of the table's key, so a"
            " removed item had the entry only if it matched the conditions on"
            f" {' and '.join(attribute.label for attribute in changing)}. The stream's view"
            f" {stream.view} has no old image to check this: give the table a stream of"
            f" NEW_AND_OLD_IMAGES, or add a condition with one value for {second.label}"
        )
    return narrowing.needing(key, KEY)
