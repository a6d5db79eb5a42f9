"""A pipe: from one stream record to the request it would send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from eventpipes import pattern as event_pattern
from eventpipes.definition import MAX_FILTERS, MAX_PATTERN_LENGTH, Definition, Secret
from eventpipes.errors import EventPipesError, InvalidDefinition, Unsupported
from eventpipes.parameters import compile_value, compile_values, encode, fill
from eventpipes.path import is_path
from eventpipes.template import Template, to_json

WILDCARD = "*"
DEFAULT_HEADERS = {
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Amazon/EventBridge/ApiDestinations",
}
"""What EventBridge sends unless the pipe or the connection says otherwise."""


@dataclass(frozen=True)
class Filtered:
    """No filter matches: the record is skipped, which is no error."""

    filters: tuple[str, ...]


class Request(NamedTuple):
    """The HTTP request for one record; secrets do not show in `repr`."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Unprocessable:
    """No request can be made of the record; the reason says why."""

    reason: str


Outcome = Filtered | Request | Unprocessable


class Pipe:
    """A definition, checked and compiled.

    Raises:
        InvalidDefinition: EventBridge would not take it; the message names the pipe.
        Unsupported: EventBridge would, but this engine cannot run it faithfully.

    """

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        try:
            self._compile(definition)
        except (InvalidDefinition, Unsupported) as error:
            raise type(error)(f"pipe {definition.name}: {error}") from None
        except EventPipesError as error:
            raise InvalidDefinition(f"pipe {definition.name}: {error}") from error

    def _compile(self, definition: Definition) -> None:
        _check(definition)
        destination, connection = definition.destination, definition.destination.connection
        self._filters = tuple(definition.filters)
        self._matchers = [event_pattern.compile(text).matches for text in self._filters]
        self._template = (
            None if definition.input_template is None else Template(definition.input_template)
        )
        self._endpoint = _Endpoint(destination.endpoint, definition.path_parameters)
        own = compile_values(definition.query_string)
        self._query = [
            (f"{encode(name)}=", value)
            for name, value in own
            if name not in connection.query_string
        ]
        self._fixed_query = [
            f"{encode(name)}={encode(value)}" for name, value in connection.query_string.items()
        ]
        self._separator = "&" if "?" in destination.endpoint else "?"
        taken = {name.lower() for name in connection.headers}
        self._headers = [
            (name, value)
            for name, value in compile_values(definition.headers)
            if name.lower() not in taken
        ]
        named = taken | {name.lower() for name, _ in self._headers}
        self._fixed_headers = {
            name: value for name, value in DEFAULT_HEADERS.items() if name.lower() not in named
        } | dict(connection.headers)
        self._context = {
            "aws.pipes.pipe-arn": definition.arn,
            "aws.pipes.pipe-name": definition.name,
            "aws.pipes.source-arn": definition.source.arn,
            "aws.pipes.target-arn": definition.target_arn,
        }
        self._timed = self._template is not None and "ingestion-time" in self._template.text

    def matches(self, record: Mapping[str, object]) -> bool:
        """Return whether any filter matches; without filters, every record does."""
        for matches in self._matchers:
            if matches(record):
                return True
        return not self._matchers

    def _context_at(self, now: datetime | None) -> Mapping[str, str]:
        if not self._timed:
            return self._context
        moment = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {**self._context, "aws.pipes.event.ingestion-time": moment}

    def process(self, record: Mapping[str, object], *, now: datetime | None = None) -> Outcome:
        """Return what becomes of a record. `now` is its ingestion time (default: now)."""
        if not self.matches(record):
            return Filtered(self._filters)
        if self._template is None:
            body = to_json(record)
        else:
            body = self._template.render(record, self._context_at(now))
        url = self._endpoint.url(record)
        query = [name + encode(value(record)) for name, value in self._query]
        query += self._fixed_query
        if query:
            url = f"{url}{self._separator}{'&'.join(query)}"
        headers = self._fixed_headers
        if self._headers:
            own = {name: value(record) for name, value in self._headers}
            for name, text in own.items():
                if "\n" in text or "\r" in text:
                    return Unprocessable(f"the header {name} would hold a line break")
            headers = own | headers
        return Request(self.definition.destination.method, url, headers, body)


class _Endpoint:
    """An endpoint and its path parameters; constant ones are filled in once."""

    def __init__(self, endpoint: str, parameters: Sequence[str]) -> None:
        self._pieces = endpoint.split(WILDCARD)
        self._values = [compile_value(value) for value in parameters]
        constant = not any(map(is_path, parameters))
        self._filled = fill(self._pieces, parameters) if constant else None

    def url(self, record: Mapping[str, object]) -> str:
        """Return the URL for a record, without a query string of the pipe's."""
        if self._filled is not None:
            return self._filled
        return fill(self._pieces, [value(record) for value in self._values])


def _check(definition: Definition) -> None:
    """Raise for what EventBridge refuses beyond patterns and templates."""
    unsupported = definition.unsupported or definition.destination.connection.unsupported
    if unsupported:
        raise Unsupported(unsupported)
    source = definition.source
    if source.batch_size != 1:
        raise InvalidDefinition(
            f"batch_size is {source.batch_size}, but an API destination takes one record at a"
            " time: use 1"
        )
    age = source.maximum_record_age
    if age != -1 and not 60 <= age <= 604_800:  # noqa: PLR2004 - the API's own bounds
        raise InvalidDefinition(
            f"maximum_record_age_in_seconds is {age}; use 60 to 604800, or -1 for no bound"
        )
    if not -1 <= source.maximum_retry_attempts <= 10_000:  # noqa: PLR2004 - the API's own bounds
        raise InvalidDefinition(
            f"maximum_retry_attempts is {source.maximum_retry_attempts}; use 0 to 10000,"
            " or -1 for no bound"
        )
    if len(definition.filters) > MAX_FILTERS:
        raise InvalidDefinition(
            f"{len(definition.filters)} filters, and a pipe takes {MAX_FILTERS}:"
            " join patterns with $or"
        )
    for text in definition.filters:
        if len(text) > MAX_PATTERN_LENGTH:
            raise InvalidDefinition(
                f"a filter pattern has {len(text)} characters and may have {MAX_PATTERN_LENGTH}"
            )
    wildcards = definition.destination.endpoint.count(WILDCARD)
    if wildcards != len(definition.path_parameters):
        raise InvalidDefinition(
            f"{len(definition.path_parameters)} path parameters, but the endpoint"
            f" {definition.destination.endpoint} has {wildcards} wildcards (*): give one each"
        )


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers that may be shown: secrets as three stars."""
    return {name: "***" if isinstance(value, Secret) else value for name, value in headers.items()}
