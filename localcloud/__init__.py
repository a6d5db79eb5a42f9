"""A cloud on one machine, for development and tests. Every part uses the real protocol."""

from .aws.aws import LocalAws
from .errors import LocalCloudError

__all__ = ["LocalAws", "LocalCloudError"]
