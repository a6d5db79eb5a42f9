"""The steps of a record: their order, their times, and that they show no secret."""

import json
from collections.abc import Iterator, Sequence

import pytest
from starlette.responses import Response

from localcloud import LocalAws
from localcloud.deliveries.sender import Timing
from localcloud.deliveries.step import Step
from localcloud.momento.service import LocalMomento
from tests.localcloud.arrivals import HANG, Arrivals, until, unused_port
from tests.localcloud.batches import Batches, record
from tests.localcloud.bus_cloud import PIPE, RULES, BusCloud
from tests.localcloud.post import Post, Queue
from tests.localcloud.running_workflow import Running
from tests.localcloud.weather_cloud import WeatherCloud
from tests.localcloud.weather_pipes import API_KEY, DELETE, PUT
from tests.localcloud.workflow_cloud import API_KEY as WORKFLOW_KEY
from tests.localcloud.workflow_cloud import CACHE as WORKFLOW_CACHE

CLOCK = 0.05
"""How far two clocks of the machine may differ, in seconds."""
RETRIED = [
    ("read",),
    ("attempt", 1, 503),
    ("waiting", 1, "HTTP 503"),
    ("attempt", 2, 503),
    ("waiting", 2, "HTTP 503"),
    ("attempt", 3, 204),
    ("ended", "delivered"),
]


def told(steps: Sequence[Step], **of: object) -> list[tuple[object, ...]]:
    """Return the steps with these values in short."""
    found = [step for step in list(steps) if all(step[name] == one for name, one in of.items())]
    return [_short(step) for step in found]


def _short(step: Step) -> tuple[object, ...]:
    match step["kind"]:
        case "attempt":
            return ("attempt", step["attempt"], step["status"])
        case "waiting":
            return ("waiting", step["attempt"], step["why"].strip())
        case "ended":
            return ("ended", step["outcome"])
        case kind:
            return (kind,)


def ends(steps: Sequence[Step], pipe: str) -> int:
    """Return how many ends a pipe or a rule has told."""
    return sum(step["pipe"] == pipe and step["kind"] == "ended" for step in list(steps))


@pytest.fixture
def queue(local_aws: LocalAws) -> Iterator[Queue]:
    """Return a dead-letter queue for one test; other tests here empty the AWS."""
    queue = Queue(local_aws)
    yield queue
    queue.sqs.close()


def test_a_wait_tells_when_the_next_attempt_is_sent(
    queue: Queue, momento: LocalMomento, arrivals: Arrivals
) -> None:
    post = Post(queue, momento.endpoint)
    arrivals.answer("Oslo", 503, 503)
    post.deliver(maximum_retry_attempts=5)
    assert told(post.steps) == RETRIED[1:-1]
    first, wait, second, *_ = post.steps
    assert {step["most"] for step in post.steps} == {6}
    assert first["at"] >= first["began"] + first["seconds"] - CLOCK
    assert wait["until"] > wait["at"] >= first["at"]
    assert second["began"] >= wait["until"] - CLOCK


def test_a_pipe_that_retries_for_ever_has_no_most(
    queue: Queue, momento: LocalMomento, arrivals: Arrivals
) -> None:
    post = Post(queue, momento.endpoint)
    arrivals.answer("Oslo", 429)
    post.deliver(maximum_retry_attempts=-1)
    assert [step["most"] for step in post.steps] == [None] * 3


def test_each_pipe_tells_the_steps_of_each_record_in_their_order(cloud: WeatherCloud) -> None:
    """Delivered after retries, filtered, and a dead letter."""
    cloud.arrivals.answer("Oslo", 503, 503)
    cloud.arrivals.answer("Rome", Response("no such thing", status_code=400))
    with cloud.running(PUT, DELETE):
        for location in ("Oslo", "Rome"):
            cloud.weather.put(location)
        cloud.wait_for(PUT, 2)
        cloud.wait_for(DELETE, 2)
    oslo, rome = {"Location": {"S": "Oslo"}}, {"Location": {"S": "Rome"}}
    assert told(cloud.steps, pipe=PUT, keys=oslo) == RETRIED
    assert told(cloud.steps, pipe=PUT, keys=rome) == [
        ("read",),
        ("attempt", 1, 400),
        ("ended", "dead-letter"),
    ]
    assert told(cloud.steps, pipe=DELETE, keys=oslo) == [("read",), ("ended", "filtered")]
    (written,) = {step["created"] for step in cloud.steps if step["keys"] == oslo}
    assert all(step["at"] >= written - CLOCK for step in cloud.steps if step["keys"] == oslo)
    (event,) = {step["event_id"] for step in cloud.steps if step["keys"] == oslo}
    assert event
    assert {step["event_name"] for step in cloud.steps} == {"INSERT"}


