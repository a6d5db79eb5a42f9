"""The base error of the clients."""


class LiveError(Exception):
    """A service cannot be asked, or its answer is wrong. The message has the next step."""
