"""The errors that the console raises on purpose."""

from collections.abc import Mapping


class ConsoleError(Exception):
    """An error that its message explains, with what to do next.

    `fields` has a sentence for each field of a form that is wrong.
    """

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        self.fields = dict(fields or {})
        super().__init__(message)


class NotThereError(ConsoleError):
    """What a request names is not there."""
