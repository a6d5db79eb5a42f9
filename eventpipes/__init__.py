"""How pipes and rules behave: EventBridge's semantics in pure Python."""

from eventpipes.definition import (
    Connection,
    Definition,
    Destination,
    EventBus,
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
from eventpipes.pattern import Pattern, compile  # noqa: A004 - as in `re`
from eventpipes.pipe import Pipe
from eventpipes.rule import Rule, RuleDefinition
from eventpipes.template import Template
from eventpipes.way import Way, rules_behind

__all__ = [
    "Connection",
    "Definition",
    "Destination",
    "Event",
    "EventBus",
    "EventPipesError",
    "Filtered",
    "InvalidDefinition",
    "InvalidEvent",
    "InvalidPath",
    "InvalidPattern",
    "InvalidTemplate",
    "Logging",
    "Outcome",
    "Pattern",
    "Pipe",
    "Request",
    "Requests",
    "Rule",
    "RuleDefinition",
    "Secret",
    "Source",
    "StateMachineTarget",
    "Template",
    "Unprocessable",
    "Unsupported",
    "Way",
    "compile",
    "rules_behind",
]
