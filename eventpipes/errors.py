"""The one base error of the engine, and what can be wrong with a definition."""


class EventPipesError(Exception):
    """Something in a pipe's definition is not as EventBridge takes it."""


class InvalidPattern(EventPipesError, ValueError):  # noqa: N818 - named as EventBridge names it
    """EventBridge would reject this event pattern.

    `path` is where in the pattern (dotted, "" for the whole), `operator` the operator it is
    about, if any, and `found` what stood there.
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
    """The text of an event is no JSON object; `found` is the text, or what in it is wrong."""

    def __init__(self, message: str, *, found: object) -> None:
        self.found = found
        super().__init__(f"event: {message}")


class InvalidTemplate(EventPipesError, ValueError):  # noqa: N818 - beside InvalidPattern
    """EventBridge Pipes would not take this input template; `column` counts from 1."""

    def __init__(self, message: str, *, template: str, column: int) -> None:
        self.template = template
        self.column = column
        start = max(0, column - 30)
        excerpt = template[start : column + 30].replace("\n", " ")
        caret = " " * (column - 1 - start) + "^"
        super().__init__(f"input template, column {column}: {message}\n  {excerpt}\n  {caret}")


class Undeliverable(EventPipesError):  # noqa: N818 - says what it is
    """The definition is good, but nothing can be sent for this record or event."""


class InvalidPath(EventPipesError, ValueError):  # noqa: N818 - beside InvalidPattern
    """Not a JSON path of the subset that EventBridge Pipes takes."""


class InvalidDefinition(EventPipesError, ValueError):  # noqa: N818 - beside InvalidPattern
    """The parts of a pipe do not fit each other, or a limit is passed; the pipe is named."""


class Unsupported(EventPipesError):  # noqa: N818 - says what it is
    """EventBridge would take this definition, but this engine cannot run it faithfully."""
