"""The base error of the local cloud."""


class LocalCloudError(Exception):
    """The local cloud cannot do something; the message says why and what to do."""
