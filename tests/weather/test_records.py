"""What may be written, what the table may hold, and what the cache answers."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from momento_pipes.momento.limits import MAX_TTL_SECONDS
from tests.each import each
from tests.eventpipes.reproducibly import reproducibly
from weather.errors import WeatherError
from weather.records import (
    CITIES,
    WeatherRecord,
    cached,
    plain,
    random_record,
    refused_record,
    stored,
)

GOOD = {
    "Location": "Oslo",
    "MaxTemp": "21",
    "MinTemp": "9",
    "ChancesOfPrecipitation": "40",
    "TTL": "600",
}
ITEM = GOOD | {"WrittenAt": "1000.5"}


def complaint(**changes: object) -> list[str]:
    """Return the lines that a record with these changes is refused with."""
    with pytest.raises(WeatherError) as caught:
        WeatherRecord.parse(GOOD | changes)
    return str(caught.value).splitlines()


@each(
    ("changes", "shown"),
    [
        ({}, {"MaxTemp": "21", "MinTemp": "9", "ChancesOfPrecipitation": "40"}),
        ({"MaxTemp": 21.5, "MinTemp": -9}, {"MaxTemp": "21.5", "MinTemp": "-9"}),
        ({"MaxTemp": "9.00"}, {"MaxTemp": "9"}),
        ({"MaxTemp": "1E+5"}, {"MaxTemp": "100000"}),
        ({"ChancesOfPrecipitation": "0"}, {"ChancesOfPrecipitation": "0"}),
        ({"ChancesOfPrecipitation": "100.0"}, {"ChancesOfPrecipitation": "100"}),
        ({"TTL": 1}, {}),
        ({"TTL": MAX_TTL_SECONDS}, {}),
    ],
)
def test_good_values_are_taken(changes: dict[str, object], shown: dict[str, str]) -> None:
    record = WeatherRecord.parse(GOOD | changes)
    assert record.shown().items() >= shown.items()
    assert record.ttl == int(str(changes.get("TTL", 600)))


@each(location=["München 🌧", "a b+c&d=e%20f/g?h#i", "x" * 512, " ", "<b>", "[red]x[/]", "$.body"])
def test_almost_any_text_is_a_location(location: str) -> None:
    assert WeatherRecord.parse(GOOD | {"Location": location}).location == location


@each(
    ("name", "value", "says"),
    [
        ("Location", "", "at least 1 character"),
        ("Location", "x" * 513, "at most 512 characters"),
        ("Location", 'the "Loop"', "must hold no quote"),
        ("Location", "back\\slash", "must hold no quote, backslash"),
        ("Location", "two\nlines", "or line break"),
        ("Location", "\ud800", "valid string"),
        ("Location", 5, "valid string"),
        ("MaxTemp", "warm", "valid decimal"),
        ("MaxTemp", "", "valid decimal"),
        ("MaxTemp", "NaN", "finite"),
        ("MinTemp", "-Infinity", "finite"),
        ("MaxTemp", "12345678901", "no more than 10 digits"),
        ("MaxTemp", "1E+400", "no more than 10 digits"),
        ("MinTemp", None, "Decimal input should be"),
        ("ChancesOfPrecipitation", "-1", "greater than or equal to 0"),
        ("ChancesOfPrecipitation", "100.1", "less than or equal to 100"),
        ("ChancesOfPrecipitation", "NaN", "finite"),
        ("TTL", "0", "greater than or equal to 1"),
        ("TTL", MAX_TTL_SECONDS + 1, "less than or equal to 86400"),
        ("TTL", "1.5", "valid integer"),
        ("TTL", "soon", "valid integer"),
        ("TTL", True, "must be a number; found True"),
        ("MaxTemp", False, "must be a number; found False"),
        ("MinTemp", "cold", "; found 'cold'"),
    ],
)
def test_a_bad_value_is_refused_by_its_name(name: str, value: object, says: str) -> None:
    (line,) = complaint(**{name: value})
    assert line.startswith(name)
    assert says in line


def test_each_bad_value_has_its_line() -> None:
    lines = complaint(MaxTemp="x", TTL="y")
    assert [line.split(":")[0] for line in lines] == ["MaxTemp", "TTL"]


def test_each_missing_value_has_its_line() -> None:
    with pytest.raises(WeatherError) as caught:
        WeatherRecord.parse({})
    assert str(caught.value).splitlines() == [f"{name}: Field required" for name in GOOD]


def test_the_lower_temperature_comes_second() -> None:
    assert complaint(MinTemp="21.50") == ["MinTemp 21.5 is above MaxTemp 21"]
    assert WeatherRecord.parse(GOOD | {"MinTemp": "21"}).min_temp == 21


def test_a_record_is_written_now_whatever_the_values_say() -> None:
    begun = time.time()
    record = WeatherRecord.parse(GOOD | {"WrittenAt": 5})
    assert record.written_at
    assert begun - 0.0011 <= record.written_at <= time.time()


@pytest.mark.parametrize(
    ("number", "text"),
    [("0", "0"), ("-0.50", "-0.5"), ("100", "100"), ("1E+2", "100"), ("1E-7", "0.0000001")],
)
def test_a_number_is_written_plainly(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text


def test_a_record_is_json_by_the_tables_names() -> None:
    dumped = WeatherRecord.parse(GOOD | {"MaxTemp": "21.50"}).model_dump(mode="json", by_alias=True)
    assert json.loads(json.dumps(dumped)).items() >= {**GOOD, "MaxTemp": "21.5", "TTL": 600}.items()


@pytest.mark.parametrize(
    "changes",
    [{"TTL": "0"}, {"MinTemp": "99"}, {"ChancesOfPrecipitation": "400"}, {"Location": 'a"b'}],
)
def test_an_item_with_wrong_values_is_still_read(changes: dict[str, str]) -> None:
    record = stored(ITEM | changes)
    assert record.location == (ITEM | changes)["Location"]
    assert record.ttl == int((ITEM | changes)["TTL"])
    assert record.written_at == 1000.5


def test_an_item_that_somebody_else_wrote_has_no_time() -> None:
    assert stored(GOOD).written_at is None
    assert stored(GOOD).seconds_left() is None


@pytest.mark.parametrize("name", GOOD)
def test_an_item_without_a_measurement_is_refused(name: str) -> None:
    with pytest.raises(WeatherError, match=f"not a weather record: it has no {name}"):
        stored({key: value for key, value in ITEM.items() if key != name})


@each(value=["warm", "", [], {}, None, ["1"]], name=["MaxTemp", "TTL", "WrittenAt"])
def test_an_item_with_an_invalid_value_is_refused(name: str, value: Any) -> None:
    with pytest.raises(WeatherError, match="not a weather record"):
        stored(ITEM | {name: value})


def test_an_infinite_ttl_is_refused() -> None:
    with pytest.raises(WeatherError, match="not a weather record"):
        stored(ITEM | {"TTL": "Infinity"})


@each(
    ("body", "found"),
    [
        (b'{"MaxTemp":"21.0","MinTemp":"9","ChancesOfPrecipitation":"40"}', ["21", "9", "40"]),
        (b'{"MaxTemp":21.1,"MinTemp":-9,"ChancesOfPrecipitation":0}', ["21.1", "-9", "0"]),
        (b'{"MaxTemp":"","MinTemp":"","ChancesOfPrecipitation":""}', None),
        (b'{"MaxTemp":"21"}', None),
        (b"[]", None),
        (b"[" * 100_000, None),
        (b"null", None),
        (b"{", None),
        (b"\xff\xfe", None),
        (b"", None),
    ],
)
def test_only_weather_is_read_from_the_cache(body: bytes, found: list[str] | None) -> None:
    names = ("MaxTemp", "MinTemp", "ChancesOfPrecipitation")
    assert cached(body) == (found and dict(zip(names, found, strict=True)))


@pytest.mark.parametrize(
    ("now", "left"), [(1000, 600), (1000.5, 600), (1100.5, 500), (1600.5, 0), (9999, 0)]
)
def test_the_seconds_left_are_between_0_and_the_ttl(now: float, left: float) -> None:
    assert stored(ITEM).seconds_left(now) == left


def test_random_records_are_valid_and_of_many_cities() -> None:
    drawn = [random_record() for _ in range(200)]
    assert {record.location for record in drawn} <= set(CITIES)
    assert len({record.location for record in drawn}) > 10
    for record in drawn:
        assert WeatherRecord.parse(record.model_dump(by_alias=True)).shown() == record.shown()


def test_a_refused_record_has_a_ttl_that_momento_does_not_take() -> None:
    record = refused_record()
    assert record.ttl == 0
    with pytest.raises(WeatherError, match=r"^TTL"):
        WeatherRecord.parse(record.model_dump(by_alias=True))


numbers = st.decimals(-9999, 9999, places=3)
records = st.fixed_dictionaries(
    {
        "Location": st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=50),
        "MaxTemp": numbers,
        "MinTemp": numbers,
        "ChancesOfPrecipitation": st.integers(0, 100),
        "TTL": st.integers(1, MAX_TTL_SECONDS),
    }
)


@reproducibly(200)
@given(values=records)
def test_a_written_record_is_read_back(values: dict[str, Any]) -> None:
    """The cache holds the same values."""
    low, high = sorted([values["MinTemp"], values["MaxTemp"]])
    location = values["Location"].replace('"', "").replace("\\", "") or "x"
    record = WeatherRecord.parse(values | {"Location": location, "MinTemp": low, "MaxTemp": high})
    item = record.shown() | {"TTL": str(record.ttl), "WrittenAt": str(record.written_at)}
    again = stored({"Location": record.location, **item})
    assert again == record
    assert again.shown() == record.shown() == cached(json.dumps(record.shown()).encode())


def test_a_ttl_may_be_as_long_as_momento_keeps_an_item() -> None:
    """An account with provisioned storage has a longer one than a day."""
    values = {"Location": "Oslo", "MaxTemp": 21, "MinTemp": 9, "ChancesOfPrecipitation": 0}
    month = 30 * 86_400
    assert WeatherRecord.parse({**values, "TTL": month}, max_ttl=month).ttl == month
    with pytest.raises(WeatherError, match=f"TTL should be less than or equal to {month}"):
        WeatherRecord.parse({**values, "TTL": month + 1}, max_ttl=month)


HUGE = ["1E+300000000", "-1E+300000000", "1E-300000000", "1E+131"]
"""DynamoDB's numbers end at 9.99E125 ("Supported data types"); to write one of these out took
a gigabyte of memory."""


@each(number=HUGE, name=["MaxTemp", "TTL"])
def test_a_number_that_dynamodb_cannot_store_is_refused(name: str, number: str) -> None:
    with pytest.raises(WeatherError, match="not a weather record"):
        stored({**GOOD, name: number})


@pytest.mark.parametrize("number", [*HUGE[:4], "9" * 5_000])
def test_a_cached_number_that_dynamodb_cannot_store_is_ignored(number: str) -> None:
    body = f'{{"MaxTemp":{number},"MinTemp":"1","ChancesOfPrecipitation":"2"}}'
    assert cached(body.encode()) is None
    assert cached(body.replace(number, f'"{number}"').encode()) is None


def test_the_longest_numbers_of_dynamodb_are_kept() -> None:
    most, digits = "9.99E+125", "1234567890123456789012345678.9012345678"
    found = stored({**GOOD, "MaxTemp": most, "MinTemp": digits, "TTL": "0E+300000000"})
    assert found.shown()["MaxTemp"] == "999" + "0" * 123
    assert found.shown()["MinTemp"] == digits
    assert found.ttl == 0
