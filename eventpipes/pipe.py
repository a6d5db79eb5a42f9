"""A pipe: it makes a request, or an event for a bus, from one stream record."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from eventpipes import pattern as event_pattern
from eventpipes.definition import MAX_FILTERS, MAX_PATTERN_LENGTH, Definition
from eventpipes.envelope import Envelope
from eventpipes.errors import EventPipesError, InvalidDefinition, Undeliverable, Unsupported
from eventpipes.outcome import Filtered, Outcome, Requests, Unprocessable
from eventpipes.pattern.explanation import Explanation, of_any
from eventpipes.request import RequestForm
from eventpipes.service_model import PIPES
from eventpipes.template import Template, from_json, timestamp, to_json
from eventpipes.trace import Piece, Pieces, TracedRequest, whole
from eventpipes.workflow_target import ParsedMachine, workflow_refusals


class Pipe:
    """A definition, checked and compiled.

    Raises:
        InvalidDefinition: EventBridge would refuse it; the message names the pipe.
        Unsupported: EventBridge would accept it, but this engine cannot run it exactly.

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
        self._filters = tuple(definition.filters)
        self._patterns = [event_pattern.compile(text) for text in self._filters]
        self._matchers = [pattern.matches for pattern in self._patterns]
        text = definition.input_template
        self._template = Template(text) if text else None  # "" is the provider's null
        self._target = _target(definition)
        self._context = {
            "aws.pipes.pipe-arn": definition.arn,
            "aws.pipes.pipe-name": definition.name,
            "aws.pipes.source-arn": definition.source.arn,
            "aws.pipes.target-arn": definition.target_arn,
        }
        self._timed = self._template is not None and "ingestion-time" in self._template.text

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each part that AWS accepts and that is probably a mistake."""
        template = () if self._template is None else self._template.warnings
        return (*template, *self._target.warnings)

    def matches(self, record: Mapping[str, object]) -> bool:
        """Return whether a filter matches. Without filters, every record matches."""
        for matches in self._matchers:
            if matches(record):
                return True
        return not self._matchers

    def explain(self, record: Mapping[str, object]) -> Explanation:
        """Return which clauses of the filters match or refuse a record.

        `explanation.matched` is always what `matches` returns.
        """
        explained = (pattern.explain(record) for pattern in self._patterns)
        return of_any(explained, noun="filter", name=self.definition.name)

    def trace(
        self, record: Mapping[str, object], *, now: datetime | None = None
    ) -> tuple[TracedRequest, ...]:
        """Return the requests that `process` returns, in pieces that say what gave them.

        Without a request there is none; a pipe to an event bus sends none itself. `now` is the
        record's ingestion time (default: now).
        """
        if not self.matches(record):
            return ()
        try:
            return self._trace(record, now)
        except Undeliverable:
            return ()

    def _trace(
        self, record: Mapping[str, object], now: datetime | None
    ) -> tuple[TracedRequest, ...]:
        template, target = self._template, self._target
        if isinstance(target, ParsedMachine):
            items = self.items([record], now=now)
            return target.trace(items, now, is_record=template is None)
        if isinstance(target, Envelope):
            return ()
        if template is None:
            body: Pieces = (Piece(to_json(record), whole(record)),)
        else:
            body = template.trace(record, self._context_at(now))
        traced = target.trace(record, body)
        return (traced,) if isinstance(traced, TracedRequest) else ()

    def _context_at(self, now: datetime | None) -> Mapping[str, str]:
        if not self._timed:
            return self._context
        return {**self._context, "aws.pipes.event.ingestion-time": timestamp(now)}

    def process(self, record: Mapping[str, object], *, now: datetime | None = None) -> Outcome:
        """Return the outcome of a record. `now` is its ingestion time (default: now)."""
        if not self.matches(record):
            return Filtered(self._filters)
        try:
            return self._make(record, now)
        except Undeliverable as error:
            return Unprocessable(str(error))

    def process_batch(
        self, records: Iterable[Mapping[str, object]], *, now: datetime | None = None
    ) -> Requests | Unprocessable:
        """Return the requests of a state machine for one batch of records that match.

        Raises:
            Unsupported: the target is not a state machine.

        """
        if not isinstance(self._target, ParsedMachine):
            raise Unsupported(f"pipe {self.definition.name}: only a state machine takes batches")
        try:
            return self._target.requests(self.items(records, now=now), now)
        except Undeliverable as error:
            return Unprocessable(str(error))

    def items(
        self, records: Iterable[Mapping[str, object]], *, now: datetime | None = None
    ) -> list[Any]:
        """Return the items of a batch for the target: each record through the input template.

        Raises:
            Undeliverable: a record has a value that JSON cannot have, or is nested too deep.

        """
        return [self._item(record, now) for record in records]

    def _item(self, record: Mapping[str, object], now: datetime | None) -> object:
        rendered = self._render(record, now)
        if rendered is None:
            return record
        try:
            return from_json(rendered)
        except ValueError:
            return rendered

    def _render(self, record: Mapping[str, object], now: datetime | None) -> str | None:
        template = self._template
        return None if template is None else template.render(record, self._context_at(now))

    def _make(self, record: Mapping[str, object], now: datetime | None) -> Outcome:
        if isinstance(self._target, ParsedMachine):
            return self._target.requests(self.items([record], now=now), now)
        rendered = self._render(record, now)
        if isinstance(self._target, Envelope):
            return self._target.wrap(record, rendered, now or datetime.now(UTC))
        return self._target.fill(record, to_json(record) if rendered is None else rendered)


def _target(definition: Definition) -> RequestForm | Envelope | ParsedMachine:
    if definition.state_machine is not None:
        return ParsedMachine(definition.state_machine)
    if definition.event_bus is not None:
        return Envelope(definition, definition.event_bus)
    return RequestForm(
        definition.destination,
        path_parameters=definition.path_parameters,
        query_string=definition.query_string,
        headers=definition.headers,
        model=PIPES,
    )


def refusals(definition: Definition) -> Iterator[EventPipesError]:
    """Yield an error for each fault in the number of filters, the batch size or the target.

    The error is `Unsupported` if AWS accepts the pipe, but the local cloud cannot run it.
    """
    if len(definition.filters) > MAX_FILTERS:
        yield InvalidDefinition(
            f"there are {len(definition.filters)} filters, and a pipe may have {MAX_FILTERS}:"
            " join patterns with $or"
        )
    if definition.state_machine is not None:
        yield from workflow_refusals(definition, definition.state_machine)
        return
    size, to_bus = definition.source.batch_size, definition.event_bus is not None
    if size != 1 and to_bus:
        yield Unsupported(
            f"batch_size is {size}; the engine puts one record at a time on a bus: use 1"
        )
    elif size != 1 and definition.destination.endpoint:
        yield InvalidDefinition(
            f"batch_size is {size}, but an API destination takes one record at a time: use 1"
        )
    if to_bus and (definition.path_parameters or definition.query_string or definition.headers):
        yield InvalidDefinition(
            "it has HTTP parameters, but its target is an event bus: write them in the bus's rules"
        )


def _check(definition: Definition) -> None:
    """Raise an error for what EventBridge refuses, except in patterns and templates."""
    if definition.unsupported:
        raise Unsupported(definition.unsupported)
    for refusal in refusals(definition):
        raise refusal
    source = definition.source
    age = source.maximum_record_age
    if age != -1 and not 60 <= age <= 604_800:  # noqa: PLR2004 - the API's own bounds
        raise InvalidDefinition(
            f"maximum_record_age_in_seconds is {age}; use 60 to 604800, or -1 for no limit"
        )
    if not -1 <= source.maximum_retry_attempts <= 10_000:  # noqa: PLR2004 - the API's own bounds
        raise InvalidDefinition(
            f"maximum_retry_attempts is {source.maximum_retry_attempts}; use 0 to 10000,"
            " or -1 for no limit"
        )
    for text in definition.filters:
        if len(text) > MAX_PATTERN_LENGTH:
            raise InvalidDefinition(
                f"a filter pattern has {len(text)} characters and may have {MAX_PATTERN_LENGTH}"
            )
