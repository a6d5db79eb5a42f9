"""The delivery of one batch: which records are tried again, in which parts, and what is given up.

See AWS: "Amazon EventBridge Pipes batching and concurrency".
"""

import re
from dataclasses import replace

import pytest
from starlette.requests import Request
from starlette.responses import Response

from localcloud.deliveries.delivery import Delivery
from localcloud.momento.service import LocalMomento
from tests.localcloud.arrivals import HANG, Arrivals
from tests.localcloud.batches import FAST, Batches, answering, record
from tests.localcloud.post import SHARD, Queue
from tests.localcloud.workflow_cloud import API_KEY

BISECT = "AUTOMATIC_BISECT"


def numbers(arrivals: Arrivals) -> list[int]:
    """Return the number of the record of each request."""
    return [int(one.key.removeprefix("key ")) for one in arrivals]


def outcomes(deliveries: list[Delivery] | None) -> list[tuple[str, str, list[int | None]]]:
    """Return of each delivery: record, outcome, status of each attempt."""
    assert deliveries is not None
    return [
        (one.sequence_number, one.outcome, [each.status for each in one.attempts])
        for one in deliveries
    ]


def test_a_batch_is_one_execution(batches: Batches, arrivals: Arrivals) -> None:
    done = batches.deliver([record(1), record(2)])
    assert outcomes(done) == [("1001", "delivered", [204]), ("1002", "delivered", [204])]
    assert numbers(arrivals) == [1, 2]
    assert [one.headers["authorization"] for one in arrivals] == [API_KEY, API_KEY]


def test_only_the_named_records_are_tried_again_in_their_order(
    batches: Batches, arrivals: Arrivals
) -> None:
    arrivals.answer("key 2", 503)
    arrivals.answer("key 4", 503)
    done = batches.deliver([record(number) for number in range(1, 6)])
    assert numbers(arrivals) == [1, 2, 3, 4, 5, 2, 4]
    assert outcomes(done)[3:] == [
        ("1002", "delivered", [503, 204]),
        ("1004", "delivered", [503, 204]),
    ]


@pytest.mark.parametrize(
    "answer",
    [
        "",
        [],
        {},
        {"other": 1},
        {"batchItemFailures": []},
        {"batchItemFailures": None},
    ],
)
def test_these_answers_are_success(batches: Batches, answer: object) -> None:
    done = batches.deliver([record(1)], answering(answer), maximum_retry_attempts=1)
    assert outcomes(done) == [("1001", "filtered", [])]  # the machine has no request


@pytest.mark.parametrize(
    "failures",
    [
        5,
        "event 1",
        {"itemIdentifier": "event 1"},
        ["event 1"],
        [None],
        [{}],
        [{"itemId": "event 1"}],
        [{"itemIdentifier": ""}],
        [{"itemIdentifier": None}],
        [{"itemIdentifier": ["event 1"]}],
        [{"itemIdentifier": "event 1"}, {"itemIdentifier": "event 9"}],
    ],
)
def test_these_answers_fail_the_whole_batch(
    batches: Batches, queue: Queue, failures: object
) -> None:
    machine = answering({"batchItemFailures": failures})
    done = batches.deliver(
        [record(1), record(2)],
        machine,
        maximum_retry_attempts=1,
        on_partial_batch_item_failure=None,
    )
    assert [one[:2] for one in outcomes(done)] == [
        ("1001", "dead-letter"),
        ("1002", "dead-letter"),
    ]
    (letter,) = queue.letters()
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 2


def test_a_failed_execution_is_halved_until_one_record_is_left(
    batches: Batches, arrivals: Arrivals
) -> None:
    """The halves follow each other: nothing of the second is sent before the first is settled."""
    arrivals.answer("key 2", *[404] * 5)
    done = batches.deliver(
        [record(number) for number in range(1, 5)], on_partial_batch_item_failure=BISECT
    )
    assert numbers(arrivals) == [1, 2, 1, 2, 1, 2, 2, 2, 2, 3, 4]
    assert [one[:2] for one in outcomes(done)] == [
        (str(1_000 + number), "delivered") for number in range(1, 5)
    ]
    assert outcomes(done)[1] == ("1002", "delivered", [404] * 5 + [204])


def test_without_bisect_a_failed_execution_is_repeated_whole(
    batches: Batches, arrivals: Arrivals
) -> None:
    arrivals.answer("key 2", 404)
    batches.deliver([record(1), record(2), record(3)], on_partial_batch_item_failure=None)
    assert numbers(arrivals) == [1, 2, 1, 2, 3]


