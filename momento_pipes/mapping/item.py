"""The mapping of a table's changes to requests to Momento's cache and topic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from eventpipes import Outcome, Pipe
from momento_pipes.mapping.cache import CacheEntry
from momento_pipes.mapping.errors import MappingError, must_be, only_in_workflow
from momento_pipes.mapping.narrowing import Narrowing, Where
from momento_pipes.mapping.operation import OPERATIONS
from momento_pipes.mapping.pipe_config import PipeConfig
from momento_pipes.mapping.record import Stream
from momento_pipes.mapping.topic import TopicMessage

EXAMPLE = "https://momento.example"


@dataclass(frozen=True, kw_only=True)
class ItemMapping:
    """What a table's changes send to a cache, to a topic, or to both.

    Only items that match the conditions in `where` are sent. A removal is published if the item
    matched. If an item no longer matches, its entry is deleted.

    `TOPOLOGY=workflow` also allows lists of entries and of messages.

    Raises:
        MappingError: `cache` or `topic` has another type.

    >>> from momento_pipes.mapping import Attribute, KeySchema
    >>> city, speed = Attribute("City"), Attribute("Speed", "N")
    >>> mapping = ItemMapping(
    ...     cache=CacheEntry(key=city, value=[city, speed], ttl=60),
    ...     topic=TopicMessage(topic="jams", value={"where": city, "km/h": speed}),
    ... )
    >>> record = {"eventName": "INSERT", "dynamodb": {
    ...     "Keys": {"City": {"S": "São Paulo"}},
    ...     "NewImage": {"City": {"S": "São Paulo"}, "Speed": {"N": "12"}}}}
    >>> sent = mapping.outcomes(record, Stream(KeySchema(city)), "cars")
    >>> for name in ("cache-put", "topic-publish"):
    ...     print(sent[name].method, sent[name].url)
    ...     print(sent[name].body)
    PUT https://momento.example/cache/cars?key=S%C3%A3o%20Paulo&ttl_seconds=60
    {"City":"São Paulo","Speed":"12"}
    POST https://momento.example/topics/cars/jams
    {"where":"São Paulo","km/h":"12"}
    >>> sent["cache-delete"]
    Filtered(filters=('{"eventName":["REMOVE"]}',))
    """

    cache: CacheEntry | Sequence[CacheEntry] | None = None
    topic: TopicMessage | Sequence[TopicMessage] | None = None
    where: Where = field(default_factory=dict)

    def __post_init__(self) -> None:
        for entry in self.entries:
            must_be(entry, CacheEntry, "cache", 'CacheEntry(key=Attribute("Id"), ttl=60)')
        for message in self.messages:
            must_be(message, TopicMessage, "topic", 'TopicMessage(topic="name")')

    @property
    def entries(self) -> Sequence[CacheEntry]:
        """The entries of an item. There may be none."""
        return _listed(self.cache)

    @property
    def messages(self) -> Sequence[TopicMessage]:
        """The messages of a change. There may be none."""
        return _listed(self.topic)

    @property
    def entry(self) -> CacheEntry | None:
        """The only entry, or None. Pipes cannot send several.

        Raises:
            MappingError: there are several.

        """
        if len(self.entries) > 1:
            raise only_in_workflow(f"an item has {len(self.entries)} entries")
        return self.entries[0] if self.entries else None

    @property
    def message(self) -> TopicMessage | None:
        """The only message, or None. Pipes cannot send several.

        Raises:
            MappingError: there are several.

        """
        if len(self.messages) > 1:
            raise only_in_workflow(f"a change has {len(self.messages)} messages")
        return self.messages[0] if self.messages else None

    def must_send(self) -> None:
        """Raise an error if the mapping has neither an entry nor a message.

        Raises:
            MappingError: it sends nothing.

        """
        if not (self.entries or self.messages):
            raise MappingError(
                "the mapping sends nothing; give it cache=CacheEntry(...), topic=TopicMessage(...)"
                " or both"
            )

    def pipe_configs(self, stream: Stream, cache: str) -> Mapping[str, PipeConfig]:
        """Return a pipe's configuration for each operation.

        An entry that names no cache is put to `cache`.

        Raises:
            MappingError: the requests would fail; the message says what to write instead.

        """
        self.must_send()
        narrowing = Narrowing.parse(self.where, stream)
        configs: dict[str, PipeConfig] = {}
        if entry := self.entry:
            configs |= entry.pipe_configs(cache=cache, stream=stream, narrowing=narrowing)
        if message := self.message:
            configs |= message.pipe_configs(stream=stream, narrowing=narrowing)
        for operation, config in configs.items():
            config.check(operation)
        return {name: configs[name] for name in OPERATIONS if name in configs}

    def topic_cache(self, cache: str) -> str:
        """Return the topic's cache; `cache` is the endpoint's cache."""
        named = self.message.cache if self.message else None
        return named if isinstance(named, str) else cache

    def warnings(self, stream: Stream) -> list[str]:
        """Return a sentence for each part that is probably a mistake."""
        if self.entry is None:
            return []
        narrowing = Narrowing.parse(self.where, stream)
        return list(self.entry.warnings(stream=stream, narrowing=narrowing))

    def outcomes(
        self, record: Mapping[str, object], stream: Stream, cache: str
    ) -> dict[str, Outcome]:
        """Return the outcome of a stream record in each pipe, to try a mapping.

        Raises:
            MappingError: see `pipe_configs`.
            EventPipesError: EventBridge would refuse the pipe.

        """
        outcomes = {}
        for name, config in self.pipe_configs(stream, cache).items():
            operation = OPERATIONS[name]
            url = EXAMPLE + operation.path.format(cache=self.topic_cache(cache))
            definition = config.definition(name, method=operation.method, endpoint=url)
            outcomes[name] = Pipe(definition).process(record)
        return outcomes


def _listed(given: Any) -> Sequence[Any]:  # noqa: ANN401 - checked by the caller
    if given is None:
        return ()
    return tuple(given) if isinstance(given, list | tuple) else (given,)
