"""The settings of the watch."""

from dataclasses import dataclass
from typing import Final

NAMESPACE: Final = "MomentoPipelines"
"""The namespace of the watch's metrics; `live.watch.given` has it, too."""
SECRET_SUFFIX: Final = "-watch-key"  # noqa: S105 - a name, not a secret
"""The end of the name of the secret with the key that reads."""
MEMORY_MB: Final = 256
"""The memory of the function."""
SPARE_SECONDS: Final = 60
"""What a run may need besides its requests and the settling time."""
MOST_TIMEOUT: Final = 900
"""The most seconds that Lambda lets a function run ("Lambda quotas")."""


@dataclass(frozen=True, kw_only=True)
class WatchSettings:
    """How often the watch runs, and how much a run may do.

    A run looks at `items` items, sends at most `requests` requests to Momento (10 a second), and
    waits `settle_seconds` before a difference counts.
    """

    minutes: int = 5
    items: int = 20
    requests: int = 60
    settle_seconds: int = 30

    @property
    def timeout_seconds(self) -> int:
        """How long a run may last."""
        return min(self.settle_seconds + self.requests + SPARE_SECONDS, MOST_TIMEOUT)