def test_records_given_up_become_one_letter_with_the_first_and_last_record(
    batches: Batches, arrivals: Arrivals, queue: Queue
) -> None:
    arrivals.answer("key 2", *[404] * 3)
    done = batches.deliver(
        [record(number) for number in range(1, 4)],
        maximum_retry_attempts=2,
        on_partial_batch_item_failure=None,
    )
    (letter,) = queue.letters()
    assert letter["context"]["condition"] == "RetryAttemptsExhausted"
    info = letter["DDBStreamBatchInfo"]
    assert (info["shardId"], info["batchSize"]) == (SHARD, 3)
    assert (info["startSequenceNumber"], info["endSequenceNumber"]) == ("1001", "1003")
    assert numbers(arrivals) == [1, 2] * 3
    assert outcomes(done) == [
        ("1001", "delivered", [204] * 3),
        ("1001", "dead-letter", []),
        ("1002", "dead-letter", [404] * 3),
        ("1003", "dead-letter", []),
    ]


def test_only_the_half_that_fails_is_given_up(
    batches: Batches, arrivals: Arrivals, queue: Queue
) -> None:
    arrivals.answer("key 4", *[404] * 9)
    done = batches.deliver(
        [record(number) for number in range(1, 5)],
        maximum_retry_attempts=3,
        on_partial_batch_item_failure=BISECT,
    )
    (letter,) = queue.letters()
    info = letter["DDBStreamBatchInfo"]
    assert (info["startSequenceNumber"], info["batchSize"]) == ("1004", 1)
    assert [one[:2] for one in outcomes(done)] == [
        *((str(1_000 + number), "delivered") for number in range(1, 4)),
        ("1004", "dead-letter"),
    ]


def test_old_records_are_given_up_before_they_are_sent(
    batches: Batches, arrivals: Arrivals, queue: Queue
) -> None:
    batches.deliver([record(1), record(2)], age=100, maximum_record_age=60)
    (letter,) = queue.letters()
    assert letter["context"]["condition"] == "MaximumRecordAgeExceeded"
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 2
    assert not arrivals


def test_a_batch_that_is_too_large_is_halved(batches: Batches, arrivals: Arrivals) -> None:
    """Each record fits, all together do not."""
    large = [record(number, text="x" * 100_000) for number in range(1, 5)]
    done = batches.deliver(large, on_partial_batch_item_failure=BISECT)
    assert numbers(arrivals) == [1, 2, 3, 4]
    assert {one[1] for one in outcomes(done)} == {"delivered"}


def test_a_record_that_is_too_large_is_given_up_alone(
    batches: Batches, arrivals: Arrivals, queue: Queue
) -> None:
    done = batches.deliver(
        [record(1), record(2, text="x" * 300_000), record(3)],
        maximum_retry_attempts=3,
        on_partial_batch_item_failure=BISECT,
    )
    assert numbers(arrivals) == [1, 3]
    (letter,) = queue.letters()
    assert letter["DDBStreamBatchInfo"]["startSequenceNumber"] == "1002"
    reason = next(one.reason for one in done or () if one.outcome == "dead-letter")
    assert re.search(r"the input has 300\d\d\d characters and may have 262144", reason)


@pytest.mark.parametrize(("longest", "status"), [(60.0, 599), (0.1, None)])
def test_an_http_task_has_its_own_time_limit(
    batches: Batches, arrivals: Arrivals, longest: float, status: int | None
) -> None:
    """The limit of an API destination does not count. A busy machine may miss it twice."""
    arrivals.answer("key 1", HANG)
    timing = replace(FAST, timeout=0.1, task_timeout=longest)
    ((number, outcome, statuses),) = outcomes(batches.deliver([record(1)], timing=timing))
    assert (number, outcome, statuses[0], statuses[-1]) == ("1001", "delivered", status, 204)


def test_a_stop_leaves_the_batch(
    batches: Batches, arrivals: Arrivals, momento: LocalMomento, queue: Queue
) -> None:
    """The batch is not delivered and not given up, so the next start delivers it."""

    async def stop_after_three(request: Request) -> Response | None:
        await arrivals(request)
        if len(arrivals) == 3:
            batches.stop.set()
        return Response(status_code=503)

    momento.service.interfere = stop_after_three
    assert batches.deliver([record(1)]) is None
    assert len(arrivals) == 3
    assert queue.letters() == []
