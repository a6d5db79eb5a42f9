"""No record is lost: every record is delivered or in the dead-letter queue, whatever happens.

`NOTHING_LOST_RECORDS=20000` makes it longer, `NOTHING_LOST_SEED=7` another one; `-n 0 -s` shows
the figures.
"""

import asyncio
import itertools
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from localcloud import LocalAws, LocalCloudError
from localcloud.deliveries.delivery import Delivery
from localcloud.deliveries.sender import Timing
from localcloud.momento.service import LocalMomento
from localcloud.runner.checkpoints import Checkpoints
from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import until, unused_port
from tests.localcloud.weather_pipes import API_KEY, CACHE, DELETE, PUBLISH, PUT, WeatherPipes, empty

pytestmark = pytest.mark.slow

RECORDS = int(os.environ.get("NOTHING_LOST_RECORDS", "400"))
SEED = int(os.environ.get("NOTHING_LOST_SEED", "20260101"))
PATIENCE = 60 + RECORDS / 10
"""Seconds after which something hangs, on the slowest of machines."""
KEYS = 30
WRITERS = 3
RETRIES = 2
RESTARTS = 6
TIMING = Timing(timeout=0.5, first_wait=0.005, longest_wait=0.05, second=0.05)
HANG_SECONDS = 0.8
FAULTS = {"429": 12, "500": 12, "503": 6, "409": 6, "400": 6, "hang": 2}
"""What befalls one request of eight, and how often each does."""
METHODS = {"PUT": PUT, "DELETE": DELETE, "POST": PUBLISH}

Change = tuple[str, str, int | None]
"""What a request tells of: the method, the location, and a number that rises (if it has one)."""


@dataclass(frozen=True)
class Taken:
    """A request that Momento accepted; the era changes with every restart."""

    change: Change
    era: int


class Trouble:
    """Sometimes answers instead of Momento; records what Momento accepted, by pipe."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a seeded sequence is the point
        self.taken: dict[str, list[Taken]] = {pipe: [] for pipe in METHODS.values()}
        self.faults: Counter[str] = Counter()
        self.era = 0

    async def __call__(self, request: Request) -> Response | None:
        """Fail one request of eight; a hanging request is accepted, and answered too late."""
        body = json.loads(await request.body())
        fault = ""
        if self._random.random() < 1 / 8:
            (fault,) = self._random.choices(list(FAULTS), list(FAULTS.values()))
        self.faults[fault] += 1
        if fault.isdigit():
            headers = {"Retry-After": str(self._random.randint(0, 2))} if fault == "429" else {}
            return Response(status_code=int(fault), headers=headers)
        self.taken[METHODS[request.method]].append(Taken(_told(request.method, body), self.era))
        if fault == "hang":
            await asyncio.sleep(HANG_SECONDS)
        return None


def _told(method: str, body: Any) -> Change:
    """Return what a request tells of."""
    if method == "DELETE":
        return method, body["dynamodb"]["Keys"]["Location"]["S"], None
    return method, body["Location"], int(body["MaxTemp"]) if body["MaxTemp"] else None


def _expected(pipe: str, record: Any) -> Change | None:
    """Return what the record's request tells of; nothing if the pipe filters it out."""
    method = next(method for method, name in METHODS.items() if name == pipe)
    removed = record["eventName"] == "REMOVE"
    if (pipe == PUT and removed) or (pipe == DELETE and not removed):
        return None
    image = record["dynamodb"].get("NewImage")
    number = int(image["MaxTemp"]["N"]) if image else None
    return method, record["dynamodb"]["Keys"]["Location"]["S"], number


class World:
    """An AWS that stays, a Momento and a runner that come and go, and what became of records."""

    def __init__(self, weather: WeatherPipes, aws: LocalAws) -> None:
        self.weather = weather
        self.trouble = Trouble(SEED)
        self.deliveries: list[Delivery] = []
        self._aws = aws
        self._checkpoints = Checkpoints()
        self._port = unused_port()
        self._momento = ExitStack()
        self._runner = ExitStack()

    def start(self) -> None:
        """Start Momento and the runner."""
        self._start_momento()
        self._start_runner()

    def stop(self) -> None:
        """Stop both."""
        self._runner.close()
        self._momento.close()

    def restart_runner(self) -> None:
        """Stop the runner at any point; a new runner continues from its checkpoints."""
        self._runner.close()
        self.trouble.era += 1
        self._start_runner()

    def restart_momento(self) -> None:
        """Break the connections, and refuse new connections for a while."""
        self._momento.close()
        self.trouble.era += 1
        time.sleep(0.2)  # the while
        until(self._start_momento)

    def _start_momento(self) -> bool:
        momento = LocalMomento(api_key=API_KEY, caches=(CACHE,), port=self._port)
        momento.service.interfere = self.trouble
        try:
            self._momento.enter_context(momento)
        except LocalCloudError:
            return False  # another process has the port now
        return True

    def _start_runner(self) -> None:
        runner = Runner(
            endpoint=self._aws.endpoint,
            redirect=f"http://127.0.0.1:{self._port}",
            checkpoints=self._checkpoints,
            timing=TIMING,
            on_delivery=self.deliveries.append,
        )
        self._runner.enter_context(runner)


