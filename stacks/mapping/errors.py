"""What is wrong with a mapping, told while it is built."""

from stacks.errors import StackError


MARK = "_NotText"
"""Stands in what `repr` says of a part of an item, so that it is known in a text made of it.

Letters and an underscore only: quoting and encoding leave them as they are.
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
        ' A pipe cannot join parts of an item: name each in the value, {"a": first, "b": second},'
        " or store a joined copy in an attribute of its own and use that"
    )


def shown(found: object) -> str:
    """Return what a message says of a value, whatever it is."""
    try:
        said = repr(found)
    except (ValueError, RecursionError):  # an integer of thousands of digits, for one
        return f"a huge {type(found).__name__}"
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}..."


def must_be_literal(text: str, what: str) -> None:
    """Raise if a text is no constant that can be sent.

    Raises:
        MappingError: Terraform would take a part of it for an expression of its own, it was made
            of a part of an item, or it is no valid Unicode.

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


def must_be(found: object, kind: type, what: str, instead: str) -> None:
    """Raise unless something is of a kind; `instead` says what to write.

    Raises:
        MappingError: it is of another kind.

    """
    if not isinstance(found, kind):
        raise MappingError(f"{what} is {shown(found)}; write {instead}")
