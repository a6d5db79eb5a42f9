"""Random tests that run the same examples each time, on any machine."""

import os

from hypothesis import HealthCheck, settings

MOST = 15 if os.environ.get("QUICK_TESTS") else int(os.environ.get("RANDOM_EXAMPLES", "100"))
"""Examples at most: `RANDOM_EXAMPLES=1000` takes all, `./help.sh test --quick` the first few."""


def reproducibly(examples: int) -> settings:
    """Return the settings of a random test: this many examples, the same each time."""
    return settings(
        max_examples=min(examples, MOST),
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
