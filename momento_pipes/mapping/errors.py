"""The errors of a mapping, raised while the stack is built."""

from momento_pipes.errors import StackError

MARK = "_NotText"
"""A mark in the `repr` of a part of an item, so that the part is recognized if it becomes text.

It has only letters and an underscore, because quoting and encoding do not change them.
"""
LONGEST = 300
"""The most characters of a value in a message."""


class MappingError(StackError):
    """A mapping would fail at run time. The message says what to write instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message.replace(MARK, ""))


def as_text(part: str) -> MappingError:
    """Return the error for a part of an item that is used as text while the stack is built."""
    return MappingError(
        f"{part} is used as text, as in an f-string, so every item would have the same text. Name"
        ' each part in the value, {"a": first, "b": second}; or write Text(first, "#", second) with'
        " TOPOLOGY=workflow; or store a joined copy in another attribute and use that attribute"
    )


class NotText:
    """A part of an item; it refuses to become text while the stack is built, as in an f-string.

    Its `repr` is for messages, and has the mark by which it is found in a text to be sent.

    Raises:
        MappingError: it is used as text; the message says what to write instead.

    """

    def __str__(self) -> str:
        raise as_text(repr(self))


def only_in_workflow(fact: str) -> MappingError:
    """Return the error for what only a workflow can do, in a pipeline with another topology."""
    return MappingError(
        f"{fact}, but a pipe cannot do this: deploy with TOPOLOGY=workflow, or change the mapping"
    )


def shown(value: object) -> str:
    """Return a value for a message."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # such as an integer of thousands of digits
        return f"a huge {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def must_be_literal(text: str, subject: str) -> None:
    """Raise an error if a text cannot be sent as a constant. The message begins with `subject`.

    Raises:
        MappingError: the text has a Terraform expression or a part of an item, or it is not valid
            Unicode.

    """
    if MARK.lower() in text.lower():
        raise as_text(f"{subject} has {shown(text)}: a part of an item")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MappingError(
            f"{subject} has {shown(text)}, which is not valid Unicode (half of a surrogate pair),"
            " so it cannot be sent: write the whole character"
        ) from None
    if "${" in text or "%{" in text:
        raise MappingError(
            f"{subject} has {text!r}, but Terraform reads an expression after ${{ or %{{: write the"
            " text without them"
        )


def must_be(value: object, type_: type, subject: str, instead: str) -> None:
    """Raise an error if a value has another type. The message tells to write `instead`.

    Raises:
        MappingError: it has another type.

    """
    if not isinstance(value, type_):
        raise MappingError(f"{subject} is {shown(value)}; write {instead}")
