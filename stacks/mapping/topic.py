"""How changes of items become messages of a Momento topic."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from stacks.mapping.attribute import Attribute
from stacks.mapping.errors import MappingError
from stacks.mapping.narrowing import Narrowing
from stacks.mapping.record import EVENTS, Field, Stream, path
from stacks.mapping.route import PUBLISH, Route
from stacks.mapping.value import Value, members, template


@dataclass(frozen=True, kw_only=True)
class TopicMessage:
    """A message for each change of an item, or for some `events` only.

    `topic` is a name, or the attribute (S or N) that holds one. `value` is what is published;
    by default the kind of event with the item's key and what it is now, in DynamoDB JSON.
    A list of attributes is preceded by `EventType`. What a removed item no longer has arrives
    as empty text. `cache` is the cache that the topic is in (default: the endpoint's).

    See Momento: HTTP API for Topics, "Publish".
    """

    topic: str | Attribute
    value: Value | None = None
    events: Collection[str] = EVENTS
    cache: str | None = None

    def routes(self, *, stream: Stream, narrowing: Narrowing) -> Mapping[str, Route]:
        """Return the route.

        Raises:
            MappingError: requests made so would fail.

        """
        self._check_events()
        topic = self._topic(stream)
        own = None
        if isinstance(self.topic, Attribute) and not stream.keys.has(self.topic):
            own = self.topic
        return {
            PUBLISH: Route(
                patterns=narrowing.of(self.events, own),
                input_template=template(self._value(), stream=stream, events=self.events),
                path_parameters=(topic,),
            )
        }

    def _value(self) -> Value:
        if self.value is None:
            gone = set(self.events) == {"REMOVE"}
            image = {"OldImage": Field.OLD_IMAGE} if gone else {"NewImage": Field.NEW_IMAGE}
            return {"EventType": Field.EVENT_NAME, "Keys": Field.KEYS, **image}
        if isinstance(self.value, Field | Mapping | str):
            if self.value == Field.NEW_IMAGE and "REMOVE" in self.events:
                raise MappingError(
                    "the message is the new image, so that of a removed item would be empty:"
                    ' write {"EventType": Field.EVENT_NAME, "Keys": Field.KEYS,'
                    ' "NewImage": Field.NEW_IMAGE}, or events=("INSERT", "MODIFY")'
                )
            return self.value
        return {"EventType": Field.EVENT_NAME, **members(self.value)}

    def _topic(self, stream: Stream) -> str:
        if isinstance(self.topic, Attribute):
            if self.topic.type not in ("S", "N"):
                raise MappingError(
                    f"the topic is {self.topic}; a topic's name is text: use an attribute of the"
                    " type S or N"
                )
            return path(stream.part_of(self.topic, self.events, "the topic"), self.topic)
        if not re.fullmatch(r"[A-Za-z0-9._-]{1,255}", self.topic):
            raise MappingError(
                f"the topic is {self.topic!r}; use 1 to 255 letters, digits, dots, dashes or"
                ' underscores, or Attribute("Name") for an attribute that holds the topic'
            )
        return self.topic

    def _check_events(self) -> None:
        if isinstance(self.events, str) or not self.events or not set(self.events) <= set(EVENTS):
            raise MappingError(
                f"the topic's events are {self.events!r}; choose from {', '.join(EVENTS)}"
            )
