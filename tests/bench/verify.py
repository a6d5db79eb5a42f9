"""How many keys a second verify compares and warm sends on one machine.

    python tests/bench/verify.py [--rounds 3] [--items 20000] [--segments 4]

The items are in this process, so that the local AWS does not bound the figures: it needs
milliseconds for a read that DynamoDB answers in one. Momento is the local one, in a process of its
own, and every key is one HTTP request to it. The table's pipes are deployed to the local AWS, and
the requests are those of its put pipe. No rate limit is in the way. The memory is the most that
tracemalloc saw in this process during a further run, without the items.
"""

import argparse
import os
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from live.deployment import Deployment
from live.items import Item
from live.momento.client import Momento
from live.table import TableClient
from localcloud import LocalAws
from ops.shared.repair.scan_progress import ScanProgress
from ops.verify.verify import Verify
from ops.warm.warm import Warm
from tests.localcloud.weather_pipes import API_KEY, CACHE, ENDPOINT
from tests.ops.shared.repair.repair_cloud import RepairCloud
from tests.rounds import heading, line

SERVER = f"""
import time
from localcloud.momento.service import LocalMomento
with LocalMomento(api_key={API_KEY!r}, caches=({CACHE!r},)) as momento:
    print(momento.endpoint, flush=True)
    time.sleep(86_400)
"""


class TableHere(TableClient):
    """A table whose items are in this process: number by number, in each segment's turn."""

    def hold(self, count: int) -> None:
        """Have so many items."""
        self.count = count

    def item(self, number: int) -> Item:
        """Return an item by its number."""
        values = {"MaxTemp": number % 40, "MinTemp": 1, "ChancesOfPrecipitation": 5, "TTL": 3_600}
        typed = {name: {"N": str(value)} for name, value in values.items()}
        return {"Location": {"S": f"city {number}"}, **typed}

    def read(self, key: Item) -> Item | None:
        """Return the item of a key."""
        return self.item(int(key["Location"]["S"].removeprefix("city ")))

    def items(
        self, *, segment: int = 0, segments: int = 1, start: Item | None = None, size: int = 100
    ) -> tuple[list[Item], Item | None]:
        """Return a page of a segment."""
        at = segment if start is None else int(start["number"])
        end = at + size * segments
        page = [self.item(number) for number in range(at, min(end, self.count), segments)]
        return page, {"number": end} if end < self.count else None


@contextmanager
def momento() -> Iterator[str]:
    """Run Momento in a process of its own; give its origin."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.kill()
        server.communicate()


def run(command: str, deployment: Deployment, sender: Momento, segments: int) -> float:
    """Run a command over all items; return the seconds, after a look at what it did."""
    progress = ScanProgress(None, segments=segments)
    begin = time.perf_counter()
    summary: Any
    if command == "warm":
        summary = Warm(deployment, sender, progress).run()
    else:
        summary = Verify(deployment, sender, progress).run()
    seconds = time.perf_counter() - begin
    done = summary.counts["sent" if command == "warm" else "in sync"]
    if not summary.complete or done != deployment.table.about:
        sys.exit(f"error: {command}: {summary.as_json()}")
    return seconds


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Time verify and warm over many items.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument("--items", type=int, default=20_000, help="of the table (default: 20000)")
    parser.add_argument("--segments", type=int, default=4, help="read in parallel (default: 4)")
    options = parser.parse_args()
    if min(options.rounds, options.items, options.segments) < 1:
        parser.error("--rounds, --items and --segments take 1 or more")
    seconds: dict[str, list[float]] = {"warm": [], "verify": []}
    most: dict[str, int] = {}
    with LocalAws() as aws, momento() as origin:
        env = aws.environment() | {"MOMENTO_API_ENDPOINT": ENDPOINT, "MOMENTO_ENDPOINT_URL": origin}
        with mock.patch.dict(os.environ, env, clear=True), RepairCloud(aws) as cloud:
            os.environ["MOMENTO_ENDPOINT_URL"] = origin
            with cloud.deployment() as deployment, Momento(redirect=origin) as sender:
                real = deployment.table
                table = TableHere(real.client, name=real.name, keys=real.keys, about=options.items)
                table.hold(options.items)
                deployment.table = table
                for number in range(options.rounds):
                    for command, times in seconds.items():
                        times.append(run(command, deployment, sender, options.segments))
                    print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
                for command in seconds:
                    tracemalloc.start()
                    run(command, deployment, sender, options.segments)
                    most[command] = tracemalloc.get_traced_memory()[1]
                    tracemalloc.stop()
    print(f"{options.items} items, {options.segments} segments, {options.rounds} rounds")
    print(f"{heading(10, 8)}  keys a second{'memory':>10}")
    for command, times in seconds.items():
        rates = [options.items / one for one in times]
        print(f"{line(command, rates, 10, '8.0f')}{'':<15}{most[command] / 1e6:>7.1f} MB")


if __name__ == "__main__":
    main()
