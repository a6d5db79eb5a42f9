"""Weather records: as a user writes them, as the table and the cache hold them."""

import json
import math
import random
import reprlib
import time
from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_serializer,
    model_validator,
)

from momento_pipes.momento.limits import MAX_TTL_SECONDS
from weather.errors import NoRecordError, WeatherError

MAX_EXPONENT = 130
"""DynamoDB's numbers are from 1E-130 to 9.99E125."""
_AS_DYNAMODB = Context(prec=38)
MAX_LOCATION = 512
"""EventBridge allows HTTP parameter values of up to 512 characters; the key is such a value."""
CITIES = (
    *("Amsterdam", "Athens", "Auckland", "Bogotá", "Cairo", "Chennai", "Dakar", "Denver"),
    *("Dublin", "Hanoi", "Helsinki", "Istanbul", "Kraków", "Lagos", "Lima", "Lisbon"),
    *("Montréal", "Mumbai", "Nairobi", "Oslo", "Perth", "Prague", "Quito", "Reykjavík"),
    *("Santiago", "São Paulo", "Seattle", "Seoul", "Singapore", "Sydney", "Tokyo", "Zürich"),
)


def _fits_templates(location: str) -> str:
    """Refuse what would break the JSON that the pipes make (docs/templates.md)."""
    if any(character in '"\\' or ord(character) < ord(" ") for character in location):
        raise ValueError(
            "must hold no quote, backslash or line break: EventBridge puts it into the"
            " request's JSON as it is"
        )
    return location


def _is_no_verdict(value: object) -> object:
    """Refuse true and false, which Python counts as numbers."""
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - what pydantic explains
    return value


def _is_kept(ttl: int, info: ValidationInfo) -> int:
    """Refuse a TTL that is longer than Momento keeps an item (the context's `max_ttl`)."""
    most = (info.context or {}).get("max_ttl", MAX_TTL_SECONDS)
    if ttl > most:
        raise ValueError(f"should be less than or equal to {most}")
    return ttl


Number = BeforeValidator(_is_no_verdict)
Temperature = Annotated[Decimal, Field(max_digits=10, allow_inf_nan=False), Number]


