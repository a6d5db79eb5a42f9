"""A state machine as a pipe's target: the requests that it sends for a record.

The interpreter is imported only for a stack with a state machine, because the import takes a tenth
of a second.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from eventpipes.definition import Connection, Definition, Secret, StateMachineTarget
from eventpipes.errors import EventPipesError, InvalidDefinition, Undeliverable, Unsupported
from eventpipes.outcome import Request, Requests
from eventpipes.template import check_octets, to_json
from eventpipes.trace import Origin, Piece, Pieces, TracedRequest, merged, split_pieces, text_of

if TYPE_CHECKING:
    from eventpipes.workflow import HttpCall, StateMachine
    from eventpipes.workflow.trial import Trial

SYNCHRONOUS = "REQUEST_RESPONSE"
_MAX_BATCH = 10_000
_MAX_WINDOW = 300
_MAX_FACTOR = 10


class ParsedMachine:
    """A state machine, parsed, and its connections.

    Raises:
        InvalidDefinition: Step Functions would refuse the state machine.
        Unsupported: this engine cannot run it, or a connection is not known.

    """

    def __init__(self, target: StateMachineTarget) -> None:
        try:
            self.machine = _parse(target.definition)
        except (InvalidDefinition, Unsupported) as error:
            raise type(error)(f"state machine {target.name}: {error}") from None
        self._target = target
        for arn in sorted(self.machine.connections):
            connection = target.connections.get(arn)
            reason = "is not known" if connection is None else connection.unsupported
            if reason is not None:
                raise Unsupported(f"state machine {target.name}: the connection {arn}: {reason}")

    warnings: tuple[str, ...] = ()

    def requests(self, items: Sequence[Any], now: datetime | None) -> Requests:
        """Return the requests for the items of one execution.

        Raises:
            Undeliverable: the execution fails, or it sends only a dead letter.

        """
        trial = self._trial(items, now)
        return Requests(
            tuple(self.request(call) for call in trial.calls),
            states=tuple(call.state for call in trial.calls),
        )

    def _trial(self, items: Sequence[Any], now: datetime | None) -> "Trial":
        """Run an execution; raise Undeliverable as `requests` does."""
        from eventpipes.workflow.trial import requests_of  # see above

        check_octets(to_json(list(items)))
        trial = requests_of(self.machine, items, arn=self._target.arn, now=now)
        execution = trial.execution
        if execution.status != "SUCCEEDED":
            why = f"{execution.error or execution.status}: {execution.cause or ''}"
            raise Undeliverable(f"the state machine fails: {why}")
        if trial.letters and not trial.calls:
            raise Undeliverable(f"the state machine sends a dead letter: {trial.letters[0]:.200}")
        return trial

    def trace(
        self, items: Sequence[Any], now: datetime | None, *, is_record: bool
    ) -> tuple[TracedRequest, ...]:
        """Return what `requests` returns for one item, in pieces; it raises the same errors.

        `is_record` says whether the item is the record as it was read.
        """
        from eventpipes.workflow.call_trace import trace  # see above
        from eventpipes.workflow.places import Places

        places = Places(items[0]) if is_record else None
        calls = self._trial(items if places is None else [places.record], now).calls
        tasks = self.machine.http_tasks
        return tuple(
            self._with_connection(trace(tasks[call.state], call, places), call) for call in calls
        )

    def _with_connection(self, traced: TracedRequest, call: "HttpCall") -> TracedRequest:
        """Add what the connection adds to a call, as `request` does."""
        connection = self._target.connections[call.connection_arn]
        secret = Origin(kind="connection", expression=connection.name)
        headers = {
            name: (Piece(text, secret),) if name in connection.headers else traced.headers[name]
            for name, text in _headers(call, connection).items()
        }
        return replace(traced, url=merged(_url(traced.url, connection, secret)), headers=headers)

    def request(self, call: "HttpCall") -> Request:
        """Return the request of a call, with its connection's headers and parameters."""
        connection = self._target.connections[call.connection_arn]
        url = text_of(_url((Piece(call.url),), connection))
        return Request(call.method, url, _headers(call, connection), call.body)


def connections_of(definition: str) -> frozenset[str]:
    """Return the ARNs of a definition's connections, or nothing if it cannot be parsed."""
    try:
        return _parse(definition).connections
    except EventPipesError:
        return frozenset()


def _parse(definition: str) -> "StateMachine":
    from eventpipes.workflow import StateMachine  # see above

    machine = StateMachine.parse(definition)
    if machine.is_standard_only:
        raise InvalidDefinition("a pipe runs Express workflows, which have no distributed Map")
    return machine


def _headers(call: "HttpCall", connection: Connection) -> Mapping[str, str]:
    """Return all headers. The connection's headers replace the call's."""
    own = {name.lower() for name in connection.headers}
    kept = {name: text for name, text in call.headers.items() if name.lower() not in own}
    return {**kept, **connection.headers}


def _url(url: Pieces, connection: Connection, secret: Origin | None = None) -> Iterator[Piece]:
    """Yield the pieces of a URL, with the connection's parameters in place of the call's."""
    if not connection.query_string:
        yield from url
        return
    base, *queries = split_pieces(url, "?", 1)
    pairs = [pair for query in queries for pair in split_pieces(query, "&") if text_of(pair)]
    kept = [
        p for p in pairs if unquote(text_of(p).partition("=")[0]) not in connection.query_string
    ]
    for pair in connection.query_string.items():
        name, text = (quote(part, safe="") for part in pair)
        kept.append((Piece(f"{name}="), Piece(Secret(text), secret)))
    yield from base
    for number, pieces in enumerate(kept):
        yield from (Piece("&" if number else "?"), *pieces)


def workflow_refusals(
    definition: Definition, target: StateMachineTarget
) -> Iterator[EventPipesError]:
    """Yield an error for each fault of a pipe to a state machine; the machine is not checked."""
    source = definition.source
    if target.type != "EXPRESS" and target.invocation_type == SYNCHRONOUS:
        yield InvalidDefinition(
            f"its state machine is {target.type}; only EXPRESS answers a pipe ({SYNCHRONOUS})"
        )
    if target.invocation_type != SYNCHRONOUS:
        if source.on_partial_batch_item_failure:
            yield InvalidDefinition(
                f"invocation_type is {target.invocation_type}, but on_partial_batch_item_failure"
                f" needs an answer that says which records failed: use {SYNCHRONOUS}"
            )
        yield Unsupported(
            f"invocation_type is {target.invocation_type}; the engine runs {SYNCHRONOUS}"
        )
    for name, value, least, most in (
        ("batch_size", source.batch_size, 1, _MAX_BATCH),
        ("parallelization_factor", source.parallelization_factor, 1, _MAX_FACTOR),
        ("maximum_batching_window_in_seconds", source.maximum_batching_window, 0, _MAX_WINDOW),
    ):
        if not least <= value <= most:
            yield InvalidDefinition(f"{name} is {value}; use {least} to {most}")
    if source.on_partial_batch_item_failure not in (None, "AUTOMATIC_BISECT"):
        yield InvalidDefinition(
            f"on_partial_batch_item_failure is {source.on_partial_batch_item_failure};"
            " use AUTOMATIC_BISECT"
        )
    if definition.path_parameters or definition.query_string or definition.headers:
        yield InvalidDefinition(
            "it has HTTP parameters, but its target is a state machine: write them in its tasks"
        )
