"""Whatever happens, the cache equals the table, and each message comes, in its item's order.

`NOTHING_LOST_RECORDS=1500` makes it longer; `-n 0 -s` shows the figures.
"""

import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import Response

from localcloud import LocalAws
from tests.localcloud.arrivals import until
from tests.localcloud.running_workflow import Running
from tests.localcloud.weather_cloud import FAST

pytestmark = pytest.mark.slow

RECORDS = int(os.environ.get("NOTHING_LOST_RECORDS", "150"))
PATIENCE = 120 + RECORDS / 5
RESTARTS = RECORDS // 50
KEYS = [f"key {number}" for number in range(40)]
FAULTS = {"": 854, "429": 80, "500": 40, "400": 20, "401": 6}
"""How often each answer comes in Momento's place."""
TIMING = replace(FAST, task_timeout=0.5, second=0.05)
PUBLISH = "Publish the message"


class Trouble:
    """Answers some requests in Momento's place."""

    def __init__(self) -> None:
        self._chance = random.Random(20261128)  # noqa: S311 - a seeded sequence is the point
        self.answered: Counter[str] = Counter()

    def __call__(self, _: Request) -> Response | None:
        """Return an answer, or nothing: Momento answers itself."""
        (fault,) = self._chance.choices(list(FAULTS), list(FAULTS.values()))
        self.answered[fault] += 1
        return Response(status_code=int(fault)) if fault else None


@contextmanager
def key_given_again(running: Running) -> Iterator[None]:
    """Authorize the connection again and again: a 401 takes that away."""
    over = threading.Event()

    def authorize() -> None:
        while not over.wait(0.3):
            running.cloud.authorize()

    thread = threading.Thread(target=authorize)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def drive(running: Running) -> None:
    """Write while the runner is ended and started again, each time after some deliveries."""

    def write() -> None:
        chance = random.Random(1)  # noqa: S311 - a seeded sequence is the point
        for version in range(RECORDS):
            key = chance.choice(KEYS)
            if chance.random() < 0.35:
                running.cloud.delete(key)
            else:
                running.cloud.put(key, version)

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(RESTARTS):
        before = len(running.deliveries)
        with running.runner(TIMING):
            until(lambda: len(running.deliveries) >= before + 40, PATIENCE)  # noqa: B023 - it ends here
    writer.join()
    with running.runner(TIMING):
        until(running.drained, PATIENCE)


def test_nothing_is_lost(local_aws: LocalAws) -> None:
    """Only what is in the dead-letter queue may differ; a message may come twice.

    No record gets too old for its pipe, however slow the machine is.
    """
    trouble = Trouble()
    settings = {"WORKFLOW_BATCH_SIZE": "20", "PIPE_RECORD_AGE_SECONDS": "82800"}
    with Running(local_aws, **settings) as running:
        running.answer = trouble
        with key_given_again(running):
            drive(running)
        letters, records = running.cloud.letters(), running.cloud.records()
        items, cache = running.cloud.items(), running.cache()
    kept = [(one["state"], one["record"]["dynamodb"]) for one in letters]
    refused_keys = {record["Keys"]["Id"]["S"] for state, record in kept if state != PUBLISH}
    wrong = {key for key in items.keys() | cache.keys() if items.get(key) != cache.get(key)}
    assert wrong <= refused_keys, "wrong, and not in the dead-letter queue"
    told = Counter(message["at"] for message in running.messages)
    refused = {record["SequenceNumber"] for state, record in kept if state == PUBLISH}
    numbers = {record["dynamodb"]["SequenceNumber"] for record in records}
    assert numbers <= told.keys() | refused, "lost messages"
    check_order(running, records, refused)
    twice = sum(count - 1 for count in told.values())
    print(f"\n{len(records)} records, {RESTARTS} restarts, answers {dict(trouble.answered)}")
    print(
        f"{len(letters)} dead letters, {twice} messages twice; {len(wrong)} keys wrong, in letters"
    )
    assert set(trouble.answered) == set(FAULTS), "all that can happen happened"


def check_order(
    running: Running, records: list[dict[str, dict[str, object]]], refused: set[str]
) -> None:
    """Check that the messages of each item came in the order of its changes.

    A message that was `refused` for good is in the dead-letter queue. If its batch is repeated
    later, for example because the runner ended, it may arrive after the messages that followed it.
    """
    for key in KEYS:
        own = [
            record["dynamodb"]["SequenceNumber"]
            for record in records
            if record["dynamodb"]["Keys"] == {"Id": {"S": key}}
            and record["dynamodb"]["SequenceNumber"] not in refused
        ]
        heard = [message["at"] for message in running.messages if message["at"] in set(own)]
        assert list(dict.fromkeys(heard)) == own, f"out of order: {key}"
