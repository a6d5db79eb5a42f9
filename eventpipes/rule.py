"""A rule of an event bus makes the request for its target from one event.

See AWS: "Rules in Amazon EventBridge", "Amazon EventBridge input transformation", and the types
Target, InputTransformer and RetryPolicy of the EventBridge API, whose limits are checked here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from eventpipes import pattern as event_pattern
from eventpipes.definition import MAX_PATTERN_LENGTH, Destination
from eventpipes.errors import (
    EventPipesError,
    InvalidDefinition,
    InvalidPath,
    Undeliverable,
    Unsupported,
)
from eventpipes.outcome import Filtered, Request, Unprocessable
from eventpipes.path import MISSING, compile_path, parse_path
from eventpipes.pattern.explanation import Explanation, of_any
from eventpipes.request import RequestForm
from eventpipes.service_model import EVENTS
from eventpipes.stream_record import ValueKind, kind_of
from eventpipes.template import Template, timestamp, to_json
from eventpipes.template_variables import Variables
from eventpipes.trace import Piece, TracedRequest, whole

MAX_PATHS = 100
MAX_PATH_LENGTH = 256
MAX_RETRY_ATTEMPTS: Final = 185
MIN_EVENT_AGE, MAX_EVENT_AGE = 60, 86_400
RESERVED: Final = frozenset(
    {
        "aws.events.event",
        "aws.events.event.ingestion-time",
        "aws.events.event.json",
        "aws.events.rule-arn",
        "aws.events.rule-name",
    }
)
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
VARIABLE = re.compile(r"[A-Za-z0-9_-]{1,256}")
_OPENING = re.compile(r"<(?=\$|aws\.events\.|[A-Za-z0-9_-]+>)")


@dataclass(frozen=True, kw_only=True)
class RuleDefinition:
    """A rule and one of its targets. A rule with several targets has several definitions.

    `event_bus` is the bus's name. `input_paths` has the JSON path of each variable of the input
    transformer. `maximum_retry_attempts` is 0 to 185; `maximum_event_age` is in seconds, 60 to
    86,400. If the engine cannot run the rule, `unsupported` says why.
    """

    name: str
    arn: str
    event_bus: str
    pattern: str
    target_id: str
    target_arn: str
    destination: Destination
    state: str = "ENABLED"
    input_path: str | None = None
    input_paths: Mapping[str, str] = field(default_factory=dict)
    input_template: str | None = None
    path_parameters: Sequence[str] = ()
    query_string: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    maximum_retry_attempts: int = MAX_RETRY_ATTEMPTS
    maximum_event_age: int = MAX_EVENT_AGE
    dead_letter_queue_arn: str | None = None
    constant_input: str | None = None
    unknown_parameters: bool = False
    """Whether its HTTP parameters are a Terraform expression."""
    unsupported: str | None = None

    @property
    def filters(self) -> tuple[str, ...]:
        """A tuple with the pattern. Pipes have the same attribute, with several filters."""
        return (self.pattern,)

    @property
    def full_name(self) -> str:
        """The name of this definition: `bus/rule/target`."""
        return f"{self.event_bus}/{self.name}/{self.target_id}"


class Rule:
    """A definition, checked and compiled.

    `warnings` has a sentence for each part that AWS accepts and that is probably a mistake.

    Raises:
        InvalidDefinition: EventBridge would refuse it; the message names the rule.
        Unsupported: EventBridge would accept it, but this engine cannot run it exactly.

    """

    def __init__(self, definition: RuleDefinition) -> None:
        self.definition = definition
        try:
            self._compile(definition)
        except (InvalidDefinition, Unsupported) as error:
            raise type(error)(f"rule {definition.name}: {error}") from None
        except EventPipesError as error:
            raise InvalidDefinition(f"rule {definition.name}: {error}") from error

    def _compile(self, definition: RuleDefinition) -> None:
        _check(definition)
        self._pattern = event_pattern.compile(definition.pattern)
        self._matches = self._pattern.matches
        self._form = RequestForm(
            definition.destination,
            path_parameters=definition.path_parameters,
            query_string=definition.query_string,
            headers=definition.headers,
            model=EVENTS,
        )
        self.warnings: tuple[str, ...] = self._form.warnings
        path, text = definition.input_path, definition.input_template
        self._read = None if path is None else compile_path(path)
        self._template = None if text is None else Template(text, variables(definition))
        if self._template is not None:
            self.warnings = (*self._template.warnings, *self.warnings)
        self._context = {
            "aws.events.rule-arn": definition.arn,
            "aws.events.rule-name": definition.name,
        }
        self._timed = text is not None and "ingestion-time" in text

    def matches(self, event: Mapping[str, object]) -> bool:
        """Return whether the rule's pattern matches the event."""
        return self._matches(event)

    def process(
        self, event: Mapping[str, object], *, now: datetime | None = None
    ) -> Filtered | Request | Unprocessable:
        """Return the outcome of an event, given with its envelope, even if the rule is disabled.

        `now` is the event's ingestion time (default: now).
        """
        if not self._matches(event):
            return Filtered(self.definition.filters)
        try:
            return self._make(event, now)
        except Undeliverable as error:
            return Unprocessable(str(error))

    def explain(self, event: Mapping[str, object]) -> Explanation:
        """Return which clauses of the pattern match or refuse an event.

        `explanation.matched` is always what `matches` returns.
        """
        return of_any([self._pattern.explain(event)], noun="rule", name=self.definition.name)

    def trace(
        self, event: Mapping[str, object], *, now: datetime | None = None
    ) -> tuple[TracedRequest, ...]:
        """Return the request that `process` returns, in pieces; without a request there is none.

        The paths of the pieces' origins are in the event: they begin with `detail`.
        """
        if not self._matches(event):
            return ()
        try:
            traced = self._trace(event, now)
        except Undeliverable:
            return ()
        return (traced,) if isinstance(traced, TracedRequest) else ()

    def _trace(
        self, event: Mapping[str, object], now: datetime | None
    ) -> TracedRequest | Unprocessable:
        if self._template is not None:
            return self._form.trace(event, self._template.trace(event, self._context_at(now)))
        made = self._make(event, now)
        if not isinstance(made, Request):
            return made
        return self._form.trace(
            event, (Piece(made.body, whole(event, self.definition.input_path)),)
        )

    def _context_at(self, now: datetime | None) -> Mapping[str, str]:
        if not self._timed:
            return self._context
        return {**self._context, "aws.events.event.ingestion-time": timestamp(now)}

    def _make(self, event: Mapping[str, object], now: datetime | None) -> Request | Unprocessable:
        if self._template is not None:
            return self._form.fill(event, self._template.render(event, self._context_at(now)))
        part = event if self._read is None else self._read(event)
        if part is MISSING:
            return Unprocessable(
                f"the event has no {self.definition.input_path}, which is the input_path, and AWS"
                " does not document what it sends then"
            )
        return self._form.fill(event, to_json(part))


