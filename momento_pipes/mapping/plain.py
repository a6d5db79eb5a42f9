"""Parts of a value that only a workflow can send: plain JSON, and the old image's attributes."""

from dataclasses import dataclass
from typing import TypeAlias

from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.errors import MARK, MappingError, NotText, shown
from momento_pipes.mapping.record import Field
from momento_pipes.mapping.text import Text

IMAGES = (Field.KEYS, Field.NEW_IMAGE, Field.OLD_IMAGE)


@dataclass(frozen=True)
class Before(NotText):
    """An attribute as it was before the change: from the old image.

    For an inserted item, empty text is sent. Only `TOPOLOGY=workflow` can send this.
    """

    attribute: Attribute

    def __post_init__(self) -> None:
        if not isinstance(self.attribute, Attribute):
            raise MappingError(
                f"Before has {shown(self.attribute)}; write an attribute:"
                ' Before(Attribute("Status"))'
            )

    @property
    def label(self) -> str:
        """The name in messages."""
        return f"{self.attribute.label} before the change"

    def __repr__(self) -> str:
        return f"Before{MARK}({self.attribute!r})"


@dataclass(frozen=True)
class Plain(NotText):
    """An attribute, an image or the keys as plain JSON, without DynamoDB's type descriptors.

    Text is escaped. A number is a JSON number if a double has exactly its value with at most 15
    digits. Otherwise it is text, so that no digit is lost. A set becomes a list, a binary value
    Base64, and NULL and missing values become null. Only `TOPOLOGY=workflow` can send this.
    """

    of: Attribute | Before | Field

    def __post_init__(self) -> None:
        if isinstance(self.of, Attribute | Before) or self.of in IMAGES:
            return
        given = self.of.label if isinstance(self.of, Field) else shown(self.of)
        raise MappingError(
            f"Plain has {given}; write an attribute, Before(attribute), Field.KEYS,"
            " Field.NEW_IMAGE or Field.OLD_IMAGE"
        )

    @property
    def label(self) -> str:
        """The name in messages."""
        return f"{self.of.label} as plain JSON"

    def __repr__(self) -> str:
        return f"Plain{MARK}({self.of!r})"


WorkflowPart: TypeAlias = Text | Before | Plain
"""A part of a value that only a workflow can send."""
