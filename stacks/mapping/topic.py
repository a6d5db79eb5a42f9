"""How changes of items become messages of a Momento topic."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from stacks.mapping.attribute import Attribute
from stacks.mapping.errors import MappingError, shown
from stacks.mapping.name import must_be_name
from stacks.mapping.narrowing import Narrowing
from eventpipes.operations import PUBLISH
from stacks.mapping.pipe_config import PipeConfig
from stacks.mapping.record import EVENTS, KINDS, Field, Stream, names_of, path
from stacks.mapping.value import Value, members, template


@dataclass(frozen=True, kw_only=True)
class TopicMessage:
    """A message for each change of an item, or for some `events` only.

    `events` are any of INSERT, MODIFY and REMOVE. Instead of REMOVE, write EXPIRE for the items
    that DynamoDB removes when their time is over, or DELETE for all other removals.

    `topic` is a name, or the attribute (S or N) that holds one. `value` is what is published. By
    default that is the kind of event with the item's key and its new image, in DynamoDB JSON. For
    a list of attributes, `EventType` is added in front. Attributes that a removed item no longer
    has arrive as empty text. `cache` is the cache that the topic is in (default: the endpoint's).
    Momento takes messages of up to 4 KB.

    See Momento: HTTP API for Topics, "Publish".
    """

    topic: str | Attribute
    value: Value | None = None
    events: Collection[str] = EVENTS
    cache: str | None = None

    def pipe_configs(self, *, stream: Stream, narrowing: Narrowing) -> Mapping[str, PipeConfig]:
        """Return the pipe's configuration.

        Raises:
            MappingError: such requests would fail.

        """
        self._check_events()
        if self.cache is not None:
            must_be_name(self.cache, "the topic's cache")
        topic = self._topic(stream)
        if isinstance(self.topic, Attribute):
            narrowing = narrowing.needing(self.topic, "the topic")
        return {
            PUBLISH: PipeConfig(
                patterns=narrowing.filters(self.events),
                input_template=template(self._value(), stream=stream, events=self._names),
                path_parameters=(topic,),
            )
        }

    def _value(self) -> Value:
        if self.value is None:
            removed = self._names == ("REMOVE",)
            image = {"OldImage": Field.OLD_IMAGE} if removed else {"NewImage": Field.NEW_IMAGE}
            return {"EventType": Field.EVENT_NAME, "Keys": Field.KEYS, **image}
        if isinstance(self.value, Field | Mapping):
            return self.value  # a Field is refused by the template
        named = members(self.value)
        if "EventType" in named:
            raise MappingError(
                "the message has EventType twice, as the kind of event comes first in a list of"
                ' attributes; name what you send: {"Kind": Field.EVENT_NAME, "EventType": ...}'
            )
        return {"EventType": Field.EVENT_NAME, **named}

    def _topic(self, stream: Stream) -> str:
        if isinstance(self.topic, Attribute):
            if self.topic.type not in ("S", "N"):
                raise MappingError(
                    f"the topic is {self.topic.label}; a topic's name is text: use an attribute of"
                    " the type S or N"
                )
            # Both have an old image, but it may lack an attribute that the change adds.
            both = {"MODIFY", "REMOVE"} <= set(self._names)
            part = stream.part_of(self.topic, EVENTS if both else self._names, "the topic")
            return path(part, self.topic)
        return must_be_name(
            self.topic, "the topic", ', or Attribute("Name") for an attribute that holds it'
        )

    @property
    def _names(self) -> tuple[str, ...]:
        """The names that the events have in a stream."""
        return names_of(self.events)

    def _check_events(self) -> None:
        if isinstance(self.events, str) or not self.events or not set(self.events) <= set(KINDS):
            raise MappingError(
                f"the topic's events are {shown(self.events)}; write a list with any of"
                f" {', '.join(KINDS)}"
            )
