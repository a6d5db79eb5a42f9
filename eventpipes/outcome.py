"""The outcome of a record in a pipe, or of an event in a rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eventpipes.definition import Secret


@dataclass(frozen=True)
class Filtered:
    """No filter matches, so the pipe skips the record. This is not an error."""

    filters: tuple[str, ...]


class Request(NamedTuple):
    """The HTTP request for one record or event. Its `repr` does not show secrets."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str

    def as_json(self) -> dict[str, Any]:
        """Return the request for people and scripts, with three stars in place of secrets."""
        return {**self._asdict(), "headers": masked(self.headers)}


@dataclass(frozen=True)
class Event:
    """The event that a pipe puts on an event bus. The bus's rules get the envelope."""

    bus_arn: str
    envelope: Mapping[str, object]


@dataclass(frozen=True)
class Requests:
    """The requests that a state machine sends for a record, in their order. It may send none.

    `states` are the names of the tasks that send them, if they are known.
    """

    requests: tuple[Request, ...]
    states: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Unprocessable:
    """The record gives neither a request nor an event, for this reason."""

    reason: str


Outcome = Filtered | Request | Requests | Event | Unprocessable
"""What a pipe makes of a record."""


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that may be shown, with three stars in place of secrets."""
    return {name: "***" if isinstance(value, Secret) else value for name, value in headers.items()}
