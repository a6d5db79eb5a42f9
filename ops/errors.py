"""The one base error of the operations."""


class OpsError(Exception):
    """A command cannot do what was asked; the message names the cause and the next step."""
