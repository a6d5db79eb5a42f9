"""A state machine as a pipe's target: the requests that it sends for a record.

What runs state machines is imported when there is one: it takes a tenth of a second, which every
command of a stack without one would wait for.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from eventpipes.definition import Connection, Definition, Secret, StateMachineTarget
from eventpipes.errors import EventPipesError, InvalidDefinition, Undeliverable, Unsupported
from eventpipes.outcome import Request, Requests

if TYPE_CHECKING:
    from eventpipes.workflow import HttpCall, StateMachine

SYNCHRONOUS = "REQUEST_RESPONSE"
_MAX_BATCH = 10_000
_MAX_WINDOW = 300
_MAX_FACTOR = 10


class WorkflowTarget:
    """A state machine, parsed, and its connections.

    Raises:
        InvalidDefinition: Step Functions would refuse the state machine.
        Unsupported: this engine does not run it, or does not know a connection.

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
            Undeliverable: the execution does not succeed, or sends nothing but a dead letter.

        """
        from eventpipes.workflow.trial import requests_of  # see above

        trial = requests_of(self.machine, items, arn=self._target.arn, now=now)
        execution = trial.execution
        if execution.status != "SUCCEEDED":
            why = f"{execution.error or execution.status}: {execution.cause or ''}"
            raise Undeliverable(f"the state machine fails: {why}")
        if trial.letters and not trial.calls:
            raise Undeliverable(f"the state machine sends a dead letter: {trial.letters[0]:.200}")
        return Requests(
            tuple(self.request(call) for call in trial.calls),
            states=tuple(call.state for call in trial.calls),
        )

    def request(self, call: "HttpCall") -> Request:
        """Return the request of a call, with what its connection adds."""
        connection = self._target.connections[call.connection_arn]
        return Request(
            call.method, _url(call.url, connection), _headers(call, connection), call.body
        )


def connections_of(definition: str) -> frozenset[str]:
    """Return the ARNs of the connections of a definition; none if it cannot be parsed."""
    try:
        return _parse(definition).connections
    except EventPipesError:
        return frozenset()


def _parse(definition: str) -> "StateMachine":
    from eventpipes.workflow import StateMachine  # see above

    return StateMachine.parse(definition)


def _headers(call: "HttpCall", connection: Connection) -> Mapping[str, str]:
    """Return all headers; those of the connection win."""
    own = {name.lower() for name in connection.headers}
    kept = {name: text for name, text in call.headers.items() if name.lower() not in own}
    return {**kept, **connection.headers}


def _url(url: str, connection: Connection) -> str:
    if not connection.query_string:
        return url
    base, _, query = url.partition("?")
    pairs = [pair for pair in query.split("&") if pair]
    kept = [p for p in pairs if unquote(p.partition("=")[0]) not in connection.query_string]
    return f"{base}?{'&'.join([*kept, *_encoded(connection.query_string)])}"


def _encoded(parameters: Mapping[str, Secret]) -> Iterable[str]:
    return (f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in parameters.items())


def workflow_refusals(
    definition: Definition, target: StateMachineTarget
) -> Iterator[EventPipesError]:
    """Yield what cannot be run of a pipe to a state machine, but for the machine itself."""
    source = definition.source
    if target.type != "EXPRESS" and target.invocation_type == SYNCHRONOUS:
        yield InvalidDefinition(
            f"its state machine is {target.type}; only EXPRESS answers a pipe ({SYNCHRONOUS})"
        )
    if target.invocation_type != SYNCHRONOUS:
        if source.on_partial_batch_item_failure:
            yield InvalidDefinition(
                f"invocation_type is {target.invocation_type}, so no answer says which records"
                f" failed (on_partial_batch_item_failure): use {SYNCHRONOUS}"
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
            " AWS has AUTOMATIC_BISECT"
        )
    if definition.path_parameters or definition.query_string or definition.headers:
        yield InvalidDefinition(
            "it has HTTP parameters, but its target is a state machine: its tasks have them"
        )
