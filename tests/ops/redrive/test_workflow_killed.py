"""Both kinds of a workflow's dead letters, while Momento fails: killed half-way, and run again."""

import asyncio
import json
import random
import signal
import threading
from collections import Counter
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

from tests.localcloud.arrivals import until
from tests.ops.shared.repair.workflow_repair import WorkflowRepair, deployed_workflow

pytestmark = pytest.mark.slow

AGAIN = ("redrive", "--json", "--hold=4")
ITEMS, WRITES, BATCH, PATIENCE = 8, 30, 5, 200


cloud = pytest.fixture(deployed_workflow)


def write(cloud: WorkflowRepair, chance: random.Random) -> None:
    """Write and remove items at random; each track belongs to one item."""
    for number in range(WRITES):
        order = str(chance.randrange(ITEMS))
        if chance.random() < 0.25:
            cloud.delete(order)
        else:
            cloud.put(order, number, track=chance.choice(["", f"a{order}", f"b{order}"]))


def break_out(cloud: WorkflowRepair, chance: random.Random) -> list[Any]:
    """Have nothing of the stream delivered: give up batches, and refuse the rest one by one.

    Return the messages that must be published.
    """
    records = cloud.records()
    start = 0
    while start < len(records):
        end = min(start + chance.randint(1, BATCH), len(records))
        if chance.random() < 0.5:
            cloud.give_up(start, end - 1)
        else:
            for number in range(start, end):
                for method in made(cloud, records[number]):
                    cloud.refuse(method, number)
        start = end
    return [message(record) for record in records]


def made(cloud: WorkflowRepair, record: Any) -> set[str]:
    """Return the methods of a record's requests."""
    outcomes = [route.process(record) for route in cloud.routes]
    return {one.method for outcome in outcomes for one in getattr(outcome, "requests", ())}


def message(record: Any) -> tuple[str, str]:
    """Return a record's message, written down independently."""
    images = record["dynamodb"]
    amount = images.get("NewImage", {}).get("Amount", {}).get("N", "")
    return images["Keys"]["Order"]["S"], amount


def test_nothing_is_lost(cloud: WorkflowRepair) -> None:
    chance = random.Random(1)  # noqa: S311 - a test
    write(cloud, chance)
    expected = Counter(break_out(cloud, chance))
    letters = cloud.letters()
    cloud.fill_entries(
        **{f"{name}{order}": "old" for order in range(ITEMS) for name in ("t__", "a", "b")}
    )
    former = set(cloud.entries())
    cloud.arrivals.clear()
    half, killed = threading.Event(), threading.Event()

    async def fail(request: Request) -> Response | None:
        """Fail now and then; after half of the letters, answer nothing until the run is killed."""
        await cloud.arrivals(request)
        if not half.is_set() and await asyncio.to_thread(cloud.letters) <= letters // 2:
            half.set()  # this request's letter is not deleted yet
        while half.is_set() and not killed.is_set():  # noqa: ASYNC110 - threads set them
            await asyncio.sleep(0.02)
        luck = chance.random()
        return Response("", 429) if luck < 0.1 else Response("", 500) if luck < 0.15 else None

    cloud.momento.service.interfere = fail
    first = cloud.command(*AGAIN)
    until(half.is_set, PATIENCE)
    first.send_signal(signal.SIGKILL)
    assert first.communicate() == ("", "")
    killed.set()
    left = cloud.letters()
    assert 0 < left < letters, "killed half-way"
    for _ in range(4):  # what the killed run had in hand comes back by itself
        done = cloud.run(*AGAIN)
        assert done.stderr == ""
        if json.loads(done.stdout)["complete"] and not cloud.letters():
            break
        until(lambda: not hidden(cloud), PATIENCE)
    assert cloud.letters() == 0
    found = Counter((one["order"], one["n"]) for one in cloud.topic())
    assert not expected - found, "every message was published"
    table, cache = cloud.table_says(), cloud.entries()
    seen = {record["dynamodb"]["Keys"]["Order"]["S"] for record in cloud.records()}
    never = {f"{name}{order}" for order in range(ITEMS) for name in ("t#", "a", "b")}
    never -= {f"{name}{order}" for order in seen for name in ("t#", "a", "b")}
    assert former >= never
    assert {key: value for key, value in cache.items() if value != "old"} == table
    held = {record_track(one) for one in cloud.records()}
    old = {key for key, value in cache.items() if value == "old"}
    assert not old & held, "each track that an item had and has no more is deleted"
    assert not {key for key in old if key.startswith("t#")} - never


def record_track(record: Any) -> str:
    """Return the track of a record's old image."""
    track: str = record["dynamodb"].get("OldImage", {}).get("Track", {}).get("S", "")
    return track


def hidden(cloud: WorkflowRepair) -> bool:
    """Say whether a message is in somebody's hands."""
    name = "ApproximateNumberOfMessagesNotVisible"
    found = cloud.sqs.get_queue_attributes(QueueUrl=cloud.queue_url, AttributeNames=[name])
    return int(found["Attributes"][name]) > 0
