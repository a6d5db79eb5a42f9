"""A location's record in the table and in the cache, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from live.momento.cache import Cache
from weather.records import WeatherRecord, cached
from weather.table import WeatherTable


class LocationState(StrEnum):
    """How the cache agrees with the table."""

    IN_SYNC = "in sync"
    STALE = "stale"
    MISSING = "missing"
    LEFT_OVER = "left over"
    ABSENT = "absent"


@dataclass(frozen=True, kw_only=True)
class LocationComparison:
    """What the table and the cache hold for a location, and how they agree.

    `ttl` is the time to live that Momento gets, in seconds. `seconds_left` is what is left of it,
    computed from the time of the write, because Momento's HTTP API does not tell; None unless both
    are in sync and the time is known.
    """

    location: str
    record: WeatherRecord | None
    cached: Mapping[str, str] | None
    state: LocationState
    ttl: int | None
    seconds_left: float | None

    def as_json(self) -> dict[str, Any]:
        """Return it for a script; `expires_at` is in seconds since 1970."""
        record, left = self.record, self.seconds_left
        return {
            "location": self.location,
            "table": record and {**record.shown(), "TTL": record.ttl},
            "cache": self.cached and dict(self.cached),
            "state": self.state.value,
            "seconds_left": None if left is None else round(left, 1),
            "expires_at": None if left is None else record and record.expires_at(self.ttl),
        }


def compare(
    location: str, table: WeatherTable, cache: Cache, ttl: int | None = None
) -> LocationComparison:
    """Read a location from the table and the cache; see `judge`.

    Raises:
        LiveError: one of them cannot be read.

    """
    return judge(location, table.get(location), cache.get(location), ttl)


def judge(
    location: str, record: WeatherRecord | None, body: bytes | None, ttl: int | None = None
) -> LocationComparison:
    """Return how the cache's value agrees with the record.

    `ttl` is CACHE_TTL_SECONDS, which holds for every item; None: the record's own TTL.
    """
    held = None if body is None else cached(body) or {"unreadable": body.decode(errors="replace")}
    state = _state(record, held)
    return LocationComparison(
        location=location,
        record=record,
        cached=held,
        state=state,
        ttl=ttl or (record.ttl if record else None),
        seconds_left=record.seconds_left(ttl=ttl)
        if record and state is LocationState.IN_SYNC
        else None,
    )


def _state(record: WeatherRecord | None, held: Mapping[str, str] | None) -> LocationState:
    if record is None:
        return LocationState.ABSENT if held is None else LocationState.LEFT_OVER
    if held is None:
        return LocationState.MISSING
    if "unreadable" in held:
        return LocationState.STALE
    same = all(held[name] == value for name, value in record.shown().items())
    return LocationState.IN_SYNC if same else LocationState.STALE
