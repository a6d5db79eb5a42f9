"""Attributes and keys of an item, and the images of the item in a stream.

See AWS: "Supported data types and naming rules in Amazon DynamoDB".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from momento_pipes.mapping.errors import (
    MARK,
    MappingError,
    NotText,
    as_text,
    must_be_literal,
    shown,
)

TYPES = ("S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS")
"""DynamoDB's type descriptors: string, number, binary, Boolean, null, map, list, three sets."""
KEY_TYPES = ("S", "N", "B")
IN_A_PATH = re.compile(r"[A-Za-z0-9_/-]+")
"""The characters that EventBridge Pipes allows in the names of a path."""
PLACE = re.compile(rf"{IN_A_PATH.pattern}(\.M\.{IN_A_PATH.pattern}|\.L\[\d+\])*")


@dataclass(frozen=True)
class Attribute(NotText):
    """An attribute by its name and type descriptor, or a part of an attribute: of a map or list.

    >>> Attribute("MaxTemp", "N").path
    'MaxTemp.N'
    >>> Attribute("Address", "M").member("City").path
    'Address.M.City.S'
    >>> Attribute("Tags", "L").element(0).path
    'Tags.L[0].S'

    A table's key may have any name. An attribute can be mapped only if a path can have its name.

    Raises:
        MappingError: DynamoDB does not have the type, or does not allow the name or the place.

    """

    name: str
    type: str = "S"
    place: str = ""
    """The path of the value in the item, without its type. A whole attribute has its name."""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise MappingError(
                f'an attribute\'s name is {shown(self.name)}; write text, such as "City"'
            )
        must_be_literal(self.name, "an attribute's name")
        if self.type not in TYPES:
            raise MappingError(
                f"the attribute {self.name} has the type {shown(self.type)}; write one of"
                f" DynamoDB's descriptors: {', '.join(TYPES)}"
            )
        object.__setattr__(self, "place", self.place or self.name)
        if not self.is_whole and not PLACE.fullmatch(self.place):
            raise MappingError(
                f"the attribute {self.name} is at {self.place!r}, which is not a place in an item:"
                ' write Attribute("Address", "M").member("City") for a part of a map, and'
                " element(0) for a part of a list"
            )

    @property
    def is_whole(self) -> bool:
        """Whether this is a whole attribute of the item, and not a part of it."""
        return self.place == self.name

    @property
    def path(self) -> str:
        """The path of the value in the item's DynamoDB JSON.

        Raises:
            MappingError: a path cannot have the name.

        """
        _must_fit_a_path(self.name)
        return f"{self.place}.{self.type}"

    @property
    def top(self) -> str:
        """The name of the whole attribute."""
        return self.name if self.is_whole else re.split(r"[.[]", self.place, maxsplit=1)[0]

    def member(self, name: str, type_: str = "S") -> "Attribute":
        """Return a member of a map.

        Raises:
            MappingError: this is not a map, or a path cannot have the name.

        """
        self._must_be("M", "a map", f"member({shown(name)})")
        _must_fit_a_path(name)
        return Attribute(name, type_, f"{self.path}.{name}")

    def element(self, index: int, type_: str = "S") -> "Attribute":
        """Return an element of a list, counted from 0. Its name is the list's name.

        Raises:
            MappingError: this is not a list, or the index is negative.

        """
        self._must_be("L", "a list", f"element({shown(index)})")
        if not isinstance(index, int) or index < 0:
            raise MappingError(
                f"element({shown(index)}) of {self.label}: write the number of an element; the"
                " first is 0"
            )
        return Attribute(self.name, type_, f"{self.path}[{index}]")

    @property
    def label(self) -> str:
        """The name in messages: the place and the type."""
        return f"{self.place} ({self.type})"

    def __repr__(self) -> str:
        return f"Attribute{MARK}({self.name!r}, {self.type!r}, {self.place!r})"

    def __format__(self, spec: str) -> str:
        raise as_text(repr(self))

    def __add__(self, other: object) -> NoReturn:
        raise as_text(repr(self))

    __radd__ = __add__

    def _must_be(self, type_: str, kind: str, part: str) -> None:
        if self.type != type_:
            raise MappingError(
                f"{part} of {self.label}: only {kind} has this; declare the attribute as"
                f' Attribute("{self.name}", "{type_}")'
            )


def _must_fit_a_path(name: object) -> None:
    if isinstance(name, str):
        must_be_literal(name, "an attribute's name")
    if not isinstance(name, str) or not IN_A_PATH.fullmatch(name):
        raise MappingError(
            f"a path of EventBridge Pipes cannot have the attribute {shown(name)}: only letters,"
            " digits, _, - and / are allowed. Write its value also to an attribute with such a"
            " name, and map that attribute"
        )


def must_be_attribute(value: object, subject: str) -> None:
    """Raise an error if a value is not an attribute. The message begins with `subject`.

    Raises:
        MappingError: it has another type, such as an attribute's name.

    """
    if not isinstance(value, Attribute):
        name = value if isinstance(value, str) else "Name"
        raise MappingError(
            f'{subject} is {shown(value)}; write Attribute("{name}"), or Attribute("{name}", "N")'
            " for a number"
        )


class StreamView(StrEnum):
    """The parts of an item that a table's stream shows (DynamoDB, "StreamViewType")."""

    KEYS_ONLY = "KEYS_ONLY"
    NEW_IMAGE = "NEW_IMAGE"
    OLD_IMAGE = "OLD_IMAGE"
    NEW_AND_OLD_IMAGES = "NEW_AND_OLD_IMAGES"

    @classmethod
    def parse(cls, view: str) -> "StreamView":
        """Return the view with this name.

        Raises:
            MappingError: no view has that name.

        """
        if view not in list(cls):
            raise MappingError(f"the stream's view is {view!r}; write one of {', '.join(cls)}")
        return cls(view)

    @property
    def images(self) -> Sequence[str]:
        """The images that a record may have."""
        return {
            StreamView.KEYS_ONLY: (),
            StreamView.NEW_IMAGE: ("NewImage",),
            StreamView.OLD_IMAGE: ("OldImage",),
            StreamView.NEW_AND_OLD_IMAGES: ("NewImage", "OldImage"),
        }[self]


@dataclass(frozen=True)
class KeySchema(NotText):
    """A table's primary key: a partition key, and a sort key if the table has one.

    Raises:
        MappingError: a key is not a string, number or binary, or both keys have the same name.

    """

    partition: Attribute
    sort: Attribute | None = None

    def __post_init__(self) -> None:
        for key in self.attributes:
            must_be_attribute(key, "a key")
            if key.type not in KEY_TYPES or not key.is_whole:
                raise MappingError(
                    f"the key is {key.label}, but a key is a whole attribute of the type S, N or B"
                )
        if self.sort and self.sort.name == self.partition.name:
            raise MappingError(
                f"{self.sort.name} is both partition key and sort key; remove the sort key"
            )

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """The keys, the partition key first."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    def __repr__(self) -> str:
        return f"KeySchema{MARK}{self.attributes!r}"

    def has(self, attribute: Attribute) -> bool:
        """Return whether an attribute is a key.

        Raises:
            MappingError: it has the name of a key, but another type.

        """
        for key in self.attributes:
            if key.name == attribute.top:
                if key != attribute:
                    raise MappingError(
                        f"{attribute.label} is the table's key {key.label}: use the key"
                    )
                return True
        return False

    def identified_by(self, attribute: Attribute) -> bool:
        """Return whether an attribute is the whole primary key."""
        return self.sort is None and self.has(attribute)