def test_a_rule_tells_the_steps_of_each_event(local_aws: LocalAws) -> None:
    with BusCloud(local_aws) as cloud:
        cloud.arrivals.answer("Oslo", 503, 503)
        with cloud.running_rules(PUT):
            cloud.put_and_wait("Oslo")
            until(lambda: ends(cloud.steps, PIPE))
    assert told(cloud.steps, pipe=PIPE) == [("read",), ("ended", "delivered")]
    assert told(cloud.steps, pipe=RULES[PUT]) == RETRIED
    rule = [step for step in cloud.steps if step["pipe"] == RULES[PUT]]
    assert {step["event_id"] for step in rule} == {cloud.steps[0]["event_id"]}
    assert [step["most"] for step in rule if "most" in step] == [4] * 5
    shown = json.dumps(cloud.steps)
    assert '"Authorization": "***"' in shown
    assert API_KEY not in shown


def test_a_workflow_tells_the_task_and_the_superseded_state(local_aws: LocalAws) -> None:
    with Running(local_aws, WORKFLOW_BATCH_SIZE="10") as running:
        refusals = [Response("busy", status_code=503)]
        running.answer = lambda one: refusals.pop() if refusals and one.method == "PUT" else None
        running.cloud.put("a", 1)
        running.cloud.put("a", 2)
        with running.runner():
            until(running.drained)
            until(lambda: ends(running.steps, running.cloud.pipe) == 4)
    steps = running.steps
    first, last = sorted({step["sequence_number"] for step in steps}, key=int)
    assert told(steps, sequence_number=first, kind="read") == [("read",)]
    puts = [step for step in steps if (step.get("request") or {}).get("method") == "PUT"]
    assert told(puts, sequence_number=first) == [("ended", "superseded")]
    assert told(puts, sequence_number=last) == [
        ("attempt", 1, 503),
        ("attempt", 2, 204),
        ("ended", "delivered"),
    ]
    (task,) = {step["state"] for step in puts}
    (wait,) = [step for step in steps if step["kind"] == "waiting"]
    assert (wait["state"], wait["sequence_number"]) == (task, last)
    assert wait["until"] > wait["at"]
    attempts = [step for step in puts if step["kind"] == "attempt"]
    assert attempts[0]["most"] == attempts[1]["most"] > 1
    messages = [step for step in steps if (step.get("request") or {}).get("method") == "POST"]
    for number in (first, last):
        assert told(messages, sequence_number=number) == [
            ("attempt", 1, 204),
            ("ended", "delivered"),
        ]
    shown = json.dumps(steps)
    assert '"Authorization": "***"' in shown
    assert f'"{WORKFLOW_KEY}"' not in shown


def test_records_that_are_sent_to_a_state_machine_again_wait_together(
    local_aws: LocalAws, queue: Queue
) -> None:
    arrivals = Arrivals()
    arrivals.answer("key 2", 503)
    with LocalMomento(api_key=WORKFLOW_KEY, caches=(WORKFLOW_CACHE,)) as momento:
        momento.service.interfere = arrivals
        with Batches(local_aws, queue, momento.endpoint) as batches:
            batches.deliver([record(1), record(2)], maximum_retry_attempts=3)
    assert told(batches.steps, sequence_number="1001") == [("attempt", 1, 204)]
    (failed, wait, sent) = [one for one in batches.steps if one["sequence_number"] == "1002"]
    assert [_short(failed), _short(sent)] == [("attempt", 1, 503), ("attempt", 1, 204)]
    assert (wait["kind"], wait["attempt"], wait["most"]) == ("waiting", 1, 4)
    assert "its request failed (Put: HTTP 503" in wait["why"]


@pytest.mark.parametrize(
    ("answer", "problem"), [(HANG, "timeout: no answer in 0.2 s"), (None, "connect: ")]
)
def test_a_workflows_request_without_an_answer_says_why(
    local_aws: LocalAws, queue: Queue, answer: Response | None, problem: str
) -> None:
    arrivals = Arrivals(hang_seconds=600)
    if answer:
        arrivals.answer("key 1", answer)
    with LocalMomento(api_key=WORKFLOW_KEY, caches=(WORKFLOW_CACHE,)) as momento:
        momento.service.interfere = arrivals
        there = momento.endpoint if answer else f"http://127.0.0.1:{unused_port()}"
        with Batches(local_aws, queue, there) as batches:
            timing = Timing(task_timeout=0.2)
            batches.deliver([record(1)], timing=timing, maximum_retry_attempts=0)
    (attempt,) = batches.steps
    assert attempt["problem"].startswith(problem)
    assert (attempt["kind"], attempt["status"], attempt["succeeded"]) == ("attempt", None, False)
