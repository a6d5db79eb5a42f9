"""The places of an item's parts in a stream record."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum

from momento_pipes.mapping.attribute import Attribute, KeySchema, StreamView
from momento_pipes.mapping.errors import MARK, MappingError, NotText

EVENTS = ("INSERT", "MODIFY", "REMOVE")
EXPIRE, DELETE = "EXPIRE", "DELETE"
"""A removal by DynamoDB because the item has expired, and any other removal."""
KINDS = (*EVENTS, EXPIRE, DELETE)
BY_TTL = {"principalId": ["dynamodb.amazonaws.com"], "type": ["Service"]}
"""The identity that removes an expired item ("DynamoDB Streams and Time to Live")."""
NOT_BY_TTL = {"principalId": [{"anything-but": BY_TTL["principalId"]}, {"exists": False}]}
IMAGE_OF = {"NewImage": ("INSERT", "MODIFY"), "OldImage": ("MODIFY", "REMOVE")}
"""The events whose records have an image. An insert has no old image, a removal no new image."""
IN_WORDS = {"NewImage": "the new image", "OldImage": "the old image"}


class Field(NotText, Enum):
    """A part of a record, other than an attribute of the item, as a JSON path.

    Keys and images are DynamoDB JSON. `CREATED` is in seconds since 1970. `SEQUENCE_NUMBER`
    increases in a shard. If DynamoDB removed an expired item, `REMOVED_BY` is
    `dynamodb.amazonaws.com` and `REMOVED_BY_TYPE` is `Service`. Otherwise both are missing, and
    empty text is sent. See AWS: DynamoDB Streams API reference, "StreamRecord"; "DynamoDB Streams
    and Time to Live".
    """

    EVENT_NAME = "$.eventName"
    EVENT_ID = "$.eventID"
    CREATED = "$.dynamodb.ApproximateCreationDateTime"
    SEQUENCE_NUMBER = "$.dynamodb.SequenceNumber"
    KEYS = "$.dynamodb.Keys"
    NEW_IMAGE = "$.dynamodb.NewImage"
    OLD_IMAGE = "$.dynamodb.OldImage"
    REMOVED_BY = "$.userIdentity.principalId"
    REMOVED_BY_TYPE = "$.userIdentity.type"

    @property
    def label(self) -> str:
        """The name in messages."""
        return f"Field.{self.name}"

    def __repr__(self) -> str:
        return f"Field{MARK}.{self.name}"


def names_of(kinds: Collection[str]) -> tuple[str, ...]:
    """Return the event names that a stream has for these kinds of events.

    >>> names_of(["EXPIRE", "INSERT"])
    ('INSERT', 'REMOVE')
    """
    names = {"REMOVE" if kind in (EXPIRE, DELETE) else kind for kind in kinds}
    return tuple(name for name in EVENTS if name in names)


@dataclass(frozen=True)
class Stream:
    """The facts about a table that a mapping needs: its key, and its stream's view."""

    keys: KeySchema
    view: StreamView = StreamView.NEW_AND_OLD_IMAGES

    def part_of(self, attribute: Attribute, events: Collection[str], purpose: str) -> str:
        """Return the part of a record that has an attribute for each of these events.

        The part is `Keys`, `NewImage` or `OldImage`.

        Raises:
            MappingError: no part has it for all events, or the stream does not show the part.

        """
        if self.keys.has(attribute):
            return "Keys"
        for image, there in IMAGE_OF.items():
            if set(events) <= set(there):
                self.must_show(image, f"{purpose} is {attribute.label}")
                return image
        raise MappingError(
            f"{purpose} is {attribute.label}, which is in the new image if an item is written, and"
            " in the old image if it is removed. A pipe reads only one place: use a key"
            ' attribute, or narrow the events to ("INSERT", "MODIFY") or to ("REMOVE",)'
        )

    def must_show(self, image: str, purpose: str) -> None:
        """Raise an error if the stream does not show an image.

        Raises:
            MappingError: the message begins with `purpose`.

        """
        if image not in self.view.images:
            raise MappingError(
                f"{purpose}, but the stream's view {self.view} has no {IN_WORDS[image][4:]}:"
                " give the table a stream of NEW_AND_OLD_IMAGES, or use only its keys"
            )


def path(part: str, attribute: Attribute) -> str:
    """Return the JSON path of an attribute in a part of a record.

    >>> path("Keys", Attribute("Location"))
    '$.dynamodb.Keys.Location.S'
    """
    return f"$.dynamodb.{part}.{attribute.path}"
