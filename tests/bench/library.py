"""How large the wheels are, and how long their imports take.

    python tests/bench/library.py [--runs 9]

Each import is a process of its own, and the imports take turns. The time of a Python that imports
nothing is subtracted. Each import runs once before it counts.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, os.fspath(ROOT))

from ops.build import build, distributions
from tests.rounds import asked_rounds

NOTHING = "sys"
IMPORTS = {
    "eventpipes": "",
    "momento_pipes.mapping": "",
    "momento_pipes.bindings": "starts node, loads cdktf and the trimmed bindings",
    "momento_pipes.pipelines": "all of that, and the constructs",
    "cdktf": "for comparison: starts node, no AWS bindings",
    "cdktf_cdktf_provider_aws": "for comparison: the whole bindings",
}


def seconds(module: str) -> float:
    """Return how long a process takes that imports a module."""
    environment = os.environ | {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    begin = time.perf_counter()
    command = [sys.executable, "-c", f"import {module}, os, sys; sys.stdout.flush()"]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)
    return time.perf_counter() - begin


def measure(runs: int) -> dict[str, tuple[float, float]]:
    """Return the median and the least seconds of each import, without Python's own."""
    modules = [NOTHING, *IMPORTS]
    for module in modules:
        seconds(module)
    rounds = [{module: seconds(module) for module in modules} for _ in range(runs)]
    found = {}
    for module in IMPORTS:
        times = [one[module] - one[NOTHING] for one in rounds]
        found[module] = statistics.median(times), min(times)
    return found


def main() -> None:
    """Print both tables."""
    runs = asked_rounds(__doc__ or "", 9, option="runs")
    print("| wheel | bytes |\n| --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        for one in distributions():
            print(f"| {one.name} | {build(one, Path(folder)).stat().st_size:,} |")
    print("\n| import | median | least | |\n| --- | --- | --- | --- |")
    for module, (median, least) in measure(runs).items():
        print(f"| `{module}` | {median:.2f} s | {least:.2f} s | {IMPORTS[module]} |")


if __name__ == "__main__":
    main()
