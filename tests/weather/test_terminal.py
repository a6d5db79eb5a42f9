"""Control characters in others' data are printed as text, so the terminal does not execute them."""

import unicodedata

import pytest

from live.momento.cache import Cache
from live.momento.topic import Disconnected, Discontinuity, Message, Topic
from live.tour import TourStep
from tests.running_weather import RunningWeather
from tests.weather.conftest import Commands
from weather import cli
from weather.errors import WeatherError
from weather.records import random_record

CLEAR = "\x1b[2J\x9b2J\x07\r\x7f"
SEEN = r"\x1b[2J\x9b2J\x07\r\x7f"


def raw(text: str) -> list[str]:
    """Return the control characters of the output, without line feeds."""
    return [one for one in text if unicodedata.category(one) == "Cc" and one != "\n"]


@pytest.mark.parametrize("command", ["get", "delete"])
def test_records_and_entries_print_no_control_character(
    run: Commands, running: RunningWeather, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """The text is in a record, or in an entry of the cache."""
    location = f"{CLEAR}Oslo"
    running.table.put(random_record("Oslo").model_copy(update={"location": location}))
    monkeypatch.setattr(Cache, "get", lambda *_: CLEAR.encode())
    assert run("list") == 0
    assert f"{SEEN}Oslo" in run.out
    assert run(command, location) == 0
    assert f"{SEEN}Oslo" in run.out
    assert raw(run.out) == []
    assert run("get", location, "--json") == 0
    assert raw(run.out) == []
    assert run.json[0]["location"] == location
    assert run("delete", location) == (command == "delete")


def test_messages_print_no_control_character(
    run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a surrogate pair does not end the watch."""
    told = [
        Disconnected(problem=f"Momento answers {CLEAR}", seconds=1),
        Discontinuity(last=9, new=0),
        Message(number=1, text=f"{CLEAR}\ud800"),
    ]
    monkeypatch.setattr(Topic, "watch", lambda _: iter(told))
    assert run("watch") == 0
    assert run.out == f"1 {SEEN}\\ud800\n"
    assert SEEN in run.errors[0]
    assert run.errors[1].startswith("a gap: the topic started again")
    assert raw(run.out + run.err) == []
    assert run("watch", "--json") == 0
    assert raw(run.out) == []
    assert run.json[2]["text"] == f"{CLEAR}\ud800"


def test_steps_and_errors_print_no_control_character(
    run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = TourStep(name="the topic says", expected="this", seen=CLEAR, as_expected=False)
    monkeypatch.setattr(cli, "run_tour", lambda _: (each for each in [step]))
    assert run("tour") == 1
    assert SEEN in run.out
    assert raw(run.out + run.err) == []

    def refuse(*_: object) -> None:
        raise WeatherError(f"Momento answers 400: {CLEAR}")

    monkeypatch.setattr(cli, "_clients", refuse)
    assert run("list") == 1
    assert run.errors == [f"error: Momento answers 400: {SEEN}"]
