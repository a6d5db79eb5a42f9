"""250 dead letters of every kind: killed half-way and run again, and two runs at once."""

import json
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from live.redrive.redrive import ROUND
from tests.localcloud.arrivals import until
from tests.ops.shared.repair.outage import (
    LETTERS,
    SUNKEN,
    Outage,
    break_out,
    life_going_on,
    message,
)
from tests.ops.shared.repair.repair_cloud import RepairCloud

pytestmark = pytest.mark.slow

PATIENCE = 300


def seldom(what: Callable[[], bool]) -> Callable[[], bool]:
    """Return a condition that is looked at four times a second: the local AWS is busy."""
    looked = 0.0

    def look() -> bool:
        nonlocal looked
        if time.monotonic() < looked + 0.25:
            return False
        looked = time.monotonic()
        return what()

    return look


def check_end(cloud: RepairCloud, outage: Outage) -> None:
    """Check that the cache is as the table says, and the queue holds what must stay."""
    table = {key: value for key, value in cloud.table().items() if key not in SUNKEN}
    assert cloud.cache() == table
    # What one run takes while the other gives it back stays hidden for as long as it was held.
    until(seldom(lambda: cloud.waiting()[1] == 0), PATIENCE)
    left = [one if isinstance(one, str) else json.dumps(one) for one in cloud.left()]
    assert sorted(left) == sorted(outage.stay)


def published_too_often(cloud: RepairCloud, outage: Outage) -> int:
    """Check that the topic got every message; return how many it got once too often."""
    meanwhile = cloud.weather.records()[outage.records :]
    expected = outage.messages + Counter(map(message, meanwhile))
    found = Counter(cloud.topic())
    assert not expected - found, "every message was published"
    return (found - expected).total()


def test_killed_half_way_and_run_again(cloud: RepairCloud) -> None:
    outage = break_out(cloud, seed=20260101)
    assert cloud.cache() != cloud.table()
    with life_going_on(cloud, seed=7):
        before = len(cloud.arrivals)
        with (
            cloud.unanswered(after=LETTERS // 2) as held_up,
            cloud.command("redrive", "--json", "--hold=4") as first,
        ):
            until(held_up.is_set, PATIENCE)
            first.send_signal(signal.SIGKILL)
            said, _ = first.communicate()
        assert (first.returncode, said) == (-signal.SIGKILL, "")
        until(seldom(lambda: cloud.waiting()[1] == 0), PATIENCE)
        sent = cloud.arrivals[before:]
        asked_about = {one.query["key"] for one in sent if "key" in one.query}
        texts = Counter(one.body for one in sent if one.method == "POST")
        waiting = Counter(peek(cloud))
        assert 10 < sum(waiting.values()) < LETTERS - 10, "killed half-way"
        deleted = [letter for letter in outage.settled if not waiting[letter]]
        assert len(deleted) + sum(waiting.values()) == LETTERS, "nothing else was deleted"
        for letter in deleted:
            if "topic-publish" not in letter:
                assert outage.settled[letter] in asked_about, "deleted and never sent"
        done = cloud.run("redrive", "--json")
    assert done.stderr == ""
    assert done.returncode == 1, "what must stay was looked at"
    second = json.loads(done.stdout)
    assert texts
    assert second["sent"] + second["converged"] + second["superseded"] > 20
    assert second["no-record"] == 10
    assert second["unrecoverable"] == 16
    assert second["left"] == 0
    check_end(cloud, outage)
    assert published_too_often(cloud, outage) <= 1, "but for the one under way, once"


def test_two_runs_at_once(cloud: RepairCloud) -> None:
    outage = break_out(cloud, seed=20260202)
    with life_going_on(cloud, seed=8), ThreadPoolExecutor(2) as pool:
        with cloud.unanswered():  # until both have letters in hand
            runs = [pool.submit(cloud.redrive) for _ in range(2)]
            until(seldom(lambda: cloud.waiting()[1] == 2 * ROUND), PATIENCE)
        summaries = [run.result(PATIENCE).as_json() for run in runs]
    assert [one["error"] for one in summaries] == [None, None]
    settled = [one["sent"] + one["converged"] + one["superseded"] for one in summaries]
    assert min(settled) > 20, "both took part"
    assert sum(settled) == len(outage.settled), "each letter was settled by one of them"
    check_end(cloud, outage)
    assert published_too_often(cloud, outage) == 0


def peek(cloud: RepairCloud) -> Iterator[str]:
    """Yield the bodies of all waiting messages, which stay."""
    receipts = []
    while messages := cloud.weather.sqs.receive_message(
        QueueUrl=cloud.weather.queue_url, MaxNumberOfMessages=10, VisibilityTimeout=600
    ).get("Messages"):
        receipts.append([message["ReceiptHandle"] for message in messages])
        yield from (message["Body"] for message in messages)
    for page in receipts:
        cloud.weather.sqs.change_message_visibility_batch(
            QueueUrl=cloud.weather.queue_url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                for number, receipt in enumerate(page)
            ],
        )
