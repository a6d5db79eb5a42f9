"""Warm and verify on the local cloud with a distributed Map: items a second, failures, memory.

    python tests/bench/bulk.py                    # 100,000 items; about half an hour on two cores
    python tests/bench/bulk.py --items 2000 --rate 50   # little work, so the rate is the model's

The state machines are those of the stack, and the model's rate (`ops/capacity/bulk.py`) is beside
the measured one. On one machine the processor is the limit: the engine evaluates JSONata in Python.
Before verify, some entries are made stale and some are deleted, and it has to find them. The memory
is the most of this process, which runs the state machines and Momento with its entries.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from localcloud import LocalAws
from localcloud.deliveries.sender import Timing
from localcloud.momento.cache import CachedItem
from momento_pipes.bulk_settings import BulkSettings
from ops.capacity.bulk import BulkLoad, RunKind
from tests.localcloud.bulk_cloud import BulkCloud, body
from tests.localcloud.workflow_cloud import CACHE

ITEM_BYTES = 30


def memory() -> float:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024


def measured(cloud: BulkCloud, kind: RunKind, asked: argparse.Namespace) -> Mapping[str, Any]:
    """Run a command to its end, and print a line about it."""
    before, began = memory(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        done = cloud.command(kind.value, "--on-aws", "--yes", "--json", folder=Path(folder))
    seconds = time.monotonic() - began
    found: Mapping[str, Any] = json.loads(done.stdout or "{}")
    load = BulkLoad(
        kind=kind,
        items=asked.items,
        item_bytes=ITEM_BYTES,
        settings=BulkSettings(rate=asked.rate),
    )
    counts = {
        name: found.get(name)
        for name in ("sent", "in_sync", "letters", "unknown", "stale", "missing")
    }
    told = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number is not None)
    run = found.get("seconds") or seconds
    print(
        f"{kind:7} {found.get('status', done.stderr[-200:])}: {told}; {run:,.1f} s,"
        f" {asked.items / run:,.0f} items/s (model {load.items_a_second:,.0f});"
        f" memory {before:,.0f} to {memory():,.0f} MB",
        flush=True,
    )
    return found


def fill_cache(cloud: BulkCloud, items: int) -> None:
    """Put the items into the cache past everything else."""
    for number in range(items):
        put(cloud, f"item {number}", json.dumps(body(number)))


def put(cloud: BulkCloud, key: str, value: str) -> None:
    """Put an entry that does not expire while verify runs."""
    entry = CachedItem(value.encode(), time.monotonic() + 86_400)
    cloud.momento.service.caches[CACHE].put(key.encode(), entry)


def plant(cloud: BulkCloud, items: int) -> tuple[list[str], list[str]]:
    """Make up to ten entries stale, and delete up to ten others; return their keys."""
    numbers = range(0, items, max(1, items // 20))
    stale = [f"item {number}" for number in numbers[::2]]
    missing = [f"item {number}" for number in numbers[1::2]]
    for key in stale:
        put(cloud, key, "stale")
    for key in missing:
        cloud.cache("DELETE", key)
    return stale, missing


def main() -> None:
    """Fill a table, warm the cache, and verify it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=1_000, help="BULK_RATE")
    parser.add_argument("--only", choices=[each.value for each in RunKind], help="one of the runs")
    asked = parser.parse_args()
    limit = str(2 * asked.rate)
    settings = {"BULK_RATE": str(asked.rate), "MOMENTO_CACHE_OPERATIONS_PER_SECOND": limit}
    with LocalAws() as aws, BulkCloud(aws, timing=Timing(), settings=settings) as cloud:
        began = time.monotonic()
        cloud.fill(asked.items)
        print(f"{asked.items:,} items written in {time.monotonic() - began:,.0f} s", flush=True)
        cloud.momento.service.interfere = None  # it would keep every request
        cloud.run_all()
        if asked.only == RunKind.VERIFY.value:
            fill_cache(cloud, asked.items)
        else:
            measured(cloud, RunKind.WARM, asked)
        print(f"the cache has {len(cloud.cached()):,} entries", flush=True)
        if asked.only == RunKind.WARM.value:
            return
        stale, missing = plant(cloud, asked.items)
        found = measured(cloud, RunKind.VERIFY, asked)
        named = {(one["state"], one["key"]) for one in found["findings"]}
        wrong = {("stale", key) for key in stale} | {("missing", key) for key in missing}
        print(
            f"{len(wrong)} wrong entries were planted, and {len(wrong & named)} found", flush=True
        )
        if named != wrong:
            sys.exit("error: verify has found something else")


if __name__ == "__main__":
    main()
