"""The base error of the stacks."""


class StackError(ValueError):
    """A stack cannot be built as asked; the message names the cause and the next step."""
