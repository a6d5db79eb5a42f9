"""How many requests a second the cache-put pipe makes of records.

    python tests/bench/templates.py [--rounds 7]

The pipe is the weather stack's, written out here: filter, template, path and query parameters,
headers. Beside it are the request in pieces and, as a yardstick, one `json.dumps` of the same
record. They take turns.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # run as a script from anywhere

from eventpipes import Connection, Definition, Destination, Pipe, Request, Secret, Source

SECONDS = 0.2
"""How long one measurement takes, about."""
ACCOUNT = "us-east-1:123456789012"
ATTRIBUTES = ("MaxTemp", "MinTemp", "ChancesOfPrecipitation")


def cache_put() -> Pipe:
    """Return the pipe that puts an item into the cache."""
    members = ",".join(f'"{name}":<$.dynamodb.NewImage.{name}.N>' for name in ATTRIBUTES)
    return Pipe(
        Definition(
            name="cache-put",
            arn=f"arn:aws:pipes:{ACCOUNT}:pipe/cache-put",
            source=Source(arn=f"arn:aws:dynamodb:{ACCOUNT}:table/t/stream/s"),
            target_arn=f"arn:aws:events:{ACCOUNT}:api-destination/put",
            destination=Destination(
                name="put",
                method="PUT",
                endpoint="https://cache.example/cache/*",
                connection=Connection(name="c", headers={"Authorization": Secret("key")}),
            ),
            filters=('{"eventName":["INSERT","MODIFY"]}',),
            input_template=f'{{"Location":<$.dynamodb.Keys.Location.S>,{members}}}',
            path_parameters=("weather",),
            query_string={
                "key": "$.dynamodb.Keys.Location.S",
                "ttl_seconds": "$.dynamodb.NewImage.TTL.N",
            },
        )
    )


def rate(process: Callable[[Any], object], record: dict[str, Any]) -> float:
    """Return how many records a second are processed."""
    times, elapsed = 64, 0.0
    while elapsed < SECONDS:
        times *= 2
        begin = time.perf_counter()
        for _ in range(times):
            process(record)
        elapsed = time.perf_counter() - begin
    return times / elapsed


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Time requests of the cache-put pipe.")
    parser.add_argument("--rounds", type=int, default=7, help="alternating rounds (default: 7)")
    rounds = parser.parse_args().rounds
    if rounds < 1:
        parser.error("--rounds takes 1 or more")
    file = ROOT / "tests" / "cases" / "records" / "insert.json"
    record = json.loads(file.read_text(encoding="utf-8"))
    pipe = cache_put()
    if not isinstance(pipe.process(record), Request):
        sys.exit("error: the pipe makes no request of the record")
    ways: dict[str, Callable[[Any], object]] = {
        "cache-put pipe": pipe.process,
        "its trace": pipe.trace,
        "json.dumps": json.dumps,
    }
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, process in ways.items():
            rates[way].append(rate(process, record))
    print(f"records a second, {rounds} alternating rounds")
    print(f"{'':<16}{'median':>12}{'min':>12}{'max':>12}")
    for way, found in rates.items():
        print(
            f"{way:<16}{statistics.median(found):>12,.0f}{min(found):>12,.0f}{max(found):>12,.0f}"
        )


if __name__ == "__main__":
    main()
