"""What an outage leaves behind: a cache that lags, and dead letters of every kind."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import Any
from unittest import mock

import localcloud.runner.runner
from localcloud.deliveries.sender import Timing
from localcloud.runner.checkpoints import Checkpoints
from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import until
from tests.localcloud.weather_pipes import CACHE
from tests.ops.shared.repair.patient import PATIENCE
from tests.ops.shared.repair.repair_cloud import (
    DELETE,
    GONE_SHARD,
    PUBLISH,
    PUT,
    RepairCloud,
    body,
    keys,
)

LETTERS = 250
CITIES = [f"city {number}" for number in range(60)]
SUNKEN = [f"Atlantis {number}" for number in range(8)]
"""Items whose TTL Momento refuses."""
TRIMMED, UNKNOWN, UNTOLD, FOREIGN = 20, 8, 8, 10


@dataclass
class Outage:
    """The letters that can be settled, and the letters that must stay."""

    settled: dict[str, str] = field(default_factory=dict)
    """The key of each letter, by the letter's body."""
    stay: list[str] = field(default_factory=list)
    messages: Counter[str] = field(default_factory=Counter)
    """The messages that the topic must get."""
    records: int = 0
    """How many records the stream had by then."""


def break_out(cloud: RepairCloud, seed: int) -> Outage:
    """Write, lose deliveries at random, and put the letters into the queue in no order."""
    chance = random.Random(seed)  # noqa: S311 - a seeded sequence is the point
    write(cloud, chance)
    outage = Outage()
    cache = cloud.momento.service.caches[CACHE].items
    deliveries = [(pipe, record) for record in cloud.weather.records() for pipe in taking(record)]
    rest = LETTERS - TRIMMED - UNKNOWN - UNTOLD - FOREIGN
    lost = set(chance.sample(range(len(deliveries)), rest))
    for number, (pipe, record) in enumerate(deliveries):
        city = record["dynamodb"]["Keys"]["Location"]["S"]
        image = record["dynamodb"].get("NewImage")
        if number in lost:
            letter = json.dumps(cloud.letter(pipe, record, number=number))
            if pipe == PUT and city in SUNKEN:
                outage.stay.append(letter)
            else:
                outage.settled[letter] = city
            if pipe == PUBLISH:
                outage.messages[message(record)] += 1
        elif pipe == PUT and city not in SUNKEN:
            cloud.fill(city, body(image))
        elif pipe == DELETE:
            cache.pop(city.encode(), None)
    add_trimmed(cloud, outage, chance)
    outage.stay += [f"somebody else's {number}" for number in range(FOREIGN)]
    outage.records = len(cloud.weather.records())
    letters = [*outage.settled, *outage.stay]
    assert len(letters) == LETTERS
    chance.shuffle(letters)
    cloud.send(*letters)
    return outage


def write(cloud: RepairCloud, chance: random.Random) -> None:
    """Write every city once, then change and delete some; sink Atlantis."""
    cloud.weather.put_all([(city, 0) for city in CITIES])
    for city in SUNKEN:
        cloud.weather.put(city, ttl=0)
    for number in range(1, 6):
        changed = chance.sample(CITIES, 20)
        cloud.weather.put_all([(city, number) for city in changed])
        for city in chance.sample(CITIES, 3):
            cloud.weather.delete(city)


def taking(record: Any) -> list[str]:
    """Return the pipes whose filters take a record."""
    return [DELETE if record["eventName"] == "REMOVE" else PUT, PUBLISH]


def message(record: Any) -> str:
    """Return the message that the topic must get of a record."""
    city = record["dynamodb"]["Keys"]["Location"]["S"]
    image = record["dynamodb"].get("NewImage")
    names = ("MaxTemp", "MinTemp", "ChancesOfPrecipitation")
    values = {name: image[name]["N"] if image else "" for name in names}
    told = {"EventType": record["eventName"], "Location": city} | values
    return json.dumps(told, separators=(",", ":"))


def add_trimmed(cloud: RepairCloud, outage: Outage, chance: random.Random) -> None:
    """Add letters of records that have left the stream: with a logged key, without, of a topic.

    Their items were written long ago: the cache holds something old, or what was deleted.
    """
    cities = [f"old city {number}" for number in range(TRIMMED)]
    there = chance.sample(cities, TRIMMED // 2)
    cloud.weather.put_all([(city, 1) for city in there])
    for city in cities:
        cloud.fill(city, "something old")
    record = cloud.last()
    logged = [(str(1_000 + number), keys(city)) for number, city in enumerate(cities)]
    cloud.log(PUT, *logged)
    for number, (sequence, _) in enumerate(logged):
        pipe = PUT if number % 2 else DELETE
        letter = gone(cloud, pipe, sequence, record)
        outage.settled[letter] = cities[number]
    outage.stay += [gone(cloud, PUT, str(2_000 + number), record) for number in range(UNKNOWN)]
    outage.stay += [gone(cloud, PUBLISH, str(3_000 + number), record) for number in range(UNTOLD)]


def gone(cloud: RepairCloud, pipe: str, sequence: str, record: Any) -> str:
    """Return the letter of a record that has left the stream, arrived with another."""
    place = {"startSequenceNumber": sequence, "endSequenceNumber": sequence}
    return json.dumps(cloud.letter(pipe, record, shardId=GONE_SHARD, **place))


@contextmanager
def life_going_on(cloud: RepairCloud, seed: int) -> Iterator[None]:
    """Write and delete meanwhile; the pipes deliver what is written from now on.

    A city's next write waits until all pipes have delivered its last one: pipes keep no order
    between each other, so that the cache could differ from the table without any dead letter.
    """
    checkpoints = Checkpoints()
    number = cloud.last()["dynamodb"]["SequenceNumber"]
    shard = cloud.shard
    identities = [
        f"{pipe}@{cloud.weather.pipes.describe_pipe(Name=pipe)['CreationTime']}"
        for pipe in (PUT, PUBLISH, DELETE)
    ]
    for identity in identities:
        checkpoints.reached(identity, shard, number)
    chance = random.Random(seed)  # noqa: S311 - a seeded sequence is the point
    over = Event()
    written: dict[str, int] = {}

    def delivered() -> int:
        return min(int(checkpoints.last(one, shard) or 0) for one in identities)

    def write_on() -> None:
        count, pause = 100, 0.15
        while not over.wait(pause):
            count, begin = count + 1, time.monotonic()
            far = delivered()
            city = chance.choice([one for one in CITIES if written.get(one, 0) <= far])
            if chance.random() < 1 / 4:
                cloud.weather.delete(city)
            else:
                cloud.weather.put(city, MaxTemp=count)
            written[city] = int(cloud.last()["dynamodb"]["SequenceNumber"])
            pause = max(0.15, 4 * (time.monotonic() - begin))  # leave a slow machine to the others

    with (
        # the local AWS has more to do
        mock.patch.object(localcloud.runner.runner, "IDLE_SECONDS", 0.3),
        Runner(
            endpoint=cloud.weather.dynamodb.meta.endpoint_url,
            redirect=cloud.momento.endpoint,
            checkpoints=checkpoints,
            timing=Timing(timeout=PATIENCE),
        ) as runner,
    ):
        runner.wait_until_reading(PUT, PUBLISH, DELETE)
        thread = Thread(target=write_on)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
            last = cloud.last()["dynamodb"]["SequenceNumber"]
            until(lambda: all(checkpoints.last(one, shard) == last for one in identities))
