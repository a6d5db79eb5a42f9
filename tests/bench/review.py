"""How long a review takes: plans of 15, 100 and 500 resources: `python tests/bench/review.py`.

The resources are those of a real plan of the weather stack, repeated under other addresses.
"""

import copy
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from rich.console import Console
from rich.table import Table

from ops.review import read_plan, review
from tests.rounds import asked_rounds

PLAN = ROOT / "tests" / "cases" / "plans" / "renamed.json"


def repeated(resources: int) -> str:
    """Return a plan with so many changed resources, in which everything is replaced."""
    document: dict[str, Any] = json.loads(PLAN.read_text(encoding="utf-8"))
    originals = document["resource_changes"]
    document["resource_changes"] = []
    for number in range(resources):
        change = copy.deepcopy(originals[number % len(originals)])
        change["address"] += f"_{number}"
        document["resource_changes"].append(change)
    return json.dumps(document)


def main() -> None:
    """Measure and print a table."""
    runs = asked_rounds(__doc__ or "", option="runs")
    table = Table("resources", "plan", "review", "median of the whole", title="Plan review")
    for resources in (15, 100, 500):
        text = repeated(resources)
        taken = []
        for _ in range(runs):
            started = time.perf_counter()
            done = review(read_plan(text, "bench"))
            taken.append(time.perf_counter() - started)
        table.add_row(
            str(resources),
            f"{len(text) / 1000:.0f} KB",
            f"{len(done.markdown):,} characters",
            f"{statistics.median(taken) * 1000:.0f} ms",
        )
    Console(width=90).print(table)


if __name__ == "__main__":
    main()
