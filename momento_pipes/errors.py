"""The base error of the constructs and the stacks."""


class StackError(ValueError):
    """A stack cannot be built. The message has the reason and the next step."""
