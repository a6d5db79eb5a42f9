"""How many keys of the cache are wrong after writes, with each topology.

    python tests/bench/race.py [--topologies pipes workflow] [--rows put-delete ...] [--keys 100]

All on this machine: the AWS API with one shard, Momento, and the runner between them. Each row is
one way of writing and of answering; `--keys` scales the rows, in percent. A key is wrong if the
cache holds something else than the table, holds an item that is gone, or lacks one, after every
record was handled. No dead letter excuses it: the table says how many there are.
"""

import argparse
import asyncio
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from rich.console import Console
from rich.table import Table
from starlette.requests import Request
from starlette.responses import Response

import localcloud.runner.runner
from localcloud import LocalAws
from localcloud.applied import Applied, client
from localcloud.deliveries.delivery import Delivery
from localcloud.deliveries.sender import Timing
from localcloud.momento.service import LocalMomento
from localcloud.runner.checkpoints import Checkpoints
from localcloud.runner.runner import Runner
from tests.localcloud.contents import records_of, shard_of
from tests.localcloud.race_rows import HANG_SECONDS, ROWS, Row
from tests.localcloud.weather_pipes import empty
from tests.localcloud.workflow_cloud import API_KEY, CACHE, document

QUIET_SECONDS = 2.0
"""Without a request for so long, and with every record handled, nothing is under way."""
PATIENCE = 3_600.0
WRITERS = 4
Write = tuple[str, int | None]
"""A key with its new version, or with none: it is deleted."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a row ended with."""

    keys: int
    still: int
    missing: int
    old: int
    letters: int
    requests: int
    records: int
    seconds: float

    @property
    def wrong(self) -> int:
        """How many keys differ from the table."""
        return self.still + self.missing + self.old


def stack_of(topology: str) -> dict[str, Any]:
    """Return the synthesized stack: a table, an entry and a message for each item."""
    return document(
        TOPOLOGY=topology,
        DESTINATION_RATE_LIMIT="3000",
        PIPE_RETRY_ATTEMPTS="50",
        RULE_RETRY_ATTEMPTS="50",
        WORKFLOW_CONCURRENCY="20",
        WORKFLOW_BATCH_SIZE="100",
    )


