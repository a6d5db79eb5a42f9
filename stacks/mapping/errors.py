"""What is wrong with a mapping, told while it is built."""

from stacks.errors import StackError


class MappingError(StackError):
    """A mapping would fail at run time; the message says what to write instead."""


def as_text(what: str) -> MappingError:
    """Return the error for a part of an item that is used as text while the stack is built."""
    return MappingError(
        f"{what} is used as text, as in an f-string, which would be the same text for every item."
        ' A pipe cannot join parts of an item: name each in the value, {"a": first, "b": second},'
        " or store a joined copy in an attribute of its own and use that"
    )


def must_be_literal(text: str, what: str) -> None:
    """Raise if Terraform would take a part of a text for an expression of its own.

    Raises:
        MappingError: it holds what begins one.

    """
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
        raise MappingError(f"{what} is {found!r}; write {instead}")
