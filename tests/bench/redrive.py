"""How many dead letters a second redrive settles, and how many a dry run looks at.

    python tests/bench/redrive.py [--rounds 3] [--letters 100]

All on this machine: the AWS API, Momento, and the redrive in one process. A round gives up so
many puts, has a dry run look at them, and then settles them; then it does the same with letters
whose items have changed since, and with messages to the topic. The destinations' rate limits are
raised out of the way. Most of the time goes to the local AWS, above all to its queue: handing out
ten letters takes it a sixth of a second, which is all that a dry run of topic messages asks of it.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from localcloud import LocalAws
from tests.localcloud.weather_pipes import ENDPOINT, PUBLISH, PUT
from tests.ops.shared.repair.repair_cloud import RepairCloud
from tests.rounds import heading, line

KINDS = {"cache-put": PUT, "cache-put, superseded": PUT, "topic-publish": PUBLISH}


def measure(cloud: RepairCloud, kind: str, letters: int) -> tuple[float, float]:
    """Give letters up; return the seconds of a dry run over them and of settling them."""
    names = [f"{kind} {number}" for number in range(letters)]
    cloud.weather.put_all([(name, 1) for name in names])
    records = cloud.weather.records()[-letters:]
    cloud.send(*(json.dumps(cloud.letter(KINDS[kind], record)) for record in records))
    if "superseded" in kind:
        cloud.weather.put_all([(name, 2) for name in names])
    seconds = []
    for dry_run in (True, False):
        begin = time.perf_counter()
        summary = cloud.redrive(dry_run=dry_run)
        seconds.append(time.perf_counter() - begin)
        if len(summary.results) != letters or summary.complete is dry_run:
            sys.exit(f"error: {kind}: {summary.as_json()}")
    dry, real = seconds
    return dry, real


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description="Time redrive on the local cloud.")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument("--letters", type=int, default=100, help="of a kind (default: 100)")
    options = parser.parse_args()
    if min(options.rounds, options.letters) < 1:
        parser.error("--rounds and --letters take 1 or more")
    seconds: dict[str, list[float]] = {}
    with LocalAws() as aws:
        env = aws.environment() | {"MOMENTO_API_ENDPOINT": ENDPOINT}
        with mock.patch.dict(os.environ, env, clear=True):
            for number in range(options.rounds):
                with RepairCloud(aws) as cloud:
                    for kind in KINDS:
                        dry, real = measure(cloud, kind, options.letters)
                        seconds.setdefault(f"{kind}, dry run", []).append(dry)
                        seconds.setdefault(kind, []).append(real)
                print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
    print(f"{options.rounds} rounds of {options.letters} letters of each kind")
    print(heading(38, 10))
    for name, values in seconds.items():
        rates = [options.letters / value for value in values]
        print(line(name, rates, 38, "10.0f") + "  letters a second")


if __name__ == "__main__":
    main()