class WeatherRecord(BaseModel):
    """One location's weather: degrees, a chance of precipitation in percent, seconds to live.

    Its field names are the table's attribute names. `WrittenAt` (seconds since 1970) is not
    sent by the pipes: Momento's HTTP API does not tell what is left of a TTL, so the table
    remembers when it began.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    location: Annotated[
        str,
        Field(alias="Location", min_length=1, max_length=MAX_LOCATION),
        AfterValidator(_fits_templates),
    ]
    max_temp: Annotated[Temperature, Field(alias="MaxTemp")]
    min_temp: Annotated[Temperature, Field(alias="MinTemp")]
    precipitation: Annotated[
        Decimal, Field(alias="ChancesOfPrecipitation", ge=0, le=100, max_digits=10), Number
    ]
    ttl: Annotated[int, Field(alias="TTL", ge=1), Number, AfterValidator(_is_kept)]
    written_at: Annotated[float | None, Field(alias="WrittenAt")] = None

    @model_validator(mode="after")
    def _min_is_not_above_max(self) -> Self:
        if self.min_temp > self.max_temp:
            raise ValueError(
                f"MinTemp {plain(self.min_temp)} is above MaxTemp {plain(self.max_temp)}"
            )
        return self

    @classmethod
    def parse(
        cls,
        values: Mapping[str, Any],
        called: Mapping[str, str] | None = None,
        *,
        max_ttl: int = MAX_TTL_SECONDS,
    ) -> Self:
        """Return the record of values by attribute or field name, written now.

        `called` has other names for the attributes, for the messages; `max_ttl` is the longest
        TTL that Momento takes.

        Raises:
            WeatherError: a value is missing or wrong; the message has a line for each.

        """
        try:
            return cls.model_validate(written(values), context={"max_ttl": max_ttl})
        except ValidationError as error:
            lines = [_explain(fault, called or {}) for fault in error.errors()]
            raise WeatherError("\n".join(lines)) from None

    @field_serializer("max_temp", "min_temp", "precipitation")
    def _as_text(self, value: Decimal) -> str:
        return plain(value)

    def shown(self) -> dict[str, str]:
        """Return the measurements as text, by attribute name."""
        return {
            "MaxTemp": plain(self.max_temp),
            "MinTemp": plain(self.min_temp),
            "ChancesOfPrecipitation": plain(self.precipitation),
        }

    def expires_at(self, ttl: int | None = None) -> float | None:
        """Return when the record's TTL, or the given one, ends, in seconds since 1970.

        None if the time of the write is not known.
        """
        return None if self.written_at is None else self.written_at + (ttl or self.ttl)

    def seconds_left(self, now: float | None = None, *, ttl: int | None = None) -> float | None:
        """Return how many seconds of a TTL are left: 0 after its end, None if that is not known.

        It is at most the TTL, also where the clock of the writer is ahead.
        """
        expires_at = self.expires_at(ttl)
        if expires_at is None:
            return None
        left = expires_at - (time.time() if now is None else now)
        return min(max(0.0, left), float(ttl or self.ttl))


def written(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record's values with the time of now, at which they are written."""
    return {**values, "WrittenAt": time.time_ns() // 1_000_000 / 1000}


def stored(values: Mapping[str, str | float]) -> WeatherRecord:
    """Return a record of the table, even if its values are wrong.

    Raises:
        NoRecordError: it is not a weather record.

    """
    try:
        return WeatherRecord.model_construct(
            location=str(values["Location"]),
            max_temp=_number(values["MaxTemp"]),
            min_temp=_number(values["MinTemp"]),
            precipitation=_number(values["ChancesOfPrecipitation"]),
            ttl=int(_number(values["TTL"])),
            written_at=_moment(values["WrittenAt"]) if "WrittenAt" in values else None,
        )
    except KeyError as error:
        raise NoRecordError(f"not a weather record: it has no {error.args[0]}") from None
    except (ArithmeticError, ValueError, TypeError):
        raise NoRecordError(
            "not a weather record: a value of it is not a number that DynamoDB takes"
        ) from None


def _number(value: str | float | Decimal) -> Decimal:
    """Return a number without a huge exponent: its digits would take gigabytes.

    See AWS: "Supported data types and naming rules in Amazon DynamoDB", numbers.

    Raises:
        ValueError, ArithmeticError, TypeError: the value is not a number.

    """
    number = Decimal(value)
    if not number.is_finite():
        return number  # the record is wrong, and its check says so
    if number and abs(number.adjusted()) > MAX_EXPONENT:
        raise ValueError("no number that DynamoDB takes")
    # A zero may have any exponent, and decimals after the 38 digits are nothing DynamoDB holds.
    return _AS_DYNAMODB.plus(number) if number else Decimal(0)


def _moment(value: str | float) -> float:
    moment = float(value)
    if not math.isfinite(moment):
        raise ValueError(f"{value!r} is not a moment")
    return moment


def cached(body: bytes) -> dict[str, str] | None:
    """Return the measurements in the cache's value; None if it is something else.

    >>> cached(b'{"Location":"Oslo","MaxTemp":"21","MinTemp":"9","ChancesOfPrecipitation":"40"}')
    {'MaxTemp': '21', 'MinTemp': '9', 'ChancesOfPrecipitation': '40'}
    """
    try:
        value = json.loads(body, parse_float=Decimal)
        return {
            name: plain(_number(value[name]))
            for name in ("MaxTemp", "MinTemp", "ChancesOfPrecipitation")
        }
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError):
        return None


def random_record(location: str | None = None) -> WeatherRecord:
    """Return a plausible record, of a given location or of one of some cities."""
    dice = random.SystemRandom()
    low = dice.randint(-15, 25)
    return WeatherRecord.parse(
        {
            "Location": location or dice.choice(CITIES),
            "MinTemp": low,
            "MaxTemp": low + dice.randint(0, 15),
            "ChancesOfPrecipitation": dice.randint(0, 100),
            "TTL": dice.randint(6, 60) * 10,
        }
    )


def refused_record() -> WeatherRecord:
    """Return a record with a TTL that Momento refuses: its cache request is a dead letter."""
    return WeatherRecord.model_construct(**{**dict(random_record("Atlantis")), "ttl": 0})


def plain(number: Decimal) -> str:
    """Return a number as DynamoDB writes it, without an exponent or trailing zeros.

    >>> plain(Decimal("21.50")), plain(Decimal("1E+2"))
    ('21.5', '100')
    """
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _explain(error: Any, called: Mapping[str, str]) -> str:  # noqa: ANN401 - ErrorDetails, a dict
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:  # which has its values
        for name, shown_name in called.items():
            message = message.replace(f"{name} ", f"{shown_name} ")
        return message
    name = called.get(error["loc"][0], error["loc"][0])
    if error["type"] == "missing":
        return f"{name}: {message}"
    ending = f"; found {reprlib.repr(error['input'])}"
    return f"{name}{'' if error['type'] == 'value_error' else ':'} {message}{ending}"
