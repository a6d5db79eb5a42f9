"""What the benchmarks share: their rounds, rates, and lines of numbers."""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def asked_rounds(description: str, default: int = 7, *, option: str = "rounds") -> int:
    """Return how many rounds the command line asks for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(f"--{option}", type=int, default=default, help=f"(default: {default})")
    rounds: int = getattr(parser.parse_args(), option)
    if rounds < 1:
        parser.error(f"--{option} takes 1 or more")
    return rounds


def in_turns(ways: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Measure each way once in each round, so that a slow minute of the machine is everybody's."""
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, measure in ways.items():
            found[way].append(measure())
    return found


def a_second(work: Callable[[Any], object], inputs: Sequence[Any], seconds: float) -> float:
    """Return how many inputs a second are worked on, measured for about so many seconds."""
    times, elapsed = 16, 0.0
    while elapsed < seconds:
        times *= 2
        begin = time.perf_counter()
        for _ in range(times):
            for one in inputs:
                work(one)
        elapsed = time.perf_counter() - begin
    return times * len(inputs) / elapsed


@dataclass(frozen=True)
class Run:
    """A process: wall and processor seconds, and the largest process's peak memory in MB."""

    seconds: float
    processor: float
    megabytes: float


def timed(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Run:
    """Run a command, quietly, and return what it took; its children are counted."""
    begin = time.perf_counter()
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"error: {' '.join(command)}: {(folder / 'log').read_text()[-2000:]}")
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


def heading(width: int, column: int) -> str:
    """Return the line above the lines of a table."""
    return f"{'':<{width}}" + "".join(f"{one:>{column}}" for one in ("median", "min", "max"))


def line(name: str, values: Sequence[float], width: int, column: str) -> str:
    """Return a line of a table; `column` is the width and the form of its three numbers."""
    shown = (statistics.median(values), min(values), max(values))
    return f"{name:<{width}}" + "".join(f"{value:>{column}}" for value in shown)
