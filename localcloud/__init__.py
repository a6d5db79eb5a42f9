"""One machine's stand-in for the cloud, for development and tests: real protocols only."""

from localcloud.aws import LocalAws
from localcloud.errors import LocalCloudError

__all__ = ["LocalAws", "LocalCloudError"]
