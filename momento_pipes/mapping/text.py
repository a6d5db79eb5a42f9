"""Text that is joined from several parts of an item."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from momento_pipes.mapping.attribute import Attribute, KeySchema
from momento_pipes.mapping.errors import MARK, MappingError, NotText, must_be_literal, shown

JOINED_TYPES = ("S", "N", "B")


class Text(NotText):
    """A text that a workflow joins from attributes and constants; the types are S, N or B.

    >>> Text(Attribute("Tenant"), "#", Attribute("OrderId")).label
    'Tenant (S) + "#" + OrderId (S)'

    Only `TOPOLOGY=workflow` can send it. A binary attribute (B) is joined in Base64, as in a
    stream.

    Raises:
        MappingError: it has no attribute, or a part is neither an attribute nor text.

    """

    def __init__(self, *parts: "Attribute | str") -> None:
        for part in parts:
            if isinstance(part, str):
                must_be_literal(part, "a joined text")
            elif not isinstance(part, Attribute) or part.type not in JOINED_TYPES:
                given = part.label if isinstance(part, Attribute) else shown(part)
                raise MappingError(
                    f"a joined text has the part {given}; its parts are constant text and"
                    f' attributes of the types {", ".join(JOINED_TYPES)}: Text(tenant, "#", order)'
                )
        if not any(isinstance(part, Attribute) for part in parts):
            raise MappingError("a joined text has no attribute; write only the text instead")
        self.parts = parts

    @property
    def attributes(self) -> Iterator[Attribute]:
        """The attributes among the parts."""
        return (part for part in self.parts if isinstance(part, Attribute))

    @property
    def is_parted(self) -> bool:
        """Whether there is text between all attributes."""
        pairs = zip(self.parts, self.parts[1:], strict=False)
        return not any(
            isinstance(part, Attribute) and (isinstance(after, Attribute) or not after)
            for part, after in pairs
        )

    @property
    def label(self) -> str:
        """The parts for messages."""
        return " + ".join(
            part.label if isinstance(part, Attribute) else f'"{part}"' for part in self.parts
        )

    def __repr__(self) -> str:
        return f"Text{MARK}{self.parts!r}"


Joined: TypeAlias = Attribute | Text
"""A text that is read from an item: one attribute, or several parts."""


def must_be_named(joined: object, subject: str) -> None:
    """Raise an error if an attribute with the name of `subject` is not text or a number.

    Raises:
        MappingError: it has another type.

    """
    if isinstance(joined, Attribute) and joined.type not in ("S", "N"):
        raise MappingError(
            f"the name of {subject} is in {joined.label}; a name is text: use an attribute of the"
            " type S or N"
        )


def attributes_of(joined: Joined) -> list[Attribute]:
    """Return the attributes in a joined text."""
    return [joined] if isinstance(joined, Attribute) else list(joined.attributes)


def changing_in(texts: Iterable[object], keys: KeySchema) -> list[Attribute]:
    """Return the attributes in texts that are no keys of the table, so that they may change."""
    joined = (text for text in texts if isinstance(text, Joined))
    return [each for text in joined for each in attributes_of(text) if not keys.has(each)]
