"""How many events a second a pattern judges and explains, and how many patterns are compiled.

    python tests/bench/patterns.py [--rounds 7]

Events are parsed beforehand, or JSON text. Beside this engine: the standard library's parser
before the same engine, and moto's. All get the same records, one that matches and one that
does not, and take turns, so that a slow minute of the machine is everybody's.
"""

import json
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script from anywhere

from moto.events.models import EventPattern

import eventpipes
from tests.eventpipes.cases import read_record
from tests.rounds import a_second, asked_rounds, in_turns

SECONDS = 0.1
"""How long one measurement takes, about."""

Matches = Callable[[Any], bool]


PATTERNS: dict[str, dict[str, Any]] = {
    "two values": {"eventName": ["INSERT", "MODIFY"]},
    "a nested field": {
        "eventName": ["INSERT", "MODIFY"],
        "dynamodb": {"NewImage": {"TTL": {"N": [{"exists": True}]}}},
    },
    "ten fields": {
        "eventName": ["INSERT", "MODIFY"],
        "eventSource": ["aws:dynamodb"],
        "awsRegion": [{"prefix": "us-"}],
        "eventVersion": ["1.1"],
        "dynamodb": {
            "Keys": {"Location": {"S": [{"exists": True}]}},
            "NewImage": {
                "MaxTemp": {"N": [{"anything-but": "0"}]},
                "MinTemp": {"N": ["9", "10"]},
                "TTL": {"N": [{"exists": True}]},
            },
            "SizeBytes": [{"numeric": [">", 0, "<", 1000]}],
            "StreamViewType": ["NEW_AND_OLD_IMAGES"],
        },
    },
}


def contests(pattern: dict[str, Any]) -> dict[str, tuple[Callable[[Any], object], list[Any]]]:
    """Return what is timed of a pattern: its columns, each a function and its inputs."""
    records = [read_record("insert"), read_record("remove")]
    texts = [json.dumps(one) for one in records]
    compiled = eventpipes.compile(pattern)
    parsed = {
        "parsed": compiled.matches,
        "moto, parsed": EventPattern(json.dumps(pattern), pattern).matches_event,
    }
    text: dict[str, Matches] = {
        "text": compiled.matches_text,
        "json.loads": lambda text: compiled.matches(json.loads(text)),
    }
    for name, matches in [*parsed.items(), *text.items()]:
        verdicts = [*map(matches, records if name in parsed else texts)]
        if verdicts != [True, False]:
            sys.exit(f"error: {name}: the verdicts are {verdicts}")
    return {
        **{name: (matches, records) for name, matches in parsed.items()},
        **{name: (matches, texts) for name, matches in text.items()},
        "explained": (compiled.explain, records),
        "compiled": (eventpipes.compile, [pattern]),
    }


def main() -> None:
    """Measure, and print the table."""
    rounds = asked_rounds("Time event patterns, on records and on text.")
    length = len(json.dumps(read_record("insert")))
    print(f"a second, medians of {rounds} alternating rounds; a text has {length} characters")
    columns = [*contests(PATTERNS["two values"])]
    print(f"{'pattern':<16}" + "".join(f"{column:>14}" for column in columns))
    for name, pattern in PATTERNS.items():
        timed = contests(pattern)
        rates = in_turns(
            {column: partial(a_second, *each, SECONDS) for column, each in timed.items()}, rounds
        )
        medians = map(statistics.median, rates.values())
        print(f"{name:<16}" + "".join(f"{median:>14,.0f}" for median in medians))


if __name__ == "__main__":
    main()
