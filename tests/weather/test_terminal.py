"""What others wrote, printed by the commands: seen on the terminal, and never obeyed by it."""

import unicodedata

import pytest

from live.cache import Cache
from live.topic import Disconnected, Discontinuity, Message, Topic
from tests.running_weather import RunningWeather
from tests.weather.conftest import Commands
from weather import cli
from weather.errors import WeatherError
from weather.records import random_record
from weather.tour import TourStep

CLEAR = "\x1b[2J\x9b2J\x07\r\x7f"
SEEN = r"\x1b[2J\x9b2J\x07\r\x7f"


def raw(text: str) -> list[str]:
    """Return the control characters in what was printed, but for line feeds."""
    return [one for one in text if unicodedata.category(one) == "Cc" and one != "\n"]


@pytest.mark.parametrize("command", ["get", "delete"])
def test_no_order_to_the_terminal_is_printed(
    run: Commands, running: RunningWeather, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Whoever wrote the record or what the cache holds."""
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


def test_no_message_of_the_topic_gives_orders_to_the_terminal(
    run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a character does not end the watch."""
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


def test_no_step_and_no_error_gives_orders_to_the_terminal(
    run: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = TourStep(name="the topic says", expected="this", seen=CLEAR)
    monkeypatch.setattr(cli, "run_tour", lambda *_: iter([step]))
    assert run("tour") == 1
    assert SEEN in run.out
    assert raw(run.out + run.err) == []

    def refuse(*_: object) -> None:
        raise WeatherError(f"Momento answers 400: {CLEAR}")

    monkeypatch.setattr(cli, "_clients", refuse)
    assert run("list") == 1
    assert run.errors == [f"error: Momento answers 400: {SEEN}"]
