"""The one base error of the local cloud."""


class LocalCloudError(Exception):
    """The local cloud cannot do what was asked; the message says why and what to do."""
