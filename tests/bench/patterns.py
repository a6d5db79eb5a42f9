"""How many events a second a pattern judges and explains, and how many patterns are compiled.

    python tests/bench/patterns.py [--rounds 7]

Events are parsed beforehand, or JSON text. Beside this engine: the standard library's parser
before the same engine, and moto's. All get the same records, one that matches and one that
does not, and take turns, so that a slow minute of the machine is everybody's.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script from anywhere

from moto.events.models import EventPattern

import eventpipes

SECONDS = 0.1
"""How long one measurement takes, about."""

Matches = Callable[[Any], bool]


def record(kind: str) -> dict[str, Any]:
    """Return a stream record of an item with five attributes."""
    item = {
        "Location": {"S": "Oslo"},
        "MaxTemp": {"N": "21"},
        "MinTemp": {"N": "9"},
        "ChancesOfPrecipitation": {"N": "40"},
        "TTL": {"N": "600"},
    }
    return {
        "eventID": "00000000000000000000000000000001",
        "eventName": kind,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1715936401.0,
            "Keys": {"Location": {"S": "Oslo"}},
            "NewImage": item,
            "SequenceNumber": "100000000000000000001",
            "SizeBytes": 212,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s",
    }


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


def rate(judge: Callable[[Any], object], inputs: list[Any]) -> float:
    """Return how many inputs a second are judged."""
    times, elapsed = 16, 0.0
    while elapsed < SECONDS:
        times *= 2
        begin = time.perf_counter()
        for _ in range(times):
            for one in inputs:
                judge(one)
        elapsed = time.perf_counter() - begin
    return times * len(inputs) / elapsed


def contests(pattern: dict[str, Any]) -> dict[str, tuple[Callable[[Any], object], list[Any]]]:
    """Return what is timed of a pattern: its columns, each a function and its inputs."""
    records = [record("INSERT"), record("REMOVE")]
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
    parser = argparse.ArgumentParser(description="Time event patterns, on records and on text.")
    parser.add_argument("--rounds", type=int, default=7, help="alternating rounds (default: 7)")
    rounds = parser.parse_args().rounds
    if rounds < 1:
        parser.error("--rounds takes 1 or more")
    print(f"a second, medians of {rounds} alternating rounds; a text has 573 characters")
    columns = [*contests(PATTERNS["two values"])]
    print(f"{'pattern':<16}" + "".join(f"{column:>14}" for column in columns))
    for name, pattern in PATTERNS.items():
        timed = contests(pattern)
        rates: dict[str, list[float]] = {column: [] for column in timed}
        for _ in range(rounds):
            for column, (judge, inputs) in timed.items():
                rates[column].append(rate(judge, inputs))
        medians = (statistics.median(rates[column]) for column in timed)
        print(f"{name:<16}" + "".join(f"{median:>14,.0f}" for median in medians))


if __name__ == "__main__":
    main()
