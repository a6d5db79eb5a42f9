"""Runs commands on the weather pipes that live's tests use too."""

import json
from typing import Any

import pytest

from live.output import console
from tests.localcloud.weather_pipes import API_KEY
from tests.running_weather import (
    SECRET,
    RunningWeather,
    closed_clients,
    no_cloud,
    patience,
    running,
)
from weather import cli
from weather.settings import WeatherSettings

__all__ = ["closed_clients", "no_cloud", "patience", "running"]


class Commands:
    """Runs commands in this process; `out` and `err` are what the last one printed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *words: str) -> int:
        """Run a command; return its exit code."""
        self._monkeypatch.setattr("sys.argv", ["weather", *words])
        try:
            code = cli.main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        self.out, self.err = self._capsys.readouterr()
        assert "Traceback" not in self.err
        for secret in (API_KEY, SECRET):
            assert secret not in self.out + self.err
        return code

    @property
    def errors(self) -> list[str]:
        """The lines on stderr, without the line that says where the command works."""
        return [line for line in self.err.splitlines() if not line.startswith("on ")]

    @property
    def json(self) -> list[Any]:
        """The lines on stdout as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def run(
    running: RunningWeather, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Commands:
    """Return what runs commands on the running pipes."""
    monkeypatch.setattr(console, "width", 120)
    work_on(running.settings, monkeypatch)
    return Commands(monkeypatch, capsys)


def work_on(settings: WeatherSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the commands find these settings."""
    monkeypatch.setattr(WeatherSettings, "load", lambda **_: settings)
