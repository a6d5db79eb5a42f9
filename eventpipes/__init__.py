"""How a pipe behaves: EventBridge Pipes' semantics in pure Python."""

from eventpipes.definition import (
    Connection,
    Definition,
    Destination,
    Logging,
    Secret,
    Source,
)
from eventpipes.errors import (
    EventPipesError,
    InvalidDefinition,
    InvalidPath,
    InvalidPattern,
    InvalidTemplate,
    Unsupported,
)
from eventpipes.pattern import Pattern, compile  # noqa: A004 - as in `re`
from eventpipes.pipe import Filtered, Outcome, Pipe, Request, Unprocessable
from eventpipes.template import Template

__all__ = [
    "Connection",
    "Definition",
    "Destination",
    "EventPipesError",
    "Filtered",
    "InvalidDefinition",
    "InvalidPath",
    "InvalidPattern",
    "InvalidTemplate",
    "Logging",
    "Outcome",
    "Pattern",
    "Pipe",
    "Request",
    "Secret",
    "Source",
    "Template",
    "Unprocessable",
    "Unsupported",
    "compile",
]
