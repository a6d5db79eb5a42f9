"""The base error of the engine, and its subclasses."""


class EventPipesError(Exception):
    """EventBridge would refuse a part of a definition, or cannot deliver a record."""


class InvalidPattern(EventPipesError, ValueError):  # noqa: N818 - named as EventBridge names it
    """EventBridge would reject this event pattern.

    `path` is the place in the pattern, with dots; it is "" for the whole pattern. `operator` is
    the operator, or "". `value` is the wrong value.
    """

    def __init__(
        self, message: str, *, path: str = "", operator: str = "", value: object = None
    ) -> None:
        self.path = path
        self.operator = operator
        self.value = value
        place = f" at {path}" if path else ""
        part = f", {operator}" if operator else ""
        super().__init__(f"event pattern{place}{part}: {message}")


class InvalidEvent(EventPipesError, ValueError):  # noqa: N818 - beside InvalidPattern
    """The text of an event is not a JSON object. `value` is the text, or the wrong part of it."""

    def __init__(self, message: str, *, value: object) -> None:
        self.value = value
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
    """The text is not a JSON path, or EventBridge Pipes does not allow it."""


class InvalidDefinition(EventPipesError, ValueError):  # noqa: N818 - beside InvalidPattern
    """EventBridge would refuse a part of a pipe or rule. The message names the part."""


class Unsupported(EventPipesError):  # noqa: N818 - the name says enough
    """EventBridge would accept this definition, but this engine cannot run it exactly."""
