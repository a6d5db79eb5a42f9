"""The base error of the engine, and its subclasses."""


class EventPipesError(Exception):
    """EventBridge would refuse a part of a definition, or cannot deliver a record."""


class InvalidPattern(EventPipesError, ValueError):  # noqa: N818 - named as EventBridge names it
    """EventBridge would reject this event pattern.

    `path` is the place in the pattern (dotted; "" for the whole pattern), `operator` the operator,
    if there is one, and `found` the wrong value.
    """

    def __init__(
        self, message: str, *, path: str = "", operator: str = "", found: object = None
    ) -> None:
        self.path = path
        self.operator = operator
        self.found = found
        where = f" at {path}" if path else ""
        what = f", {operator}" if operator else ""
        super().__init__(f"event pattern{where}{what}: {message}")


class InvalidEvent(EventPipesError, ValueError):  # noqa: N818 - beside InvalidPattern
    """The text of an event is no JSON object; `found` is the text, or the wrong part of it."""

    def __init__(self, message: str, *, found: object) -> None:
        self.found = found
        super().__init__(f"event: {message}")


class InvalidTemplate(EventPipesError, ValueError):  # noqa: N818 - beside InvalidPattern
    """EventBridge would refuse this input template; `column` counts from 1."""

    def __init__(self, message: str, *, template: str, column: int) -> None:
        self.template = template
        self.column = column
        start = max(0, column - 30)
        excerpt = template[start : column + 30].replace("\n", " ")
        caret = " " * (column - 1 - start) + "^"
        super().__init__(f"input template, column {column}: {message}\n  {excerpt}\n  {caret}")


class Undeliverable(EventPipesError):  # noqa: N818 - the name says enough
    """The definition is valid, but nothing can be sent for this record or event."""


class InvalidPath(EventPipesError, ValueError):  # noqa: N818 - beside InvalidPattern
    """The text is no JSON path of the subset that EventBridge Pipes allows."""


class InvalidDefinition(EventPipesError, ValueError):  # noqa: N818 - beside InvalidPattern
    """The parts of a pipe or rule do not fit together, or exceed a limit; the message names it."""


class Unsupported(EventPipesError):  # noqa: N818 - the name says enough
    """EventBridge would accept this definition, but this engine cannot run it faithfully."""
