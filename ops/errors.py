"""The one base error of the operations, and what the commands print of the other packages'."""

from eventpipes import EventPipesError
from live.errors import LiveError
from stacks.errors import StackError


class OpsError(Exception):
    """A command cannot do what was asked; the message names the cause and the next step."""


EXPLAINED = (OpsError, LiveError, StackError, EventPipesError)
"""The errors whose message says what to do: a command prints it, without a traceback."""