@pytest.fixture
def world(local_aws: LocalAws) -> Iterator[World]:
    """Return a world in which the three pipes run."""
    empty(local_aws.endpoint)
    weather = WeatherPipes(local_aws.endpoint)
    weather.create_pipes(MaximumRetryAttempts=RETRIES, MaximumRecordAgeInSeconds=86_400)
    world = World(weather, local_aws)
    try:
        world.start()
        yield world
    finally:
        world.stop()


def _write(weather: WeatherPipes, writer: int, rounds: int) -> None:
    """Change a writer's own keys in each round; some keys exist for one round only."""
    chance = random.Random(SEED * 100 + writer)  # noqa: S311 - seeded
    keys = [f"city {number}" for number in range(writer, KEYS, WRITERS)]
    for number in range(rounds):
        chance.shuffle(keys)
        passing = [f"passing {writer} {number}"] if chance.random() < 0.5 else []
        weather.put_all([(key, number) for key in keys + passing])
        for key in passing:
            weather.delete(key)


def _drive(world: World) -> list[Any]:
    """Write while Momento and the runner are restarted in turn; return the stream's records."""
    rounds = max(1, round(RECORDS / (KEYS + WRITERS)))
    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(_write, world.weather, one, rounds) for one in range(WRITERS)]
        restarts = itertools.cycle([world.restart_momento, world.restart_runner])
        for number, restart in zip(range(1, RESTARTS + 1), restarts, strict=False):
            _wait(world, rounds * KEYS * len(METHODS) * number // (RESTARTS + 1))
            restart()
        for writer in writers:
            writer.result()
    records = world.weather.records()
    _wait(world, len(records) * len(METHODS))
    return records


def _wait(world: World, count: int) -> None:
    until(lambda: len(world.deliveries) >= count, PATIENCE)


def _account(world: World, pipe: str, records: Sequence[Any]) -> Counter[str]:
    """Find every record among Momento's requests or in the dead-letter queue; count the outcomes.

    Raises:
        AssertionError: one is lost, out of order, or there twice without a reason.

    """
    ours = [delivery for delivery in world.deliveries if delivery.pipe == pipe]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert [delivery.sequence_number for delivery in ours] == numbers, "one verdict on each record"
    taken = world.trouble.taken[pipe]
    times = Counter(one.change for one in taken)
    eras: dict[Change, set[int]] = {}
    for one in taken:
        eras.setdefault(one.change, set()).add(one.era)
    outcomes: Counter[str] = Counter()
    wanted: list[Change] = []
    for record, delivery in zip(records, ours, strict=True):
        change = _expected(pipe, record)
        outcomes[delivery.outcome] += 1
        assert (change is None) == (delivery.outcome == "filtered"), delivery
        if change is None:
            continue
        assert times[change] or delivery.outcome == "dead-letter", f"lost: {delivery}"
        unanswered = sum(attempt.status is None for attempt in delivery.attempts)
        restarts = len(eras.get(change, {0})) - 1
        again = max(0, times[change] - 1)
        untold = restarts * (RETRIES + 1)  # attempts of the earlier runners
        assert again <= unanswered + untold, f"taken {times[change]} times: {delivery}"
        outcomes["twice after a time-out"] += min(again, unanswered)
        outcomes["twice after a restart"] += again - min(again, unanswered)
        if times[change]:
            wanted.append(change)
    assert list(dict.fromkeys(one.change for one in taken)) == wanted, "in the stream's order"
    return outcomes


def _check_letters(world: World) -> None:
    """Find each dead letter's record in the stream, and a dead letter for each failed record."""
    failed = {
        (delivery.pipe, delivery.sequence_number): delivery.keys
        for delivery in world.deliveries
        if delivery.outcome == "dead-letter"
    }
    letters = world.weather.dead_letters()
    assert len(letters) == len(failed)
    for letter in letters:
        record = world.weather.record(letter)["dynamodb"]
        pipe = letter["context"]["partnerResourceArn"].rsplit("/", 1)[1]
        assert failed.pop((pipe, record["SequenceNumber"])) == record["Keys"]


def test_every_record_is_accounted_for(world: World) -> None:
    """A record arrives in order or has a dead letter; a time-out or a restart may repeat it."""
    begun = time.monotonic()
    records = _drive(world)
    seconds = time.monotonic() - begun
    assert len({record["dynamodb"]["SequenceNumber"] for record in records}) == len(records)
    accounts = {pipe: _account(world, pipe, records) for pipe in METHODS.values()}
    _check_letters(world)
    print(f"\n{len(records)} records in {seconds:.1f} s, seed {SEED}, {RESTARTS} restarts")
    print("answered:", dict(world.trouble.faults))
    for pipe, account in accounts.items():
        print(pipe, dict(account))
    faults = {fault for fault, count in world.trouble.faults.items() if count and fault}
    assert faults == set(FAULTS), "all that can happen happened"
    assert world.trouble.era == RESTARTS
    assert sum(account["dead-letter"] for account in accounts.values())
    assert sum(account["twice after a time-out"] for account in accounts.values())
