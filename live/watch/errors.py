"""The error of the watch."""

from live.errors import LiveError


class WatchError(LiveError):
    """The run could compare nothing. The message has the next step, and no metric is sent."""
