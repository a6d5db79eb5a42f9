"""The page's replay: one at a time, by the operators' command, told in a sentence."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import weather.replay
from tests.conftest import KEY
from tests.place import SECRET, settings_of
from weather.errors import WeatherError
from weather.replay import replay, sentence

PLACE = settings_of(
    NAME_PREFIX="mine",
    AWS_ENDPOINT_URL="http://127.0.0.1:4566",
    AWS_ACCESS_KEY_ID="local",
    AWS_SECRET_ACCESS_KEY=SECRET,
    MOMENTO_API_KEY=KEY,
    MOMENTO_ENDPOINT_URL="http://127.0.0.1:4567",
    MOMENTO_API_ENDPOINT="https://the.real.one",
)


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ({}, "No dead letter waits."),
        ({"sent": 3, "left": 0}, "3 sent."),
        (
            {
                "superseded": 1,
                "refused": 2,
                "letters": [
                    {"outcome": "refused", "why": "HTTP 400"},
                    {"outcome": "refused", "why": "HTTP 400"},
                    {"outcome": "superseded", "why": ""},
                ],
            },
            "1 superseded, 2 refused (HTTP 400).",
        ),
        ({"sent": 1, "error": "Momento refuses the key"}, "1 sent. Momento refuses the key"),
    ],
)
def test_the_result_of_a_redrive_is_a_sentence(summary: dict[str, Any], said: str) -> None:
    assert sentence(summary) == said


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have a package `ops` of our own run in the place of the real one."""
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "__main__.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr(weather.replay, "ROOT", tmp_path)


def test_the_commands_own_error_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(
        tmp_path,
        monkeypatch,
        'import sys\nsys.exit("on AWS, stack x\\nerror: nothing is deployed")',
    )
    with pytest.raises(WeatherError, match=r"^nothing is deployed$"):
        asyncio.run(replay(PLACE))


def test_a_replay_uses_the_pages_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of the page's own process does not matter."""
    seen = tmp_path / "seen.json"
    script = (
        "import json, os, pathlib, sys\n"
        f"pathlib.Path({str(seen)!r}).write_text(json.dumps([sys.argv[1:], dict(os.environ)]))\n"
        "print('{}')\n"
    )
    stand_in(tmp_path, monkeypatch, script)
    real = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "real", "NAME_PREFIX": "other"}
    for name, value in real.items():
        monkeypatch.setenv(name, value)
    asyncio.run(replay(PLACE))
    words, environment = json.loads(seen.read_text())
    assert words == ["redrive", "--json", "--pipeline", "mine"]
    asyncio.run(replay(settings_of(**{**PLACE.env, "AWS_ENDPOINT_URL": ""})))
    assert json.loads(seen.read_text())[0][-1] == "--aws", "also while a local cloud is up"
    assert (
        environment.items()
        >= {
            "NAME_PREFIX": "mine",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
            "AWS_ACCESS_KEY_ID": "local",
            "MOMENTO_ENDPOINT_URL": "http://127.0.0.1:4567",
            "MOMENTO_API_ENDPOINT": "https://the.real.one",
        }.items()
    )
    assert "AWS_PROFILE" not in environment
    assert "AWS_SESSION_TOKEN" not in environment


def test_a_second_replay_waits_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = json.dumps({"sent": 1})
    stand_in(tmp_path, monkeypatch, f"import time\ntime.sleep(0.5)\nprint('{summary}')")

    async def both() -> Any:
        return await asyncio.gather(replay(PLACE), replay(PLACE), return_exceptions=True)

    first, second = asyncio.run(both())
    assert first == "1 sent."
    assert isinstance(second, WeatherError)
    assert "under way already" in str(second)


def test_a_replay_that_takes_too_long_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, monkeypatch, "import time\ntime.sleep(60)")
    monkeypatch.setattr(weather.replay, "PATIENCE_SECONDS", 0.5)
    with pytest.raises(WeatherError, match=r"the replay was ended after 0 s; .* goes on"):
        asyncio.run(replay(PLACE))
