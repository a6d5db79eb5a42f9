"""A stack's own form to write an item; a table without one gets a JSON editor."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from live.items import Item


@dataclass(frozen=True, kw_only=True)
class FormField:
    """A field of a form; `example` is what it shows first."""

    name: str
    label: str
    type: str = "text"
    unit: str | None = None
    min: float | None = None
    max: float | None = None
    step: float | str | None = None
    maxlength: int | None = None
    required: bool = True
    example: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it for the page."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class FormButton:
    """A button that writes items without the fields."""

    id: str
    label: str
    help: str


class Form(Protocol):
    """What a form needs; its errors name the fields by their labels (`ConsoleError.fields`)."""

    table: str
    """The name of the table that it writes to."""
    title: str
    fields: Sequence[FormField]
    actions: Sequence[FormButton]

    def parse(self, values: Mapping[str, Any]) -> Item:
        """Return the item of the fields' values, by the fields' names.

        Raises:
            ConsoleError: a value is missing or wrong.

        """

    def act(self, action: str, values: Mapping[str, Any]) -> Sequence[Item]:
        """Return the items that an action writes.

        Raises:
            ConsoleError: there is no such action, or it cannot be done.

        """

    def written_at(self, item: Item) -> float | None:
        """Return when an item was written, in seconds since 1970; None if it does not tell."""
