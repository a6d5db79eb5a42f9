"""The requests of a workflow for an item's entry in the cache."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.cache import DELETED_BODY, CacheEntry
from momento_pipes.mapping.name import must_be_name
from momento_pipes.mapping.narrowing import WRITTEN, Narrowing
from momento_pipes.mapping.record import Field, Stream
from momento_pipes.mapping.text import Text, attributes_of, changing_in
from momento_pipes.mapping.until import Until
from momento_pipes.workflow.body import body, object_code, or_empty
from momento_pipes.workflow.conditions import matches
from momento_pipes.workflow.jsonata import RecordImages, all_of, expression, quoted
from momento_pipes.workflow.request import RequestTask

TIME = "$millis() / 1000"
"""The time of a request, in seconds since 1970."""


@dataclass(frozen=True, kw_only=True)
class EntryRequests:
    """The put and the delete of a mapping's entry. The states' names contain `name`."""

    entry: CacheEntry
    narrowing: Narrowing
    cache: str
    name: str

    @property
    def stream(self) -> Stream:
        """The records' stream."""
        return self.narrowing.stream

    @property
    def put_state(self) -> str:
        """The name of the state that puts the entry."""
        return f"Put {self.name}"

    @property
    def delete_state(self) -> str:
        """The name of the state that deletes the entry."""
        return f"Delete {self.name}"

    @property
    def in_one_cache(self) -> bool:
        """Whether the cache's name is a constant."""
        return not isinstance(self.entry.cache, Attribute | Text)

    def check(self) -> None:
        """Raise an error if the stream does not show the attributes that the requests need.

        Raises:
            MappingError: the stream does not show them, or two items would share an entry.

        """
        self.entry.check(self.stream)
        for attribute in self._read:
            for image in ("NewImage", "OldImage") if self.entry.delete else ("NewImage",):
                self.stream.must_show(image, f"the entry needs {attribute.label}")
        for attribute in self.narrowing.changing:
            self.stream.must_show("NewImage", f"the items are narrowed by {attribute.label}")
        if self.entry.delete and self.narrowing.changing and not self._tells_apart:
            self.stream.must_show(
                "OldImage",
                "the removal of an item deletes its entry only if the item matched the conditions"
                " on its attributes",
            )

    @property
    def _read(self) -> list[Attribute]:
        """The attributes in the entry's name that may change."""
        return changing_in((self.entry.key, self.entry.cache), self.stream.keys)

    @property
    def is_of_item(self) -> bool:
        """Whether the entry's key is the table's whole key, so that two items never share it."""
        return (
            isinstance(self.entry.key, Attribute)
            and self.stream.keys.identified_by(self.entry.key)
            and self.in_one_cache
        )

    @property
    def _tells_apart(self) -> bool:
        """Whether the table's keys ensure that only one item has the entry."""
        return self.in_one_cache and self.narrowing.tells_apart(attributes_of(self.entry.key))

    def name_of(self, images: RecordImages, image: str) -> str:
        """Return JSONata for the entry's name: its cache and its key."""
        key = images.joined(self.entry.key, image)
        return f"$string([{self._cache_code(images, image)}, {key}])"

    def _cache_code(self, images: RecordImages, image: str) -> str:
        cache = self.entry.cache
        if isinstance(cache, Attribute | Text):
            return images.joined(cache, image)
        return quoted(self._cache_name)

    @property
    def _cache_name(self) -> str:
        cache = self.entry.cache
        return must_be_name(self.cache if cache is None else cache, "the cache")

    def has(self, images: RecordImages, *, old: bool) -> str:
        """Return JSONata: whether the item has the entry after the change, or had it before."""
        image = images.old if old else images.new
        unseen = old and "OldImage" not in self.stream.view.images
        filled = list(images.filled(self._read, image))
        full = [*filled, matches(self.narrowing.conditions, images, image)]
        of_keys = [*filled, matches(self.narrowing.of_keys().conditions, images, image)]
        there = f'{images.record}.eventName != "{"INSERT" if old else "REMOVE"}"'
        if not old or not self._tells_apart or not self.narrowing.changing or unseen:
            return all_of([there, *(of_keys if unseen else full)])
        removed = f'{images.record}.eventName = "REMOVE"'
        return all_of([there, f"({removed} ? {all_of(of_keys)} : {all_of(full)})"])

    def put_step(self, images: RecordImages, number: str, at: int) -> Iterator[str]:
        """Yield JSONata for the put of a record, if the entry is put: an object, or nothing.

        `number` is JSONata for the record's place in the group; `at` is the step's place among the
        record's steps.
        """
        if not self.entry.put:
            return
        state = quoted(self.put_state)
        if isinstance(self.entry.ttl, Until):
            until = images.value(self.entry.ttl.attribute, images.new)
            passed = f"$exists({until}) and $number({until}) <= {TIME}"
            state = f"{passed} ? {quoted(self.delete_state)} : {state}"
        yield f"{self.has(images, old=False)} ? {self._step(state, number, at, images, images.new)}"

    def delete_step(self, images: RecordImages, number: str, at: int) -> Iterator[str]:
        """Yield JSONata for the delete of a record: an object, or nothing."""
        if not self.entry.delete:
            return
        old, new = self.has(images, old=True), self.has(images, old=False)
        gone = f"{old} and $not({new})"
        if self._read:  # the entry's name may change
            moved = f"{self.name_of(images, images.new)} != {self.name_of(images, images.old)}"
            gone = f"{old} and ($not({new}) or {moved})"
        elif not self.narrowing.changing:
            removed = f'{images.record}.eventName = "REMOVE"'
            gone = all_of([removed, matches(self.narrowing.conditions, images, images.old)])
        state = quoted(self.delete_state)
        yield f"{gone} ? {self._step(state, number, at, images, images.old)}"

    def _step(self, state: str, number: str, at: int, images: RecordImages, image: str) -> str:
        key, name = self.entry.key, self.name_of(images, image)
        read = images.url_safe if self._is_binary else images.joined
        parts = {"do": state, "record": number, "at": str(at), "entry": name}
        parts["key"] = read(key, image)
        if not self.in_one_cache:
            parts["cache"] = self._cache_code(images, image)
        return object_code(parts)

    @property
    def _is_binary(self) -> bool:
        return isinstance(self.entry.key, Attribute) and self.entry.key.type == "B"

    def tasks(self, url: str) -> Iterator[RequestTask]:
        """Yield the states that send the requests; `url` is the origin of Momento's HTTP API."""
        parameter = "key_base64" if self._is_binary else "key"
        path = f"{url}/cache/"
        endpoint = (
            path + self._cache_name
            if self.in_one_cache
            else expression(f"{quoted(path)} & $encodeUrlComponent($request.cache)")
        )
        key = {parameter: expression("$request.key")}
        if self.entry.put:
            value = {"NewImage": Field.NEW_IMAGE} if self.entry.value is None else self.entry.value
            yield RequestTask(
                name=self.put_state,
                method="PUT",
                endpoint=endpoint,
                query={**key, "ttl_seconds": self._ttl()},
                body=body(value, stream=self.stream, events=WRITTEN, record="$record"),
                in_one_cache=self.in_one_cache,
            )
        if self.entry.delete or isinstance(self.entry.ttl, Until):
            yield RequestTask(
                name=self.delete_state,
                method="DELETE",
                endpoint=endpoint,
                query=key,
                body=DELETED_BODY,
                in_one_cache=self.in_one_cache,
            )

    def _ttl(self) -> Any:  # noqa: ANN401 - text or an expression
        ttl = self.entry.ttl
        if not isinstance(ttl, Attribute | Until):
            return str(ttl)
        attribute = ttl.attribute if isinstance(ttl, Until) else ttl
        if not self.stream.keys.has(attribute):
            self.stream.must_show("NewImage", f"the ttl is {attribute.label}")
        images = RecordImages(self.stream, "$record")
        place = images.value(attribute, images.new)
        if isinstance(ttl, Attribute):
            return or_empty(place)
        left = f"$min([{ttl.most}, $max([1, $floor($number({place}) - {TIME})])])"
        return or_empty(place, f"$string({left})")
