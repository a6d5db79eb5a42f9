"""The weather stack's form on the page: its words, its actions, its items."""

from typing import Any

import pytest

from console.errors import ConsoleError
from console.form import Form
from console.model import form_json
from live.items import wrong
from stacks.settings import Settings
from tests.conftest import ENDPOINT
from tests.each import each
from weather.form import WeatherForm

VALUES = {
    "Location": " Oslo ",
    "MaxTemp": "21.50",
    "MinTemp": "9",
    "ChancesOfPrecipitation": "40",
    "TTL": "60",
}


def form(**settings: Any) -> Form:
    """Return the form."""
    return WeatherForm(Settings(MOMENTO_API_ENDPOINT=ENDPOINT, **settings))


def test_the_fields_make_an_item() -> None:
    item = dict(form().parse(VALUES))
    assert float(item.pop("WrittenAt")["N"]) > 1_700_000_000
    assert item == {
        "Location": {"S": "Oslo"},
        "MaxTemp": {"N": "21.5"},
        "MinTemp": {"N": "9"},
        "ChancesOfPrecipitation": {"N": "40"},
        "TTL": {"N": "60"},
    }


@each(
    case=[
        ({"Location": "  "}, "Location", "Location is missing"),
        ({"Location": 'a"b'}, "Location", "Location must hold no quote"),
        ({"Location": "x" * 513}, "Location", "Location has more than 512 characters"),
        ({"MaxTemp": "warm"}, "MaxTemp", "Max °C has to be a number, and is 'warm'"),
        ({"MaxTemp": "NaN"}, "MaxTemp", "Max °C has to be a number"),
        ({"MaxTemp": "12345678901"}, "MaxTemp", "Max °C has too many digits"),
        ({"MinTemp": "30"}, "MinTemp", "Min °C is above Max °C"),
        (
            {"ChancesOfPrecipitation": "101"},
            "ChancesOfPrecipitation",
            "Rain % has to be at most 100",
        ),
        ({"ChancesOfPrecipitation": "-1"}, "ChancesOfPrecipitation", "Rain % has to be at least 0"),
        ({"TTL": "0"}, "TTL", "TTL in s has to be at least 1, and is '0'"),
        ({"TTL": "1.5"}, "TTL", "TTL in s has to be a whole number"),
        ({"TTL": "90000"}, "TTL", "TTL in s has to be at most 86400"),
        ({"TTL": ""}, "TTL", "TTL in s is missing"),
    ]
)
def test_a_wrong_value_is_named_by_its_label(case: tuple[dict[str, str], str, str]) -> None:
    values, name, begin = case
    with pytest.raises(ConsoleError) as refused:
        form().parse(VALUES | values)
    assert refused.value.fields[name].startswith(begin), refused.value.fields
    assert set(refused.value.fields) == {name}


def test_every_missing_field_is_named() -> None:
    with pytest.raises(ConsoleError) as refused:
        form().parse({})
    assert set(refused.value.fields) == set(VALUES)


def test_the_actions_write_items() -> None:
    here = form()
    (random,) = here.act("random", {})
    (poison,) = here.act("refused", {})
    assert poison["TTL"] == {"N": "0"}
    for item in (random, poison):
        assert wrong(item, "the item") is None
        assert here.written_at(item) is not None
    assert len(here.act("random", {"count": 3})) == 3
    with pytest.raises(ConsoleError, match="no action"):
        here.act("nothing", {})


def test_with_one_ttl_for_all_items_no_action_writes_a_refused_item() -> None:
    here = form(CACHE_TTL_SECONDS=60)
    assert [action["id"] for action in form_json(here)["actions"]] == ["random"]
    with pytest.raises(ConsoleError, match="CACHE_TTL_SECONDS is 60"):
        here.act("refused", {})


def test_another_programs_item_has_no_time() -> None:
    assert form().written_at({"Location": {"S": "Oslo"}}) is None
