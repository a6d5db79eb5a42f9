"""The one base error of the clients."""


class LiveError(Exception):
    """A service cannot be asked, or its answer is no use; the message says what to do next."""
