"""What pipes, rules and executions share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eventpipes.deployed import ReadSecret

from ..functions.run import Functions
from .authorization import Authorizations
from .sender import Timing


@dataclass(frozen=True)
class Surroundings:
    """The clients and settings that all pipes, rules and executions share."""

    client: Callable[[str], Any]
    functions: Functions
    authorizations: Authorizations
    read_secret: ReadSecret
    timing: Timing
    redirect: str | None
