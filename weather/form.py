"""The weather stack's form on the page: a record by its fields, a random one, a refused one."""

import reprlib
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from pydantic import ValidationError

from console.errors import ConsoleError, NotThereError
from console.form import FormButton, FormField
from live.items import Item
from stacks.settings import Settings
from weather.errors import NoRecordError
from weather.records import (
    MAX_LOCATION,
    WeatherRecord,
    random_record,
    refused_record,
    stored,
    written,
)
from weather.table import as_item

RANDOM: Final = FormButton(
    id="random", label="Random", help="A random record with realistic values, for a city."
)
REFUSED: Final = FormButton(
    id="refused",
    label="One that Momento refuses",
    help="It has a TTL of 0: Momento answers 400, and the record becomes a dead letter.",
)


class WeatherForm:
    """The form of the weather stack's table."""

    title = "Write a weather record"

    def __init__(self, settings: Settings) -> None:
        self.table = settings.name_prefix
        self._max_ttl = settings.max_ttl_seconds
        self._ttl = settings.cache_ttl_seconds
        number = partial(FormField, type="number", step="any")
        rain = partial(number, name="ChancesOfPrecipitation", label="Rain %", unit="%")
        ttl = partial(number, name="TTL", label="TTL in s", unit="s", step=1)
        self.fields: Sequence[FormField] = (
            FormField(name="Location", label="Location", maxlength=MAX_LOCATION, example="Oslo"),
            number(name="MaxTemp", label="Max °C", unit="°C", example="21"),
            number(name="MinTemp", label="Min °C", unit="°C", example="9"),
            rain(min=0, max=100, example="40"),
            ttl(min=1, max=self._max_ttl, example="60"),
        )
        self.actions: Sequence[FormButton] = (RANDOM,) if self._ttl else (RANDOM, REFUSED)

    def parse(self, values: Mapping[str, Any]) -> Item:
        """Return the item of a record.

        Raises:
            ConsoleError: a value is missing or wrong; the fields are named by their labels.

        """
        labels = {field.name: field.label for field in self.fields}
        given = {
            name: text.strip() if isinstance(text, str) else text
            for name, text in values.items()
            if name in labels
        }
        try:
            record = WeatherRecord.model_validate(
                written(given), context={"max_ttl": self._max_ttl}
            )
        except ValidationError as error:
            fields: dict[str, str] = {}
            for fault in error.errors():
                name = str(fault["loc"][0]) if fault["loc"] else "MinTemp"
                fields.setdefault(name, f"{labels[name]} {_explained(fault, labels)}")
            raise ConsoleError("; ".join(fields.values()), fields) from None
        return as_item(record)

    def act(self, action: str, values: Mapping[str, Any]) -> Sequence[Item]:
        """Return the items that an action writes.

        Raises:
            ConsoleError: there is no such action.

        """
        count = values.get("count", 1)
        if action == RANDOM.id:
            return [as_item(random_record()) for _ in range(count if count in range(1, 101) else 1)]
        if action == REFUSED.id and REFUSED in self.actions:
            return [as_item(refused_record())]
        if action == REFUSED.id:
            raise ConsoleError(
                f"CACHE_TTL_SECONDS is {self._ttl}: every record goes with this TTL, so Momento"
                " refuses none"
            )
        known = ", ".join(action.id for action in self.actions)
        raise NotThereError(f"the form has no action {action!r}; there are {known}")

    def written_at(self, item: Item) -> float | None:
        """Return when a record was written; None if the item does not tell."""
        try:
            values = {name: next(iter(value.values())) for name, value in item.items()}
            return stored(values).written_at
        except NoRecordError:
            return None


def _explained(error: Any, labels: Mapping[str, str]) -> str:  # noqa: ANN401 - ErrorDetails, a dict
    """Return what is wrong with a value, as the end of a sentence that its label begins."""
    kind, limits = str(error["type"]), error.get("ctx", {})
    if error["input"] in ("", None):
        kind = "missing"
    given = reprlib.repr(error["input"])
    whole = "a whole number" if kind.startswith("int") else "a number"
    said = str(error["msg"]).removeprefix("Value error, ")
    said = said.replace("should be less than or equal to", "has to be at most")
    sentences = {
        "missing": "is missing",
        "string_too_long": f"has more than {limits.get('max_length')} characters",
        "greater_than_equal": f"has to be at least {limits.get('ge')}, and is {given}",
        "less_than_equal": f"has to be at most {limits.get('le')}, and is {given}",
        "decimal_max_digits": f"has too many digits: {given}",
        "value_error": f"{said}, and is {given}"
        if error["loc"]
        else f"is above {labels['MaxTemp']}",
    }
    return sentences.get(kind, f"has to be {whole}, and is {given}")
