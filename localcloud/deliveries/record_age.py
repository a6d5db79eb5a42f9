"""The age of a stream record, and the age at which a pipe stops trying to deliver it."""

from datetime import UTC, datetime

from eventpipes import Source

from .sender import Timing

DAY_SECONDS = 86_400
"""A stream keeps a record for a day. A pipe without a limit tries to deliver it as long."""


def seconds_left(created: datetime, source: Source, timing: Timing) -> float:
    """Return the seconds (of `timing.second`) until a record is too old; below 0, it is too old."""
    age = (datetime.now(UTC) - created).total_seconds() / timing.second
    own = source.maximum_record_age
    return (DAY_SECONDS if own == -1 else min(own, DAY_SECONDS)) - age
