"""The base error of the local cloud."""


class LocalCloudError(Exception):
    """The local cloud cannot do something. The message says why and what to do."""
