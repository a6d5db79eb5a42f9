"""An item's way to Momento: what becomes of it in the cache and on the topic."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eventpipes import Outcome, Pipe

from stacks.mapping.cache import CacheEntry
from stacks.mapping.errors import MappingError, must_be
from stacks.mapping.narrowing import Narrowing, Where
from stacks.mapping.record import Stream
from stacks.mapping.pipe_config import OPERATIONS, Route
from stacks.mapping.topic import TopicMessage

EXAMPLE = "https://momento.example"


@dataclass(frozen=True, kw_only=True)
class ItemMapping:
    """What a table's changes send: to a cache, to a topic, or to both.

    `where` narrows which items flow, by rules for their attributes: a removal is published if
    the item matched, and an item that stops to match leaves the cache.

    Raises:
        MappingError: `cache` or `topic` is something else.

    >>> from stacks.mapping import Attribute, KeySchema
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

    cache: CacheEntry | None = None
    topic: TopicMessage | None = None
    where: Where = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.cache is not None:
            must_be(self.cache, CacheEntry, "cache", 'CacheEntry(key=Attribute("Id"), ttl=60)')
        if self.topic is not None:
            must_be(self.topic, TopicMessage, "topic", 'TopicMessage(topic="name")')

    def routes(self, stream: Stream, cache: str) -> Mapping[str, Route]:
        """Return the routes by operation; `cache` is what an entry without one is put to.

        Raises:
            MappingError: requests made so would fail; the message says what to write instead.

        """
        narrowing = Narrowing.parse(self.where, stream)
        found: dict[str, Route] = {}
        if self.cache:
            found |= self.cache.routes(cache=cache, stream=stream, narrowing=narrowing)
        if self.topic:
            found |= self.topic.routes(stream=stream, narrowing=narrowing)
        if not found:
            raise MappingError(
                "the mapping sends nothing; give it cache=CacheEntry(...), topic=TopicMessage(...)"
                " or both"
            )
        for name, route in found.items():
            route.check(name)
        return {name: found[name] for name in OPERATIONS if name in found}

    def topic_cache(self, cache: str) -> str:
        """Return the cache that the topic is in; `cache` is the endpoint's own."""
        return (self.topic and self.topic.cache) or cache

    def warnings(self, stream: Stream) -> list[str]:
        """Return what is sent and probably not meant, a sentence each."""
        narrowing = Narrowing.parse(self.where, stream)
        found: list[str] = []
        if self.cache:
            found += self.cache.warnings(stream=stream, narrowing=narrowing)
        return found

    def outcomes(
        self, record: Mapping[str, object], stream: Stream, cache: str
    ) -> dict[str, Outcome]:
        """Return what each route makes of a stream record, to try a mapping with.

        Raises:
            MappingError: see `routes`.
            EventPipesError: EventBridge would refuse the pipe.

        """
        found = {}
        for name, route in self.routes(stream, cache).items():
            operation = OPERATIONS[name]
            url = EXAMPLE + operation.path.format(cache=self.topic_cache(cache))
            definition = route.definition(name, method=operation.method, endpoint=url)
            found[name] = Pipe(definition).process(record)
        return found
