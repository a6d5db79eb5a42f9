"""The errors of a mapping, raised while the stack is built."""

from stacks.errors import StackError


MARK = "_NotText"
"""Part of the `repr` of a part of an item, so that it is recognized in a text made with it.

It has only letters and an underscore, which quoting and encoding do not change.
"""
LONGEST = 300
"""Characters of a value in a message."""


class MappingError(StackError):
    """A mapping would fail at run time; the message says what to write instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message.replace(MARK, ""))


def as_text(what: str) -> MappingError:
    """Return the error for a part of an item that is used as text while the stack is built."""
    return MappingError(
        f"{what} is used as text, as in an f-string, which would be the same text for every item."
        ' Name each in the value, {"a": first, "b": second}, write Text(first, "#", second), which'
        " TOPOLOGY=workflow joins, or store a joined copy in an attribute of its own and use that"
    )


class NotText:
    """A part of an item; it refuses to become text while the stack is built, as in an f-string."""

    def __str__(self) -> str:
        """Refuse to become text while the stack is built.

        Raises:
            MappingError: always; the message says what to write instead.

        """
        raise as_text(repr(self))


def only_in_workflow(what: str) -> MappingError:
    """Return the error for what only a workflow can do, in a pipeline with another topology."""
    return MappingError(
        f"{what}, which a pipe cannot do: deploy with TOPOLOGY=workflow, or write it without"
    )


def shown(value: object) -> str:
    """Return a value as a message shows it."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # such as an integer of thousands of digits
        return f"a huge {type(value).__name__}"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def must_be_literal(text: str, what: str) -> None:
    """Raise if a text cannot be sent as a constant.

    Raises:
        MappingError: a part of the text would be a Terraform expression, the text was made from a
            part of an item, or it is not valid Unicode.

    """
    if MARK.lower() in text.lower():
        raise as_text(f"{what} holds {shown(text)}: a part of an item")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise MappingError(
            f"{what} holds {shown(text)}, which has half of a surrogate pair and is no valid"
            " Unicode, so it cannot be sent: write the whole character"
        ) from None
    if "${" in text or "%{" in text:
        raise MappingError(
            f"{what} holds {text!r}, and Terraform takes what follows ${{ or %{{ for an expression:"
            " write the text without it"
        )


def must_be(value: object, type_: type, what: str, instead: str) -> None:
    """Raise unless a value has a type; `instead` says what to write.

    Raises:
        MappingError: it has another type.

    """
    if not isinstance(value, type_):
        raise MappingError(f"{what} is {shown(value)}; write {instead}")
