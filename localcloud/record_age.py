"""How old a stream record is, and how old it may become before a pipe gives it up."""

from datetime import UTC, datetime

from eventpipes import Source
from localcloud.sender import Timing

DAY_SECONDS = 86_400
"""A stream keeps a record for a day; without a limit of its own, a pipe tries it that long."""


def seconds_left(created: datetime, source: Source, timing: Timing) -> float:
    """Return the seconds, in the timing's length, until a record is too old; below 0 it is."""
    age = (datetime.now(UTC) - created).total_seconds() / timing.second
    own = source.maximum_record_age
    return (DAY_SECONDS if own == -1 else min(own, DAY_SECONDS)) - age
