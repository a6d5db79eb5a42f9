"""The base error of the commands, and the errors that the commands print."""

from console.errors import ConsoleError
from eventpipes import EventPipesError
from live.errors import LiveError
from momento_pipes.errors import StackError


class OpsError(Exception):
    """A command cannot continue. The message has the reason and the next step."""


EXPLAINED = (OpsError, ConsoleError, LiveError, StackError, EventPipesError)
"""Errors whose message says what to do; a command prints it, without a traceback."""


class HeldBackError(OpsError):
    """The plan loses something that is not allowed."""
