"""The errors of the watch and of `verify --on-aws`. Their names are in the state machine."""

from live.errors import LiveError


class WatchError(LiveError):
    """The run could compare nothing. The message has the next step, and no metric is sent."""


class SilentMomentoError(WatchError):
    """Momento did not answer several reads in a row. A later call may succeed."""


class KeyReplacedError(WatchError):
    """The key was replaced while it was used. The next call reads the new one."""
