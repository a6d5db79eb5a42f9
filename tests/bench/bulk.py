"""Warm and verify on the local cloud with a distributed Map: items a second, failures, memory.

    python tests/bench/bulk.py                    # 100,000 items; about half an hour on two cores
    python tests/bench/bulk.py --items 2000 --rate 50   # little work, so the rate is the model's

The state machines are those of the stack, and the model's rate (`ops/capacity/bulk.py`) is beside
the measured one. On one machine the processor is the limit: the engine evaluates JSONata in Python,
moto reads the whole table for each page, and each call of the function is a new process.
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
from localcloud.sender import Timing
from momento_pipes.bulk_settings import BulkSettings
from ops.capacity.bulk import BulkLoad, RunKind
from tests.localcloud.bulk_cloud import BulkCloud

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
    counts = {name: found.get(name) for name in ("sent", "in_sync", "letters", "unknown", "stale")}
    told = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number is not None)
    run = found.get("seconds") or seconds
    print(
        f"{kind:7} {found.get('status', done.stderr[-200:])}: {told}; {run:,.1f} s,"
        f" {asked.items / run:,.0f} items/s (model {load.items_a_second:,.0f});"
        f" memory {before:,.0f} to {memory():,.0f} MB",
        flush=True,
    )
    return found


def main() -> None:
    """Fill a table, warm the cache, and verify it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=1_000, help="BULK_RATE")
    asked = parser.parse_args()
    settings = {"BULK_RATE": str(asked.rate)}
    with LocalAws() as aws, BulkCloud(aws, timing=Timing(), settings=settings) as cloud:
        began = time.monotonic()
        cloud.fill(asked.items)
        print(f"{asked.items:,} items written in {time.monotonic() - began:,.0f} s", flush=True)
        cloud.run_all()
        measured(cloud, RunKind.WARM, asked)
        print(f"the cache has {len(cloud.cached()):,} entries", flush=True)
        measured(cloud, RunKind.VERIFY, asked)


if __name__ == "__main__":
    main()
