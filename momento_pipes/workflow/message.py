"""The message that a workflow publishes for a change of an item."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.conditions import Conditions
from momento_pipes.mapping.errors import MappingError
from momento_pipes.mapping.name import must_be_name
from momento_pipes.mapping.narrowing import Narrowing
from momento_pipes.mapping.record import DELETE, EVENTS, EXPIRE, Stream
from momento_pipes.mapping.text import Text, changing_in, must_be_named
from momento_pipes.mapping.topic import TopicMessage
from momento_pipes.workflow.body import body, object_code
from momento_pipes.workflow.conditions import any_of, matches
from momento_pipes.workflow.jsonata import RecordImages, all_of, expression, quoted
from momento_pipes.workflow.request import RequestTask

BY_TTL = "dynamodb.amazonaws.com"
"""The principal that removes expired items ("DynamoDB Streams and Time to Live")."""


@dataclass(frozen=True, kw_only=True)
class MessageRequests:
    """The request that publishes a mapping's message. The state's name contains `name`.

    `became` has the conditions on the values to which attributes change.
    """

    message: TopicMessage
    narrowing: Narrowing
    became: tuple[Conditions, ...]
    cache: str
    name: str

    @property
    def stream(self) -> Stream:
        """The records' stream."""
        return self.narrowing.stream

    @property
    def state(self) -> str:
        """The name of the state that publishes."""
        return f"Publish {self.name}"

    @property
    def in_one_cache(self) -> bool:
        """Whether the cache's name is a constant."""
        return not isinstance(self.message.cache, Attribute | Text)

    def check(self) -> None:
        """Raise an error if the stream does not show the attributes that the message needs.

        Raises:
            MappingError: the stream does not show them, or an event of the message does not exist.

        """
        self.message.check_events()
        self.message.check_topic()
        must_be_named(self.message.cache, "the topic's cache")
        names = set(self.message.event_names)
        for attribute in [*self.narrowing.changing, *self._named]:
            if names & {"INSERT", "MODIFY"}:
                self.stream.must_show("NewImage", f"the message needs {attribute.label}")
            if "REMOVE" in names:
                self.stream.must_show("OldImage", f"the message needs {attribute.label}")
        if self.became and not names & {"INSERT", "MODIFY"}:
            raise MappingError(
                "Became is about a written item, but the message's events are only"
                f" {', '.join(self.message.events)}: add INSERT or MODIFY"
            )
        for condition in self.became:
            for image in ("NewImage", "OldImage"):
                self.stream.must_show(image, f"Became needs {condition.attribute.label}")

    @property
    def _named(self) -> list[Attribute]:
        """The attributes in the topic's name and in the cache's name that may change."""
        return changing_in((self.message.topic, self.message.cache), self.stream.keys)

    def steps(self, images: RecordImages, number: str) -> Iterator[str]:
        """Yield JSONata for the request: an object, or nothing if a record has no request."""
        for image, names in self._kinds(images):
            conditions = [
                *names,
                matches(self.narrowing.conditions, images, image),
                *images.filled(self._named, image),
                *self._became(images),
            ]
            parts = {"do": quoted(self.state), "record": number}
            for name, text in (("topic", self.message.topic), ("cache", self.message.cache)):
                if isinstance(text, Attribute | Text):
                    parts[name] = images.joined(text, image)
            yield f"{all_of(conditions)} ? {object_code(parts)}"

    def _kinds(self, images: RecordImages) -> Iterator[tuple[str, list[str]]]:
        """Yield each image to check, and the conditions on its events."""
        record, kinds = images.record, set(self.message.events)
        written = [name for name in ("INSERT", "MODIFY") if name in kinds]
        removed = bool(kinds & {"REMOVE", EXPIRE, DELETE})
        by: list[str] = []
        if removed and "REMOVE" not in kinds and not {EXPIRE, DELETE} <= kinds:
            expired = (
                f"{record}.userIdentity.principalId = {quoted(BY_TTL)}"
                f' and {record}.userIdentity.type = "Service"'
            )
            by = [expired] if EXPIRE in kinds else [f"$not({expired})"]
        if not self.narrowing.changing and not self._named and not by and not self.became:
            names = [*written, *(["REMOVE"] if removed else [])]
            every = len(names) == len(EVENTS)
            yield images.new, [] if every else [_in(record, names)]
            return
        if written:
            yield images.new, [_in(record, written)]
        if removed and not self.became:
            yield images.old, [_in(record, ["REMOVE"]), *by]

    def _became(self, images: RecordImages) -> Iterator[str]:
        for condition in self.became:
            new = images.value(condition.attribute, images.new)
            old = images.value(condition.attribute, images.old)
            yield any_of(new, condition.any_of)
            yield f"$not({any_of(old, condition.any_of)})"

    def tasks(self, url: str) -> Iterator[RequestTask]:
        """Yield the state that publishes; `url` is the origin of Momento's HTTP API."""
        message = self.message
        cache = self.cache if message.cache is None else message.cache
        if isinstance(message.topic, Attribute | Text) or not self.in_one_cache:
            parts = [
                "$encodeUrlComponent($request.cache)"
                if not self.in_one_cache
                else quoted(must_be_name(cache, "the topic's cache")),
                quoted("/"),
                "$encodeUrlComponent($request.topic)"
                if isinstance(message.topic, Attribute | Text)
                else quoted(must_be_name(message.topic, "the topic")),
            ]
            endpoint = expression(" & ".join([quoted(f"{url}/topics/"), *parts]))
        else:
            named = must_be_name(cache, "the topic's cache")
            endpoint = f"{url}/topics/{named}/{must_be_name(message.topic, 'the topic')}"
        yield RequestTask(
            name=self.state,
            method="POST",
            endpoint=endpoint,
            query={},
            body=body(
                message.full_value,
                stream=self.stream,
                events=message.event_names,
                record="$record",
            ),
            in_one_cache=self.in_one_cache and not isinstance(message.topic, Attribute | Text),
        )


def _in(record: str, names: Sequence[str]) -> str:
    if len(names) == 1:
        return f'{record}.eventName = "{names[0]}"'
    return f"{record}.eventName in [{', '.join(map(quoted, names))}]"
