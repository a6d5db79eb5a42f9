"""The state of a location: its cache entry compared with its item."""

import json
import time

import pytest

from weather.comparison import LocationState, judge
from weather.records import WeatherRecord, stored

RECORD = WeatherRecord.parse(
    {"Location": "Oslo", "MaxTemp": 21, "MinTemp": 9, "ChancesOfPrecipitation": 40, "TTL": 600}
)
HELD = {"Location": "Oslo", "MaxTemp": "21", "MinTemp": "9", "ChancesOfPrecipitation": "40"}


def body(**changes: str | float) -> bytes:
    """Return the entry's value with changes."""
    return json.dumps(HELD | changes).encode()


@pytest.mark.parametrize(
    ("record", "held", "state"),
    [
        (RECORD, body(), LocationState.IN_SYNC),
        (RECORD, body(MaxTemp="21.00"), LocationState.IN_SYNC),
        (RECORD, body(MaxTemp=21.0), LocationState.IN_SYNC),
        (RECORD, body(MaxTemp="22"), LocationState.STALE),
        (RECORD, body(MinTemp="8"), LocationState.STALE),
        (RECORD, body(ChancesOfPrecipitation="41"), LocationState.STALE),
        (RECORD, body(MaxTemp="sNaN"), LocationState.STALE),
        (RECORD, b"sunny", LocationState.STALE),
        (RECORD, b"", LocationState.STALE),
        (RECORD, None, LocationState.MISSING),
        (None, body(), LocationState.LEFT_OVER),
        (None, b"sunny", LocationState.LEFT_OVER),
        (None, None, LocationState.ABSENT),
    ],
)
def test_each_case_has_its_state(
    record: WeatherRecord | None, held: bytes | None, state: LocationState
) -> None:
    comparison = judge("Oslo", record, held)
    assert comparison.state is state
    assert (comparison.location, comparison.record) == ("Oslo", record)


@pytest.mark.parametrize(
    ("held", "shown"), [(b"sunny", "sunny"), (b"\xff", "\ufffd"), (b"{}", "{}"), (b"", "")]
)
def test_a_body_that_is_not_weather_is_shown_unchanged(held: bytes, shown: str) -> None:
    assert judge("Oslo", RECORD, held).cached == {"unreadable": shown}


def test_a_record_with_an_invalid_number_is_stale() -> None:
    record = stored(HELD | {"MaxTemp": "sNaN", "TTL": "600"})
    assert judge("Oslo", record, body(MaxTemp="21")).state is LocationState.STALE


def test_an_item_in_the_cache_has_seconds_left() -> None:
    record = WeatherRecord.parse(HELD | {"TTL": 600})
    left = judge("Oslo", record, body()).seconds_left
    assert left
    assert 0 < left <= 600


def test_with_one_ttl_for_all_items_the_items_own_ttl_does_not_count() -> None:
    """CACHE_TTL_SECONDS sets one TTL for all items."""
    record = stored(HELD | {"TTL": "0", "WrittenAt": str(time.time())})
    comparison = judge("Oslo", record, body(), ttl=900)
    assert comparison.ttl == 900
    assert comparison.seconds_left == pytest.approx(900, abs=60)
    assert record.written_at
    assert comparison.as_json()["expires_at"] == record.written_at + 900


def test_without_an_entry_or_an_item_no_seconds_are_left() -> None:
    assert judge("Oslo", RECORD, None).seconds_left is None
    assert judge("Oslo", None, body()).seconds_left is None
    assert judge("Oslo", None, None).seconds_left is None
