"""How pipes and rules behave: EventBridge's semantics in pure Python."""

from eventpipes.definition import (
    Connection,
    Definition,
    Destination,
    EventBusTarget,
    Logging,
    Secret,
    Source,
    StateMachineTarget,
)
from eventpipes.errors import (
    EventPipesError,
    InvalidDefinition,
    InvalidEvent,
    InvalidPath,
    InvalidPattern,
    InvalidTemplate,
    Unsupported,
)
from eventpipes.outcome import Event, Filtered, Outcome, Request, Requests, Unprocessable
from eventpipes.pattern import (
    Alternative,
    Clause,
    Explanation,
    Found,
    Pattern,
    compile,  # noqa: A004 - as in `re`
)
from eventpipes.pipe import Pipe
from eventpipes.rule import Rule, RuleDefinition
from eventpipes.template import Template
from eventpipes.trace import Origin, Piece, TracedRequest
from eventpipes.way import Way, rules_behind

__all__ = [
    "Alternative",
    "Clause",
    "Connection",
    "Definition",
    "Destination",
    "Event",
    "EventBusTarget",
    "EventPipesError",
    "Explanation",
    "Filtered",
    "Found",
    "InvalidDefinition",
    "InvalidEvent",
    "InvalidPath",
    "InvalidPattern",
    "InvalidTemplate",
    "Logging",
    "Origin",
    "Outcome",
    "Pattern",
    "Piece",
    "Pipe",
    "Request",
    "Requests",
    "Rule",
    "RuleDefinition",
    "Secret",
    "Source",
    "StateMachineTarget",
    "Template",
    "TracedRequest",
    "Unprocessable",
    "Unsupported",
    "Way",
    "compile",
    "rules_behind",
]
