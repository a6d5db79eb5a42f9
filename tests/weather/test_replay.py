"""The page's replay: one at a time, by the operators' command, told in a sentence."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import weather.replay
from weather.errors import WeatherError
from weather.replay import replay, sentence


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
def test_what_became_of_the_letters_is_a_sentence(summary: dict[str, Any], said: str) -> None:
    assert sentence(summary) == said


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have a package `ops` of our own run in the place of the real one."""
    (tmp_path / "ops").mkdir()
    (tmp_path / "ops" / "__main__.py").write_text(script, encoding="utf-8")
    monkeypatch.setattr(weather.replay, "ROOT", tmp_path)


def test_the_commands_own_error_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, 'import sys\nsys.exit("error: nothing is deployed")')
    with pytest.raises(WeatherError, match=r"^nothing is deployed$"):
        asyncio.run(replay())


def test_a_second_replay_waits_its_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = json.dumps({"sent": 1})
    stand_in(tmp_path, monkeypatch, f"import time\ntime.sleep(0.5)\nprint('{summary}')")

    async def both() -> Any:
        return await asyncio.gather(replay(), replay(), return_exceptions=True)

    first, second = asyncio.run(both())
    assert first == "1 sent."
    assert isinstance(second, WeatherError)
    assert "under way already" in str(second)


def test_one_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, monkeypatch, "import time\ntime.sleep(60)")
    monkeypatch.setattr(weather.replay, "PATIENCE_SECONDS", 0.5)
    with pytest.raises(WeatherError, match=r"the replay was ended after 0 s; .* goes on"):
        asyncio.run(replay())
