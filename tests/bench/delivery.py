"""How many records a second reach Momento, how soon a write is in the cache, what bounds it.

    python tests/bench/delivery.py [--rounds 5] [--records 1000] [--writes 200]

All on this machine: the AWS API, Momento, and between them the runner with the three weather
pipes. A round writes records until each pipe is done with them, and then single records, each
of which is read from the cache over HTTP until it is there. The destinations' rate limits are
raised out of the way. The steps are those of the cache-put pipe's thread while records are
written by the thousand; it shares Python's one processor at a time with the other pipes' threads
and with Momento, and its machine with the AWS API.
"""

import argparse
import random
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import httpx
from botocore.client import BaseClient

from eventpipes import Pipe
from eventpipes.rate_limit import RateLimit
from localcloud import LocalAws
from localcloud.deliveries.delivery import Delivery
from localcloud.deliveries.logs import ExecutionLog
from localcloud.deliveries.sender import Sender
from localcloud.momento.service import LocalMomento
from localcloud.runner.runner import IDLE_SECONDS, Runner
from tests.localcloud.weather_pipes import API_KEY, CACHE, PUT, WeatherPipes, empty
from tests.rounds import heading, line

WRITERS = 2
PATIENCE = 300.0
STEPS = ("get_records", "process()", "HTTP", "log entries", "rate limit")


@dataclass(frozen=True)
class Round:
    """One round: seconds for the records, seconds for writing them, each write's, each step's."""

    seconds: float
    writing: float
    latencies: Sequence[float]
    steps: Mapping[str, float]


class Stopwatch:
    """Sums the seconds that the cache-put pipe's thread spends in functions."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def timed(self, step: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, with its seconds counted for a step."""

        def run(*positional: Any, **named: Any) -> Any:
            begin = time.perf_counter()
            try:
                return function(*positional, **named)
            finally:
                if threading.current_thread().name == PUT:
                    self.seconds[step] += time.perf_counter() - begin

        return run

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the steps of a delivery."""
        call = BaseClient._make_api_call  # type: ignore[attr-defined]  # noqa: SLF001 - where all calls go through
        get_records = self.timed("get_records", call)

        def api_call(client: Any, operation: str, arguments: Any) -> Any:
            if operation == "GetRecords":
                return get_records(client, operation, arguments)
            return call(client, operation, arguments)

        with ExitStack() as stack:
            stack.enter_context(mock.patch.object(BaseClient, "_make_api_call", api_call))
            for owner, name, step in (
                (Pipe, "process", "process()"),
                (Sender, "send", "HTTP"),
                (ExecutionLog, "write", "log entries"),
                (RateLimit, "wait", "rate limit"),
            ):
                timed = self.timed(step, getattr(owner, name))
                stack.enter_context(
                    mock.patch.object(owner, name, lambda *a, _timed=timed, **k: _timed(*a, **k))
                )
            yield


def measure(aws: LocalAws, records: int, writes: int) -> Round:
    """Run one round in an emptied AWS."""
    empty(aws.endpoint)
    done: list[Delivery] = []
    watch = Stopwatch()
    with (
        watch.watching(),
        LocalMomento(api_key=API_KEY, caches=(CACHE,)) as momento,
    ):
        weather = WeatherPipes(aws.endpoint)
        for definition in weather.definitions:
            weather.events.update_api_destination(
                Name=definition.destination.name, InvocationRateLimitPerSecond=100_000
            )
        names = weather.create_pipes()
        with Runner(
            endpoint=aws.endpoint, redirect=momento.endpoint, on_delivery=done.append
        ) as runner:
            runner.wait_until_reading(*names)
            watch.seconds.clear()
            begin = time.perf_counter()
            write(weather, records)
            writing = time.perf_counter() - begin
            wait(lambda: len(done) >= records * len(names))
            seconds = time.perf_counter() - begin
            steps = dict(watch.seconds)
            with httpx.Client(headers={"Authorization": API_KEY}) as http:
                url = f"{momento.endpoint}/cache/{CACHE}"
                latencies = [latency(weather, http, url, number) for number in range(writes)]
    bad = [delivery for delivery in done if delivery.outcome == "dead-letter"]
    if bad:
        sys.exit(f"error: {len(bad)} deliveries failed, the first: {bad[0].reason}")
    steps["HTTP"] -= steps.get("rate limit", 0.0)
    return Round(seconds, writing, latencies, steps)


def write(weather: WeatherPipes, records: int) -> None:
    """Write new records from a few threads, 25 a request."""
    items = [(f"city {number}", number) for number in range(records)]
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(weather.put_all, [items[part::WRITERS] for part in range(WRITERS)]))


def latency(weather: WeatherPipes, http: httpx.Client, url: str, number: int) -> float:
    """Return the seconds from a write until the cache has it."""
    key = f"single {number}"
    time.sleep(random.uniform(0, 2 * IDLE_SECONDS))  # noqa: S311 - not in step with the reader
    begin = time.perf_counter()
    weather.put(key)
    wait(lambda: http.get(url, params={"key": key}).status_code == 200)
    return time.perf_counter() - begin


def wait(what: Callable[[], bool]) -> None:
    """Wait until something is true, and give up when it takes too long."""
    deadline = time.perf_counter() + PATIENCE
    while not what():
        if time.perf_counter() > deadline:
            sys.exit(f"error: not done within {PATIENCE} s")
        time.sleep(0.001)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that this share of them does not pass."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Time deliveries through the local cloud.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds (default: 5)")
    parser.add_argument("--records", type=int, default=1000, help="in a round (default: 1000)")
    parser.add_argument("--writes", type=int, default=200, help="single writes (default: 200)")
    options = parser.parse_args()
    if min(options.rounds, options.records, options.writes) < 1:
        parser.error("--rounds, --records and --writes take 1 or more")
    with LocalAws() as aws:
        measure(aws, 50, 5)  # not counted: everything is loaded by then
        rounds = [measure(aws, options.records, options.writes) for _ in range(options.rounds)]
    records, requests = options.records, options.records * 2
    print(f"{options.rounds} rounds of {records} records and {options.writes} single writes")
    print(heading(38, 10))
    for name, rates in (
        ("records, all three pipes", [records / one.seconds for one in rounds]),
        ("requests to Momento", [requests / one.seconds for one in rounds]),
        ("records written meanwhile", [records / one.writing for one in rounds]),
    ):
        print(line(name, rates, 38, "10.0f") + "  a second")
    for name, share in (("median", 0.5), ("p99", 0.99)):
        values = [percentile(one.latencies, share) * 1000 for one in rounds]
        print(line(f"write to cache hit, {name}", values, 38, "10.1f") + "  ms")
    print("\nwhere the time of the cache-put pipe goes:")
    for step in STEPS:
        values = [one.steps.get(step, 0.0) / one.seconds * 100 for one in rounds]
        each = statistics.median(one.steps.get(step, 0.0) for one in rounds) / records * 1000
        print(line(f"  {step}", values, 38, "10.1f") + f"  % ({each:.2f} ms a record)")


if __name__ == "__main__":
    main()
