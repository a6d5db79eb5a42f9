"""How many events a second a pattern judges: this engine beside moto's.

    python tests/bench/patterns.py [--rounds 7]

Both have their pattern read beforehand and get the same records: one that matches and one that
does not, in turn. The two take turns, so that a slow minute of the machine is everybody's.
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

SECONDS = 0.2
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
    "one field": {"eventName": ["INSERT", "MODIFY"]},
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


def rate(matches: Matches, events: list[dict[str, Any]]) -> float:
    """Return how many events a second are judged."""
    times, elapsed = 64, 0.0
    while elapsed < SECONDS:
        times *= 2
        begin = time.perf_counter()
        for _ in range(times):
            for event in events:
                matches(event)
        elapsed = time.perf_counter() - begin
    return times * len(events) / elapsed


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Time event patterns beside moto's.")
    parser.add_argument("--rounds", type=int, default=7, help="alternating rounds (default: 7)")
    rounds = parser.parse_args().rounds
    if rounds < 1:
        parser.error("--rounds takes 1 or more")
    events = [record("INSERT"), record("REMOVE")]
    print(f"matches a second, medians of {rounds} alternating rounds")
    print(f"{'pattern':<12}{'eventpipes':>14}{'moto':>12}{'ratio':>8}")
    for name, pattern in PATTERNS.items():
        engines: dict[str, Matches] = {
            "eventpipes": eventpipes.compile(pattern).matches,
            "moto": EventPattern(json.dumps(pattern), pattern).matches_event,
        }
        verdicts = {engine: [*map(matches, events)] for engine, matches in engines.items()}
        if set(map(tuple, verdicts.values())) != {(True, False)}:
            sys.exit(f"error: the verdicts differ: {verdicts}")
        rates: dict[str, list[float]] = {engine: [] for engine in engines}
        for _ in range(rounds):
            for engine, matches in engines.items():
                rates[engine].append(rate(matches, events))
        own, moto = (statistics.median(rates[engine]) for engine in engines)
        print(f"{name:<12}{own:>14,.0f}{moto:>12,.0f}{own / moto:>7.0f}x")


if __name__ == "__main__":
    main()
