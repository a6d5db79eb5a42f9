"""How many requests a second the cache-put pipe makes of records.

    python tests/bench/templates.py [--rounds 7]

The pipe is the weather stack's: filter, template, path and query parameters, headers. Beside it
are the request in pieces and, as a yardstick, one `json.dumps` of the same record. They take turns.
"""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # run as a script from anywhere

from eventpipes import Pipe, Request
from eventpipes.synthesized import definitions
from tests.eventpipes.cases import read_record
from tests.localcloud.weather_pipes import PUT, synthesized
from tests.rounds import a_second, asked_rounds, heading, in_turns, line

SECONDS = 0.2
"""How long one measurement takes, about."""


def main() -> None:
    """Measure, and print the table."""
    rounds = asked_rounds("Time requests of the cache-put pipe.")
    record = read_record("insert")
    pipe = next(Pipe(one) for one in definitions(synthesized()) if one.name == PUT)
    if not isinstance(pipe.process(record), Request):
        sys.exit("error: the pipe makes no request of the record")
    ways: dict[str, Callable[[Any], object]] = {
        "cache-put pipe": pipe.process,
        "its trace": pipe.trace,
        "json.dumps": json.dumps,
    }
    timed = {way: partial(a_second, work, [record], SECONDS) for way, work in ways.items()}
    rates = in_turns(timed, rounds)
    print(f"records a second, {rounds} alternating rounds")
    print(heading(16, 12))
    for way, found in rates.items():
        print(line(way, found, 16, "12,.0f"))


if __name__ == "__main__":
    main()
