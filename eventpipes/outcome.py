"""What becomes of a record in a pipe, or of an event in a rule."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from eventpipes.definition import Secret


@dataclass(frozen=True)
class Filtered:
    """No filter matches: the record is skipped, which is no error."""

    filters: tuple[str, ...]


class Request(NamedTuple):
    """The HTTP request for one record or event; secrets do not show in `repr`."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Event:
    """What a pipe puts on an event bus; the envelope is what the bus's rules get."""

    bus_arn: str
    envelope: Mapping[str, object]


@dataclass(frozen=True)
class Unprocessable:
    """Nothing can be made of the record; the reason says why."""

    reason: str


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that may be shown: secrets as three stars."""
    return {name: "***" if isinstance(value, Secret) else value for name, value in headers.items()}
