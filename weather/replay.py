"""Replay the dead letters with `./help.sh redrive`, the command of operators."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from weather.errors import WeatherError
from weather.settings import WeatherSettings

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_SECONDS = 300.0
_ONE_AT_A_TIME = asyncio.Lock()


async def replay(settings: WeatherSettings) -> str:
    """Replay all waiting dead letters; return the results in a sentence.

    Raises:
        WeatherError: another replay runs, or this one takes too long or cannot start.

    """
    if _ONE_AT_A_TIME.locked():
        raise WeatherError("a replay is under way already: wait for its end")
    async with _ONE_AT_A_TIME:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ops", "redrive", "--json", "--pipeline", settings.table),
            *([] if settings.aws_endpoint else ["--aws"]),  # also while a local cloud is up
            cwd=ROOT,
            env=dict(settings.env),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            said, complaint = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
        except TimeoutError:
            process.terminate()  # it ends with the letter under way
            await process.communicate()
            raise WeatherError(
                f"the replay was ended after {PATIENCE_SECONDS:.0f} s; ./help.sh redrive goes on"
            ) from None
    try:
        return sentence(json.loads(said))
    except ValueError:
        text = complaint.decode(errors="replace").strip()
        text = text.partition("error: ")[2] or text  # before it is said where
        raise WeatherError(text or "the replay ended without a word") from None


def sentence(summary: dict[str, Any]) -> str:
    """Return a summary in a sentence.

    >>> sentence({"sent": 2, "refused": 1, "letters": [{"outcome": "refused", "why": "HTTP 400"}]})
    '2 sent, 1 refused (HTTP 400).'
    """
    outcomes = (
        *("sent", "converged", "superseded", "refused", "unrecoverable", "left", "foreign"),
        *("no-record", "discarded"),
    )
    parts = []
    for outcome in outcomes:
        if not summary.get(outcome):
            continue
        letters = summary.get("letters", ())
        whys = sorted({one["why"] for one in letters if one["outcome"] == outcome and one["why"]})
        why = f" ({'; '.join(whys)})" if whys else ""
        parts.append(f"{summary[outcome]} {outcome}{why}")
    if summary.get("hidden"):
        parts.append(f"{summary['hidden']} held by another run")
    told = ", ".join(parts) or "No dead letter waits"
    return f"{told}." if not summary.get("error") else f"{told}. {summary['error']}"
