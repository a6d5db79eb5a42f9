"""How much processor time the local cloud takes while nothing happens.

    python tests/bench/idle.py [--seconds 30] [--checkout FOLDER ...]

It starts the local cloud as `./help.sh up` does, with the three weather pipes and the page's
server, but creates the resources without Terraform. When all pipes read, it adds up the processor
time of each process. With folders of other checkouts of the project, it measures each of them.

For comparison, it measures a program that does nothing but wake up ten times a second, as each
server of uvicorn does. On a virtual machine, that alone can take 2 % of a core.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import httpx

from tests.localcloud.weather_pipes import WeatherPipes

WAKES = """
import asyncio
async def wake():
    while True:
        await asyncio.sleep(0.1)
asyncio.run(wake())
"""
"""The program for comparison."""
COMPARED = "only waking up"
SETTLE_SECONDS = 10.0
"""The processes load what they need; this is not counted."""
TICK = os.sysconf("SC_CLK_TCK")


def processor_seconds(process: int) -> float:
    """Return the processor time of a process and all its threads."""
    text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICK


def children(process: int) -> list[int]:
    """Return the processes that a process has started."""
    return [
        int(child)
        for task in Path(f"/proc/{process}/task").iterdir()
        for child in (task / "children").read_text(encoding="utf-8").split()
    ]


def this_cloud() -> tuple[WeatherPipes, int, int]:
    """Return what is in the local cloud that has started this process, its process and AWS's."""
    weather = WeatherPipes(os.environ["AWS_ENDPOINT_URL"])
    key = {"ApiKeyName": "Authorization", "ApiKeyValue": os.environ["MOMENTO_API_KEY"]}
    for connection in {one.destination.connection.name for one in weather.definitions}:
        weather.events.update_connection(
            Name=connection, AuthParameters={"ApiKeyAuthParameters": key}
        )
    cloud = os.getppid()
    (aws,) = (one for one in children(cloud) if one != os.getpid())
    return weather, cloud, aws


@contextmanager
def page_server() -> Iterator[tuple[int, str]]:
    """Run the page's server; yield its process and where it is."""
    server = subprocess.Popen(
        [sys.executable, "-m", "ops", "web", "--page-port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    try:
        lines = iter(server.stdout)
        url = next(found[0] for line in lines if (found := re.search(r"http://\S+", line)))
        yield server.pid, url
    finally:
        server.terminate()
        server.wait()


def inside(seconds: float) -> None:
    """Measure the local cloud that has started this process, and print the times."""
    weather, cloud, aws = this_cloud()
    names = weather.create_pipes()
    with page_server() as (page, _):
        idle(
            weather,
            names,
            {"runner and Momento": cloud, "AWS": aws, "page's server": page},
            seconds,
        )


def idle(
    weather: WeatherPipes, names: Sequence[str], processes: Mapping[str, int], seconds: float
) -> None:
    """Measure these processes once each pipe has handled a record, and print the times."""
    wakes = subprocess.Popen([sys.executable, "-c", WAKES])
    try:
        weather.put("Oslo")
        done: set[str] = set()
        while not set(names) <= done:
            answer = httpx.get(os.environ["PIPE_DELIVERIES_URL"], timeout=60).json()
            done = {one["pipe"] for one in answer["items"] if one["kind"] == "ended"}
        time.sleep(SETTLE_SECONDS)
        processes = {**processes, COMPARED: wakes.pid}
        before = {name: processor_seconds(one) for name, one in processes.items()}
        begin = time.monotonic()
        time.sleep(seconds)
        elapsed = time.monotonic() - begin
        used = {name: processor_seconds(one) - before[name] for name, one in processes.items()}
    finally:
        wakes.terminate()
        wakes.wait()
    compared = used.pop(COMPARED)
    show([*used.items(), ("all", sum(used.values())), (COMPARED, compared)], elapsed)


def show(used: Sequence[tuple[str, float]], elapsed: float) -> None:
    """Print how much processor time each has taken."""
    for name, one in used:
        print(
            f"  {name:<20}{one:>8.2f} s in {elapsed:.0f} s{one / elapsed * 100:>8.1f} % of a core"
        )


def main() -> None:
    """Start the local cloud of each checkout, and measure it."""
    parser = argparse.ArgumentParser(description="Measure the idle local cloud.")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long (default: 30)")
    parser.add_argument("--checkout", nargs="*", default=[], help="folders of other checkouts")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.seconds <= 0:
        parser.error("--seconds takes a number above 0")
    if options.inside:
        inside(options.seconds)
        return
    command = [sys.executable, __file__, "--inside", "--seconds", str(options.seconds)]
    for checkout in (*options.checkout, ROOT):
        print(f"{Path(checkout).name}, idle:", flush=True)
        subprocess.run(
            [sys.executable, "-m", "localcloud", "--", *command], cwd=checkout, check=True
        )


if __name__ == "__main__":
    main()
