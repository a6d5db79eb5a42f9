"""How changes of items become messages of a Momento topic."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from eventpipes.operations import PUBLISH
from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.errors import MappingError, only_in_workflow, shown
from momento_pipes.mapping.name import must_be_name
from momento_pipes.mapping.narrowing import Narrowing, Where
from momento_pipes.mapping.pipe_config import PipeConfig
from momento_pipes.mapping.record import EVENTS, KINDS, Field, Stream, names_of, path
from momento_pipes.mapping.text import Joined, Text, attributes_of
from momento_pipes.mapping.value import Value, members, template


@dataclass(frozen=True, kw_only=True)
class TopicMessage:
    """A message for each change of an item, or only for some `events`.

    `events` are any of INSERT, MODIFY and REMOVE. Instead of REMOVE, write EXPIRE for expired items
    that DynamoDB removes, or DELETE for all other removals.

    `topic` is a name, or the attribute (S or N) with the name. `value` is the published message.
    The default is the kind of event with the item's key and its new image, in DynamoDB JSON. For a
    list of attributes, `EventType` is added first. An attribute that a removed item does not have
    becomes empty text. `cache` is the topic's cache (default: the endpoint's cache). Momento
    accepts messages of up to 4 KB.

    `TOPOLOGY=workflow` also allows a topic or a cache that a joined text names, and a `where` only
    for this message, which may say what an attribute `Became`.

    See Momento: HTTP API for Topics, "Publish".
    """

    topic: str | Joined
    value: Value | None = None
    events: Collection[str] = EVENTS
    cache: str | Joined | None = None
    where: Where = field(default_factory=dict)

    def pipe_configs(self, *, stream: Stream, narrowing: Narrowing) -> Mapping[str, PipeConfig]:
        """Return the pipe's configuration.

        Raises:
            MappingError: the requests would fail.

        """
        self.check_events()
        if isinstance(self.cache, Attribute | Text):
            raise only_in_workflow(f"the name of the topic's cache is in {self.cache.label}")
        if self.where:
            raise only_in_workflow("the message has its own where")
        if isinstance(self.topic, Text):
            raise only_in_workflow(f"the topic is joined from {self.topic.label}")
        if self.cache is not None:
            must_be_name(self.cache, "the topic's cache")
        topic = self._topic(stream)
        if isinstance(self.topic, Attribute):
            narrowing = narrowing.needing(self.topic, "the topic")
        return {
            PUBLISH: PipeConfig(
                patterns=narrowing.filters(self.events),
                input_template=template(self.full_value, stream=stream, events=self.event_names),
                path_parameters=(topic,),
            )
        }

    @property
    def full_value(self) -> Value:
        """The published message, with the parts that are added by default.

        Raises:
            MappingError: two parts have the same name.

        """
        if self.value is None:
            removed = self.event_names == ("REMOVE",)
            image = {"OldImage": Field.OLD_IMAGE} if removed else {"NewImage": Field.NEW_IMAGE}
            return {"EventType": Field.EVENT_NAME, "Keys": Field.KEYS, **image}
        if isinstance(self.value, Field | Mapping):
            return self.value  # `template` refuses a Field
        named = members(self.value)
        if "EventType" in named:
            raise MappingError(
                "the message has EventType twice, because a list of attributes gets it; name all"
                ' {"Kind": Field.EVENT_NAME, "EventType": ...}'
            )
        return {"EventType": Field.EVENT_NAME, **named}

    def _topic(self, stream: Stream) -> str:
        if isinstance(self.topic, Attribute):
            self.check_topic()
            # Both have an old image, but without an attribute that the change adds.
            both = {"MODIFY", "REMOVE"} <= set(self.event_names)
            part = stream.part_of(self.topic, EVENTS if both else self.event_names, "the topic")
            return path(part, self.topic)
        return must_be_name(
            self.topic, "the topic", ', or Attribute("Name") for an attribute with the name'
        )

    @property
    def event_names(self) -> tuple[str, ...]:
        """The events' names in a stream."""
        return names_of(self.events)

    def check_topic(self) -> None:
        """Raise an error if an attribute in the topic's name is not text or a number.

        Raises:
            MappingError: an attribute has another type.

        """
        for attribute in attributes_of(self.topic) if isinstance(self.topic, Joined) else ():
            if attribute.type not in ("S", "N"):
                raise MappingError(
                    f"the topic is {attribute.label}; a topic's name is text: use an attribute of"
                    " the type S or N"
                )

    def check_events(self) -> None:
        """Raise an error if an event does not exist.

        Raises:
            MappingError: the message lists the events.

        """
        if isinstance(self.events, str) or not self.events or not set(self.events) <= set(KINDS):
            raise MappingError(
                f"the topic's events are {shown(self.events)}; write a list with any of"
                f" {', '.join(KINDS)}"
            )
