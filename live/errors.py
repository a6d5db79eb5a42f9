"""The one base error of the clients."""


class LiveError(Exception):
    """What runs cannot be asked, or answers otherwise; the message says what to do next."""