def variables(definition: RuleDefinition) -> Variables:
    """Return the variables that a rule's template may use."""
    return Variables(
        prefix="aws.events.",
        reserved=RESERVED,
        whole={"aws.events.event": _without_detail, "aws.events.event.json": lambda event: event},
        opening=_OPENING,
        kind=lambda name: _kind(name, definition.input_paths),
        paths=definition.input_paths,
        strict=True,
    )


def _kind(name: str, paths: Mapping[str, str]) -> ValueKind:
    """Return the kind of a variable's value for an event whose detail is a stream record."""
    if name not in paths:
        return "object" if name in ("aws.events.event", "aws.events.event.json") else "text"
    match parse_path(paths[name]):
        case () | ("detail",) | ("resources",):
            return "object"
        case many if "*" in many:
            return "object"
        case ("detail", *rest):
            return kind_of(rest)
    return "text"


def _without_detail(event: object) -> object:
    """Return the value of `<aws.events.event>`: there, AWS writes `detailType`.

    Recorded on AWS in LocalStack's tests (test_events_inputs.snapshot.json,
    test_input_transformer_predefined_variables).
    """
    assert isinstance(event, Mapping)
    order = ("id", "account", "detail-type", "time", "source", "region", "resources", "version")
    names = [*(name for name in order if name in event), *(event.keys() - {*order, "detail"})]
    return {"detailType" if name == "detail-type" else name: event[name] for name in names}


def _check(definition: RuleDefinition) -> None:
    """Raise an error for what EventBridge refuses, except in pattern, template, parameters."""
    if definition.unsupported:
        raise Unsupported(definition.unsupported)
    for part, name in (("name", definition.name), ("target's id", definition.target_id)):
        if not _NAME.fullmatch(name):
            raise InvalidDefinition(
                f"the {part} is {name!r}; use 1 to 64 letters, digits, dots, dashes, underscores"
            )
    if definition.state not in ("ENABLED", "DISABLED"):
        raise InvalidDefinition(f"the state is {definition.state!r}; use ENABLED or DISABLED")
    if len(definition.pattern) > MAX_PATTERN_LENGTH:
        raise InvalidDefinition(
            f"the event pattern has {len(definition.pattern)} characters and may have"
            f" {MAX_PATTERN_LENGTH}"
        )
    if not 0 <= definition.maximum_retry_attempts <= MAX_RETRY_ATTEMPTS:
        raise InvalidDefinition(
            f"maximum_retry_attempts is {definition.maximum_retry_attempts}; use 0 to"
            f" {MAX_RETRY_ATTEMPTS}"
        )
    if not MIN_EVENT_AGE <= definition.maximum_event_age <= MAX_EVENT_AGE:
        raise InvalidDefinition(
            f"maximum_event_age_in_seconds is {definition.maximum_event_age}; use"
            f" {MIN_EVENT_AGE} to {MAX_EVENT_AGE}"
        )
    check_input(definition)


def check_input(definition: RuleDefinition) -> None:
    """Raise InvalidDefinition if EventBridge refuses the input path or input transformer."""
    paths, template = definition.input_paths, definition.input_template
    if definition.input_path is not None and (paths or template is not None):
        raise InvalidDefinition("it has an input_path and an input transformer: give one of them")
    if template is None and paths:
        raise InvalidDefinition("it has input_paths, but no input_template that uses them")
    if template == "":
        raise InvalidDefinition("the input_template is empty; leave the transformer out")
    if len(paths) > MAX_PATHS:
        raise InvalidDefinition(f"it has {len(paths)} input_paths and may have {MAX_PATHS}")
    if definition.input_path is not None:
        _check_path("input_path", definition.input_path)
    for name, path in paths.items():
        if not VARIABLE.fullmatch(name):
            raise InvalidDefinition(
                f"the variable {name!r} of input_paths must have 1 to 256 letters, digits,"
                " dashes, underscores"
            )
        _check_path(f"the path of <{name}>", path)


def _check_path(name: str, path: str) -> None:
    if len(path) > MAX_PATH_LENGTH:
        raise InvalidDefinition(f"{name} has {len(path)} characters and may have {MAX_PATH_LENGTH}")
    try:
        compile_path(path)
    except InvalidPath as error:
        raise InvalidDefinition(f"{name}: {error}") from None
