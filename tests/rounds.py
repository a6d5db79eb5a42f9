"""What the benchmarks share: their rounds, rates, and lines of numbers."""

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
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


def heading(width: int, column: int) -> str:
    """Return the line above the lines of a table."""
    return f"{'':<{width}}" + "".join(f"{one:>{column}}" for one in ("median", "min", "max"))


def line(name: str, values: Sequence[float], width: int, column: str) -> str:
    """Return a line of a table; `column` is the width and the form of its three numbers."""
    shown = (statistics.median(values), min(values), max(values))
    return f"{name:<{width}}" + "".join(f"{value:>{column}}" for value in shown)
