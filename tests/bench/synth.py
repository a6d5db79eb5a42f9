"""How long a synth takes and how much memory: plain import, lazy import, trimmed assembly.

    python tests/bench/synth.py [--runs 7]

The ways take turns, so that a slow minute of the machine is everybody's. Memory is that of the
largest process, which is node. Cold is the first synth after an installation: jsii's package
cache is empty. Each way runs once before it counts, with its bytecode compiled by then.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # run as a script from anywhere

from tests.localcloud.weather_pipes import ENDPOINT
from tests.rounds import Run, asked_rounds, timed

WAYS = ("stock", "lazy", "trimmed")


def synth(way: str, folder: Path, *, jsii_cache: Path | None = None) -> Run:
    """Run `python main.py` into a folder; its child node is waited for, and so counted."""
    environment = {
        **os.environ,
        "AWS_BINDINGS": way,
        "CDKTF_OUTDIR": os.fspath(folder / way),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20",
        "MOMENTO_API_ENDPOINT": ENDPOINT,
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if jsii_cache:
        environment["JSII_RUNTIME_PACKAGE_CACHE_ROOT"] = os.fspath(jsii_cache)
    return timed([sys.executable, str(ROOT / "main.py")], folder, environment)


def measure(rounds: int, folder: Path) -> dict[str, list[Run]]:
    """Return the runs of each way, and those of the trimmed one with a cold cache."""
    for way in WAYS:
        synth(way, folder)
    runs: dict[str, list[Run]] = {way: [] for way in (*WAYS, "trimmed, cold")}
    for _ in range(rounds):
        for way in WAYS:
            runs[way].append(synth(way, folder))
        with tempfile.TemporaryDirectory() as cache:
            runs["trimmed, cold"].append(synth("trimmed", folder, jsii_cache=Path(cache)))
    return runs


def row(name: str, runs: Sequence[Run], stock: float) -> str:
    """Return a line of the table; the ratio is that of the medians."""
    seconds = [run.seconds for run in runs]
    median = statistics.median(seconds)
    peak = statistics.median(run.megabytes for run in runs)
    return (
        f"{name:<14}{median:>8.2f} s{min(seconds):>8.2f} s{max(seconds):>8.2f} s"
        f"{peak:>8.0f} MB{median / stock:>9.3f}"
    )


def main() -> None:
    """Measure, and print the table."""
    rounds = asked_rounds("Time the synth of the weather stack.", option="runs")
    with tempfile.TemporaryDirectory() as folder:
        runs = measure(rounds, Path(folder))
    print(f"python main.py, {rounds} alternating runs")
    print(f"{'bindings':<14}{'median':>10}{'min':>10}{'max':>10}{'memory':>11}{'of stock':>9}")
    stock = statistics.median(run.seconds for run in runs["stock"])
    for name, of_one_way in runs.items():
        print(row(name, of_one_way, stock))


if __name__ == "__main__":
    main()
