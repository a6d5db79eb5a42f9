"""How often a state tries again after an error."""

from collections.abc import Sequence
from typing import Any


def retrier(
    errors: Sequence[str], attempts: int, *, first: int = 1, longest: int | None = None
) -> dict[str, Any]:
    """Return an entry of a state's Retry. The waits double, with full jitter.

    `first` and `longest` are the seconds of the first wait, and of the longest one.
    """
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": first,
        "BackoffRate": 2,
        "MaxAttempts": attempts,
        **({} if longest is None else {"MaxDelaySeconds": longest}),
        "JitterStrategy": "FULL",
    }