class Race:
    """One row with one topology: what is deployed, Momento, and the runner."""

    def __init__(self, aws: LocalAws, stack: dict[str, Any], row: Row, *, percent: int) -> None:
        self._aws = aws
        self._row = row
        self._keys = [f"key {number}" for number in range(max(1, row.keys * percent // 100))]
        self._chance = random.Random(row.name)  # noqa: S311 - a seeded sequence is the point
        self._asked: dict[tuple[str, str], int] = {}
        self._last = time.monotonic()
        self._under_way = 0
        self._requests = 0
        empty(aws.endpoint)
        applied = Applied(stack, aws.endpoint, momento_api_key=API_KEY)
        applied.create()
        (table_id,) = stack["resource"]["aws_dynamodb_table"]
        self._table = applied.attributes("aws_dynamodb_table", table_id)
        (queue_id,) = stack["resource"]["aws_sqs_queue"]
        self._queue_url = applied.attributes("aws_sqs_queue", queue_id)["url"]
        self._pipes = [body["name"] for body in stack["resource"]["aws_pipes_pipe"].values()]
        self._dynamodb = client("dynamodb", aws.endpoint)
        self._checkpoints = Checkpoints()

    def run(self) -> Result:
        """Write, wait until everything is handled, and compare the cache with the table."""
        with ExitStack() as stack:
            momento = stack.enter_context(LocalMomento(api_key=API_KEY, caches=(CACHE,)))
            momento.service.interfere = self._interfere
            stack.enter_context(mock.patch.object(localcloud.runner.runner, "WATCH_SECONDS", 0.3))
            runner = stack.enter_context(
                Runner(
                    endpoint=self._aws.endpoint,
                    redirect=momento.endpoint,
                    checkpoints=self._checkpoints,
                    timing=Timing(
                        timeout=HANG_SECONDS,
                        task_timeout=HANG_SECONDS,
                        first_wait=0.1,
                        longest_wait=1.0,
                    ),
                    on_delivery=self._delivered,
                )
            )
            runner.wait_until_reading(*self._pipes)
            begin = time.monotonic()
            records = self._write()
            self._wait()
            seconds = self._last - begin
            cache = {
                key.decode(): json.loads(item.value)
                for key, item in momento.service.caches[CACHE].items.items()
            }
        return self._compared(cache, records, seconds)

    def _compared(self, cache: dict[str, Any], records: int, seconds: float) -> Result:
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table["name"])
        items = [item for page in pages for item in page["Items"]]
        table = {one["Id"]["S"]: one["Version"]["N"] for one in items}
        letters = client("sqs", self._aws.endpoint).get_queue_attributes(
            QueueUrl=self._queue_url, AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]["ApproximateNumberOfMessages"]
        return Result(
            keys=len(self._keys),
            still=len(cache.keys() - table.keys()),
            missing=len(table.keys() - cache.keys()),
            old=sum(cache[key]["Version"] != table[key] for key in cache.keys() & table.keys()),
            letters=int(letters),
            requests=self._requests,
            records=records,
            seconds=seconds,
        )

    def _delivered(self, _: Delivery) -> None:
        self._last = time.monotonic()

    async def _interfere(self, request: Request) -> Response | None:
        key = request.query_params.get("key", "")
        self._last = time.monotonic()
        self._requests += 1
        self._under_way += 1
        asked = self._asked.get((request.method, key), 0) + 1
        self._asked[request.method, key] = asked
        seconds, status = self._row.answer(request.method, asked, self._chance)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._under_way -= 1
        return None if status is None else Response(status_code=status)

    def _write(self) -> int:
        """Write by several threads, each with keys of its own; return how many changes it took."""
        parts = [self._keys[number::WRITERS] for number in range(WRITERS)]

        def write(number: int) -> int:
            chance = random.Random(number)  # noqa: S311 - a seeded sequence is the point
            return sum(
                self._put(key, version) for key, version in self._writes(parts[number], chance)
            )

        with ThreadPoolExecutor(WRITERS) as pool:
            return sum(pool.map(write, range(len(parts))))

    def _writes(self, keys: Sequence[str], chance: random.Random) -> Iterator[Write]:
        row = self._row
        if row.at_random:
            there: set[str] = set()
            for version in range(len(keys) * len(row.each)):
                key = chance.choice(keys)
                if key in there and chance.random() < 0.4:
                    there.discard(key)
                    yield key, None
                else:
                    there.add(key)
                    yield key, version
            return
        begin = time.monotonic()
        for begun, key in enumerate(keys):
            if row.rate:
                time.sleep(max(0.0, begin + begun * WRITERS / row.rate - time.monotonic()))
            for place, next_version in enumerate(row.each):
                if place and row.pause:
                    time.sleep(row.pause)
                yield key, next_version

    def _put(self, key: str, version: int | None) -> int:
        """Write or delete a key; return 1, for one change."""
        name = self._table["name"]
        if version is None:
            self._dynamodb.delete_item(TableName=name, Key={"Id": {"S": key}})
        else:
            item = {"Id": {"S": key}, "Version": {"N": str(version)}}
            self._dynamodb.put_item(TableName=name, Item=item)
        return 1

    def _wait(self) -> None:
        """Wait until the pipes have handled every record, and Momento has been quiet."""
        pipes, streams = (
            client("pipes", self._aws.endpoint),
            client("dynamodbstreams", self._aws.endpoint),
        )
        arn = self._table["stream_arn"]
        shard = shard_of(streams, arn)
        identities = [
            f"{name}@{pipes.describe_pipe(Name=name)['CreationTime']}" for name in self._pipes
        ]
        last = records_of(streams, arn)[-1]["dynamodb"]["SequenceNumber"]
        deadline = time.monotonic() + PATIENCE
        while (
            any(self._checkpoints.last(one, shard) != last for one in identities)
            or self._under_way
            or time.monotonic() < self._last + QUIET_SECONDS
        ):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._row.name}: not everything was handled")
            time.sleep(0.05)


def show(results: dict[tuple[str, str], Result], topologies: Sequence[str]) -> None:
    """Print the table of wrong keys, and what each topology sent."""
    table = Table("writes to one key", "Momento answers", *topologies)
    for row in ROWS:
        cells = []
        for topology in topologies:
            if found := results.get((row.name, topology)):
                letters = f", {found.letters} letters" if found.letters else ""
                kinds = f"{found.still} still there, {found.missing} missing, {found.old} old"
                detail = f" ({kinds})" if found.wrong else ""
                cells.append(f"{found.wrong} of {found.keys}{detail}{letters}")
        if cells:
            table.add_row(row.writes, row.answers, *cells)
    console = Console(width=150)
    console.print(table)
    for topology in topologies:
        own = [found for (_, one), found in results.items() if one == topology]
        requests, records = sum(x.requests for x in own), sum(x.records for x in own)
        seconds = sum(x.seconds for x in own)
        console.print(
            f"{topology}: {requests / records:.2f} requests a record,"
            f" {records / seconds:.0f} records a second (answers' delays and pauses included)"
        )


def main() -> None:
    """Run the rows with each topology, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--topologies", nargs="+", default=["pipes", "bus", "workflow"])
    parser.add_argument("--rows", nargs="+", choices=[row.name for row in ROWS], default=None)
    parser.add_argument("--keys", type=int, default=100, help="percent of each row's keys")
    chosen = parser.parse_args()
    results: dict[tuple[str, str], Result] = {}
    with LocalAws() as aws:
        for topology in chosen.topologies:
            stack = stack_of(topology)
            for row in ROWS:
                if chosen.rows and row.name not in chosen.rows:
                    continue
                results[row.name, topology] = Race(aws, stack, row, percent=chosen.keys).run()
                found = results[row.name, topology]
                print(f"{topology} {row.name}: {found}", file=sys.stderr, flush=True)
    show(results, chosen.topologies)


if __name__ == "__main__":
    main()
