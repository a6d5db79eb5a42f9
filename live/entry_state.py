"""Whether an entry of the cache agrees with what the pipes send for the table's item."""

import re
from typing import Final

from eventpipes import Request
from live.body import same_body
from live.route import Route

IN_SYNC: Final = "in sync"
STALE: Final = "stale"
MISSING: Final = "missing"
LEFT_OVER: Final = "left over"
LEFT_OUT: Final = "left out"
"""The pipes send nothing for the item."""
CHANGING: Final = "changing"
UNKNOWN: Final = "unknown"
WRONG: Final = (STALE, MISSING, LEFT_OVER)
_IN_THE_TABLE: Final = re.compile(r"\$\.dynamodb\.(Keys|NewImage)\b|\$\.(eventSource|awsRegion)")


def state_of_entry(wanted: Request, cached: bytes | None) -> str:
    """Compare the request that corrects an entry with what the cache holds."""
    if wanted.method == "DELETE":
        return IN_SYNC if cached is None else LEFT_OVER
    if cached is None:
        return MISSING
    return IN_SYNC if same_body(cached, wanted.body.encode()) else STALE


def values_outside_the_table(route: Route) -> str | None:
    """Say which parts of the cached value are in the stream's record only; None if there are none.

    An item and its entry cannot be compared if there are such parts.
    """
    if route.body_paths is None:
        return (
            f"the pipe {route.name} sends the whole record, and the table does not have"
            " all of it: to compare, use an input template of Keys and NewImage"
        )
    unknown = [path for path in route.body_paths if not _IN_THE_TABLE.match(path)]
    if not unknown:
        return None
    return (
        f"the pipe {route.name} sends {', '.join(unknown)}, which the table does"
        " not have: an item and its cached value cannot be compared"
    )
