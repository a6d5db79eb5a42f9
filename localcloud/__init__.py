"""A cloud on one machine, for development and tests. Every part uses the real protocol."""

from localcloud.aws import LocalAws
from localcloud.errors import LocalCloudError

__all__ = ["LocalAws", "LocalCloudError"]
