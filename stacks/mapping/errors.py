"""What is wrong with a mapping, told while it is built."""

from stacks.errors import StackError


class MappingError(StackError):
    """A mapping would fail in the air; the message says what to write instead."""
