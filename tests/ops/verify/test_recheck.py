"""A repair may be overtaken by a pipe that is behind: that is said, and looked at again."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

import live.undelivered
from localcloud import LocalAws
from localcloud.deliveries.sender import Timing
from localcloud.runner.checkpoints import Checkpoints
from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import until
from tests.ops.conftest import Answer
from tests.ops.shared.repair.patient import PATIENCE
from tests.ops.shared.repair.repair_cloud import DELETE, PUBLISH, PUT, RepairCloud, body

pytestmark = pytest.mark.slow

ROLE = "arn:aws:iam::123456789012:role/pipes"
LONG = 120.0
"""Seconds to look again; the tests end before."""


@pytest.fixture
def cloud(local_aws: LocalAws) -> Iterator[RepairCloud]:
    """Return a stack whose item was put, deleted and put again, and is not in the cache."""
    with RepairCloud(local_aws) as cloud:
        cloud.weather.put("Oslo")
        cloud.weather.delete("Oslo")
        cloud.weather.put("Oslo", MaxTemp=30)
        yield cloud


def runner_behind(cloud: RepairCloud) -> Runner:
    """Return the pipes, of which cache-delete has read only the first record so far."""
    records = cloud.weather.records()
    checkpoints = Checkpoints()
    for pipe, record in ((PUT, records[-1]), (PUBLISH, records[-1]), (DELETE, records[0])):
        created = cloud.weather.pipes.describe_pipe(Name=pipe)["CreationTime"]
        checkpoints.reached(f"{pipe}@{created}", cloud.shard, record["dynamodb"]["SequenceNumber"])
    return Runner(
        endpoint=cloud.weather.dynamodb.meta.endpoint_url,
        redirect=cloud.momento.endpoint,
        checkpoints=checkpoints,
        timing=Timing(timeout=PATIENCE),
    )


def test_a_deletion_after_the_repair_is_repaired_again(cloud: RepairCloud) -> None:
    """Pipes keep no order between each other; cache-delete is behind until after the repair.

    AWS: "Amazon EventBridge Pipes batching and concurrency", order within a shard of one pipe.
    """
    said: list[str] = []
    with ExitStack() as stack:

        def catch_up(text: str) -> None:
            said.append(text)
            if len(said) == 1:
                assert cloud.cache() == cloud.table(), "it is repaired by now"
                stack.enter_context(runner_behind(cloud))
                until(lambda: "Oslo" not in cloud.cache())
            elif " 1 of 1 wrong" in said[-1]:
                assert cloud.cache() == cloud.table(), "it is mended"
            elif " 0 of 1 wrong" in said[-1]:
                said.append("over")
                later.append(time.time() + 90_000)

        later: list[float] = []
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        clock = SimpleNamespace(
            time=lambda: later[-1] if later else time.time(), monotonic=time.monotonic
        )
        patch.setattr("ops.verify.recheck.time", clock)
        summary = cloud.verify(repair=True, wait=LONG, say=catch_up)
    assert "look 1: 1 of 1 wrong or changed; records of 1 may still arrive" in said
    assert cloud.cache() == cloud.table()
    assert summary.complete
    assert summary.not_final == 0, "a day later no record can come"


def test_a_repair_that_is_not_looked_at_again_may_not_be_final(cloud: RepairCloud) -> None:
    summary = cloud.verify(repair=True)
    assert (summary.complete, summary.not_final) == (True, 1)
    assert summary.as_json()["may_not_be_final"] == 1
    with runner_behind(cloud):
        until(lambda: "Oslo" not in cloud.cache())


def end_after(looks: int, said: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the time be over after so many looks, however long they take."""

    def now() -> float:
        return time.monotonic() + (LONG if len(said) > looks else 0)  # the first line is no look's

    clock = SimpleNamespace(time=time.time, monotonic=now)
    monkeypatch.setattr("ops.verify.recheck.time", clock)


def test_a_key_that_is_overwritten_again_and_again_is_reported(
    cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the time is over, the keys that were wrong at the last look are not called repaired."""
    said: list[str] = []

    async def overwrite(request: Any) -> None:
        if request.method == "GET":
            cloud.fill("Oslo", "old")

    cloud.momento.service.interfere = overwrite
    end_after(2, said, monkeypatch)
    summary = cloud.verify(repair=True, wait=LONG, say=said.append)
    assert said[-1].startswith("look 2: 1 of 1 wrong")
    (oslo,) = summary.wrong
    assert (oslo.state, oslo.repaired) == ("stale", False)
    assert oslo.why == "stale again at the last look, and sent once more"
    assert not summary.complete


def test_the_recheck_does_not_wait_for_records_that_were_given_up(
    cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PipeSourceDynamoDBStreamParameters: records older than MaximumRecordAge are discarded."""
    parameters = {"DynamoDBStreamParameters": {"MaximumRecordAgeInSeconds": 60}}
    for name in (PUT, DELETE):
        cloud.weather.pipes.update_pipe(Name=name, RoleArn=ROLE, SourceParameters=parameters)
    clock = SimpleNamespace(time=lambda: time.time() + 100)
    monkeypatch.setattr(live.undelivered, "time", clock)
    said: list[str] = []
    summary = cloud.verify(repair=True, wait=LONG, say=said.append)
    assert (summary.complete, summary.not_final) == (True, 0)
    assert said[0] == "looking again at 1 keys, for up to 120 s"
    assert said[-1] == "look 2: 0 of 1 wrong or changed; records of 0 may still arrive"


def test_an_item_that_changes_meanwhile_is_looked_at_again(
    cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pipe does not deliver the change; the second look repairs it, and the third sees it."""
    said: list[str] = []

    def write(text: str) -> None:
        said.append(text)
        if len(said) == 1:
            cloud.weather.put("Oslo", MaxTemp=31)

    end_after(3, said, monkeypatch)
    summary = cloud.verify(repair=True, wait=LONG, say=write)
    assert cloud.cache() == cloud.table()
    assert (summary.complete, summary.not_final) == (True, 1)


def test_a_refused_request_is_not_sent_again(cloud: RepairCloud) -> None:
    cloud.weather.delete("Oslo")
    cloud.weather.put("Atlantis", ttl=0)
    said: list[str] = []
    assert not cloud.verify(repair=True, wait=LONG, say=said.append).complete
    assert said == [], "nothing was repaired, so nothing can be overtaken"


def test_the_commands_say_what_may_not_be_final(cloud: RepairCloud, answer: Answer) -> None:
    sentence = "May not be final for 1 key: a pipe that is behind can still deliver"
    code, said, progress = answer("verify", "--repair", "--settle=0.1", "--wait=0.5")
    assert code == 0
    assert sentence in said
    assert "Oslo - repaired, may not be final" in said
    assert "looking again at 1 keys, for up to 0.5 s" in progress
    assert sentence in answer("warm")[1]
    cloud.give_up(PUT, cloud.weather.records()[0])
    code, said, _ = answer("redrive")
    assert (code, "superseded" in said, sentence in said) == (0, True, True)
    cloud.give_up(PUT)
    code, said, _ = answer("redrive", "--json")
    assert json.loads(said)["may_not_be_final"] == 0, "a record's own request, in its turn"


def test_a_cache_in_sync_is_final_without_a_recheck(cloud: RepairCloud, answer: Answer) -> None:
    item = cloud.weather.records()[-1]["dynamodb"]["NewImage"]
    cloud.fill("Oslo", body(item))
    code, said, progress = answer("verify", "--repair", "--settle=0.1")
    assert (code, progress) == (0, "")
    assert "final" not in said
