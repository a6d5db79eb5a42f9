"""What is wrong with a mapping, told while it is built."""

from stacks.errors import StackError


class MappingError(StackError):
    """A mapping would fail in the air; the message says what to write instead."""


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
