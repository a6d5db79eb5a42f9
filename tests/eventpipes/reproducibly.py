"""Random tests that are the same tests each time, however slow the machine."""

from hypothesis import HealthCheck, settings


def reproducibly(examples: int) -> settings:
    """Return the settings of a random test: this many examples, each time the same ones."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
