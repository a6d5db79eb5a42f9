"""docs/weather.md shows what the commands print."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

import pytest

import weather.tour
from live.output import console
from live.tour import TourStep
from tests.localcloud.arrivals import until
from tests.running_weather import RunningWeather
from tests.transcript import is_shown, transcript
from tests.weather.conftest import Commands
from weather import cli
from weather.comparison import LocationState, compare
from weather.records import WeatherRecord
from weather.settings import WeatherSettings

SHOWN = transcript("docs/weather.md")
PUT, GET, TOUR = SHOWN
TIME_LEFT = r"\d{3} s of 600"


def printed(run: Commands, command: str) -> str:
    """Return what a command of the page prints on stdout."""
    assert run(*shlex.split(command)[2:]) == 0
    return run.out


def test_put_and_get_print_what_the_page_shows(
    run: Commands, running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "width", 100)
    assert is_shown(SHOWN[PUT], printed(run, PUT)), run.out
    in_sync = LocationState.IN_SYNC
    until(lambda: compare("Oslo", running.table, running.cache).state is in_sync)
    assert is_shown(SHOWN[GET], printed(run, GET), TIME_LEFT), run.out


def test_tour_prints_what_the_page_shows(run: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record and the milliseconds, which vary, are those of the page."""
    shown = SHOWN[TOUR]
    took = iter(re.findall(r"│ (\d+) +│\n", shown))
    real = weather.tour.tour

    def tour(settings: WeatherSettings) -> Iterator[TourStep]:
        for step in real(settings):
            timed = step.milliseconds is not None
            yield replace(step, milliseconds=float(next(took))) if timed else step

    record = {"MaxTemp": "16", "MinTemp": "2", "ChancesOfPrecipitation": "97", "TTL": "600"}
    monkeypatch.setattr(console, "width", 100)
    monkeypatch.setattr(cli, "run_tour", tour)
    monkeypatch.setattr("secrets.token_hex", lambda _: "c41d29")
    monkeypatch.setattr(
        weather.tour,
        "random_record",
        lambda location: WeatherRecord.model_validate({"Location": location, **record}),
    )
    assert is_shown(shown, printed(run, TOUR)), run.out
    assert list(took) == []
