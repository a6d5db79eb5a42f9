"""The delivery of one record: what is retried and how often, and what a dead letter holds."""

import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from starlette.responses import Response

import localcloud.deliveries.delivery
import localcloud.deliveries.record_age
import localcloud.deliveries.sender
from eventpipes import rate_limit
from localcloud.momento.service import LocalMomento
from tests.localcloud.arrivals import HANG, Arrivals, unused_port
from tests.localcloud.post import FAST, SHARD, Clock, Post, Queue
from tests.localcloud.weather_pipes import API_KEY, CACHE


@pytest.fixture
def post(queue: Queue, momento: LocalMomento) -> Post:
    queue.letters()
    return Post(queue, momento.endpoint)


@pytest.fixture
def clock(post: Post, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (
        localcloud.deliveries.record_age,
        localcloud.deliveries.delivery,
        localcloud.deliveries.sender,
        rate_limit,
    ):
        monkeypatch.setattr(module, "datetime", clock)
    post.stop, post.now = clock, clock.now
    return clock


@pytest.fixture
def hanging(post: Post) -> Iterator[Arrivals]:
    """Return the requests to a Momento of this test; requests that hang end with it."""
    arrivals = Arrivals(hang_seconds=600)
    with LocalMomento(api_key=API_KEY, caches=(CACHE,)) as momento:
        momento.service.interfere = arrivals
        post.redirect = momento.endpoint
        yield arrivals


@pytest.mark.parametrize("status", [401, 407, 409, 429, 500, 502, 503, 504, 599])
def test_these_responses_are_retried(post: Post, arrivals: Arrivals, status: int) -> None:
    arrivals.answer("Oslo", status, status)
    assert post.outcome() == ("delivered", [status, status, 204])
    assert len({(one.body, *one.query.items()) for one in arrivals}) == 1
    assert post.queue.letters() == []


@pytest.mark.parametrize("status", [301, 304, 400, 402, 403, 404, 405, 406, 408, 410, 413, 422])
def test_any_other_response_is_final(post: Post, arrivals: Arrivals, status: int) -> None:
    """Momento does not redirect, and a redirection is not followed."""
    arrivals.answer("Oslo", Response(status_code=status, headers={"Location": "/elsewhere"}))
    assert post.outcome() == ("dead-letter", [status])
    assert len(arrivals) == 1
    assert len(post.queue.letters()) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_2xx_is_success(post: Post, arrivals: Arrivals, status: int) -> None:
    arrivals.answer("Oslo", status)
    assert post.outcome() == ("delivered", [status])


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_the_number_of_retries_is_limited(post: Post, arrivals: Arrivals, retries: int) -> None:
    arrivals.answer("Oslo", *[500] * 10)
    assert post.outcome(maximum_retry_attempts=retries) == ("dead-letter", [500] * (retries + 1))
    (letter,) = post.queue.letters()
    assert letter["context"]["condition"] == "RetryAttemptsExhausted"


def test_without_a_limit_it_retries_until_it_succeeds(post: Post, arrivals: Arrivals) -> None:
    arrivals.answer("Oslo", *[500, 429, 401] * 4)
    outcome, statuses = post.outcome(maximum_retry_attempts=-1)
    assert (outcome, len(statuses)) == ("delivered", 13)


def gaps(arrivals: Arrivals) -> list[float]:
    return [after.at - before.at for before, after in pairwise(arrivals)]


@pytest.mark.parametrize("status", [401, 429, 503])
def test_the_deliverer_waits_for_the_seconds_of_retry_after(
    post: Post, arrivals: Arrivals, status: int
) -> None:
    arrivals.answer("Oslo", Response(status_code=status, headers={"Retry-After": "30"}))
    assert post.outcome() == ("delivered", [status, 204])
    assert gaps(arrivals)[0] >= 30 * FAST.second


@pytest.mark.parametrize("zone", ["+0000", "-0000", "GMT"])
def test_retry_after_may_be_a_date(post: Post, arrivals: Arrivals, clock: Clock, zone: str) -> None:
    """Dates have whole seconds."""
    until = clock.now().replace(microsecond=0) + timedelta(seconds=3)
    left = (until - clock.now()).total_seconds()
    date = format_datetime(until).replace("+0000", zone)
    arrivals.answer("Oslo", Response(status_code=503, headers={"Retry-After": date}))
    assert post.outcome() == ("delivered", [503, 204])
    assert clock.waits == pytest.approx([left])


@pytest.mark.parametrize("text", ["soon", "1.5", "²", "", "Sun, 99 Xyz 2026 00:00:00 GMT"])
def test_an_invalid_retry_after_is_ignored(post: Post, arrivals: Arrivals, text: str) -> None:
    answer = Response(status_code=429)
    answer.raw_headers.append((b"retry-after", text.encode("latin-1")))
    arrivals.answer("Oslo", answer)
    assert post.outcome() == ("delivered", [429, 204])


def test_a_negative_retry_after_ends_the_retries(post: Post, arrivals: Arrivals) -> None:
    arrivals.answer("Oslo", Response(status_code=429, headers={"Retry-After": "-1"}))
    assert post.outcome(maximum_retry_attempts=-1) == ("dead-letter", [429])


def test_a_time_out_counts_as_an_attempt(post: Post, hanging: Arrivals) -> None:
    hanging.answer("Oslo", HANG, HANG)
    delivery = post.deliver(timing=replace(FAST, timeout=0.3), maximum_retry_attempts=1)
    assert delivery is not None
    assert delivery.outcome == "dead-letter"
    assert [attempt.problem for attempt in delivery.attempts] == ["timeout: no answer in 0.3 s"] * 2
    assert "timeout: no answer in 0.3 s" in delivery.reason


def test_a_time_out_is_retried(post: Post, hanging: Arrivals) -> None:
    """The deliverer retries until a response is in time; a busy machine needs more attempts."""
    hanging.answer("Oslo", HANG)
    outcome, (first, *more, last) = post.outcome(
        timing=replace(FAST, timeout=0.3), maximum_retry_attempts=-1, maximum_record_age=-1
    )
    assert (outcome, {first, *more}, last) == ("delivered", {None}, 204)


def test_a_refused_connection_does_not_count_until_the_record_is_too_old(
    post: Post, momento: LocalMomento, clock: Clock
) -> None:
    """The record has no retry left, but it is sent again until it is too old."""
    post.redirect = f"http://127.0.0.1:{unused_port()}"
    delivery = post.deliver(maximum_retry_attempts=0, maximum_record_age=60)
    assert delivery is not None
    assert delivery.outcome == "dead-letter"
    assert len(delivery.attempts) == len(clock.waits) > 3
    assert {attempt.problem.split(":")[0] for attempt in delivery.attempts} == {"connect"}
    (letter,) = post.queue.letters()
    assert letter["context"]["condition"] == "MaximumRecordAgeExceeded"
    assert momento.endpoint != post.redirect


@pytest.mark.parametrize("half", [b"", b"HTTP/1.1 20"])
def test_a_broken_connection_does_not_count(post: Post, half: bytes) -> None:
    """The connection breaks before or in the response."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        answers = [half] * 4 + [b"HTTP/1.1 204 No Content\r\n\r\n"]
        thread = threading.Thread(target=serve, args=(server, answers))
        thread.start()
        post.redirect = f"http://127.0.0.1:{server.getsockname()[1]}"
        delivery = post.deliver(maximum_retry_attempts=0, maximum_record_age=-1)
        thread.join()
    assert delivery is not None
    assert [attempt.status for attempt in delivery.attempts] == [None] * 4 + [204]
    assert delivery.outcome == "delivered"


def serve(server: socket.socket, answers: list[bytes]) -> None:
    """Send one response on each connection, and close it."""
    for answer in answers:
        connection, _ = server.accept()
        with connection:
            received = b""
            while b"}" not in received:
                received += connection.recv(65_536)
            connection.sendall(answer)


@pytest.mark.parametrize(
    ("age", "maximum", "outcome"),
    [
        (500, 600, "delivered"),
        (601, 600, "dead-letter"),
        (86_300, -1, "delivered"),
        (86_401, -1, "dead-letter"),
        (86_401, 604_800, "dead-letter"),
    ],
)
def test_a_record_that_is_too_old_is_not_sent(
    post: Post, arrivals: Arrivals, age: int, maximum: int, outcome: str
) -> None:
    """The stream keeps a record for a day only, even if the limit is longer."""
    timing = replace(FAST, second=1.0)
    attempts = [204] if outcome == "delivered" else []
    found = post.outcome(timing=timing, age=age, maximum_record_age=maximum)
    assert found == (outcome, attempts)
    assert len(arrivals) == len(attempts)
    conditions = [letter["context"]["condition"] for letter in post.queue.letters()]
    assert conditions == ["MaximumRecordAgeExceeded"] * (1 - len(attempts))


def test_a_long_retry_after_ends_when_the_record_is_too_old(
    post: Post, arrivals: Arrivals, clock: Clock
) -> None:
    """Retry-After is ten days; the record has 60 seconds, and a second is a hundredth here."""
    arrivals.answer("Oslo", Response(status_code=503, headers={"Retry-After": "864000"}))
    assert post.outcome(maximum_record_age=60) == ("dead-letter", [503])
    assert clock.waits == pytest.approx([0.601])
    (letter,) = post.queue.letters()
    assert letter["context"]["condition"] == "MaximumRecordAgeExceeded"


def test_a_stop_ends_the_wait_without_an_outcome(post: Post, arrivals: Arrivals) -> None:
    arrivals.answer("Oslo", Response(status_code=503, headers={"Retry-After": "86400"}))
    threading.Timer(0.2, post.stop.set).start()
    assert post.deliver(maximum_record_age=-1) is None
    assert len(arrivals) == 1
    assert post.queue.letters() == []


def test_a_dead_letter_has_the_format_of_aws(post: Post, arrivals: Arrivals) -> None:
    """See AWS: "Amazon EventBridge Pipes error handling", dead-letter queue behaviour."""
    arrivals.answer("Oslo", 400)
    before = datetime.now(UTC).replace(microsecond=0)
    post.deliver(age=10)
    (letter,) = post.queue.letters()
    times = [
        letter.pop("timestamp"),
        letter["DDBStreamBatchInfo"].pop("approximateArrivalOfFirstRecord"),
        letter["DDBStreamBatchInfo"].pop("approximateArrivalOfLastRecord"),
    ]
    assert letter == {
        "context": {
            "partnerResourceArn": post.definition().arn,
            "condition": "RetryAttemptsExhausted",
        },
        "version": "1.0",
        "DDBStreamBatchInfo": {
            "shardId": SHARD,
            "startSequenceNumber": "4711",
            "endSequenceNumber": "4711",
            "batchSize": 1,
            "streamArn": post.definition().source.arn,
        },
    }
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text) for text in times)
    at, first, last = map(datetime.fromisoformat, times)
    assert before <= at <= datetime.now(UTC)
    assert first == last
    assert timedelta(seconds=9) <= at - first <= timedelta(seconds=60)


def test_without_a_queue_the_delivery_gives_the_reason(post: Post, arrivals: Arrivals) -> None:
    arrivals.answer("Oslo", Response("ttl_seconds is missing", status_code=400))
    delivery = post.deliver(dead_letter_queue_arn=None)
    assert delivery is not None
    assert delivery.reason == "RetryAttemptsExhausted: HTTP 400 ttl_seconds is missing"
    assert post.queue.letters() == []


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("Oslo\nX-Other: header", "the header X-Location would have a control character"),
        ("München 🌧", "not HTTP"),
        ("\0", "the header X-Location would have a control character"),
    ],
)
def test_an_invalid_header_value_makes_a_dead_letter(
    post: Post, arrivals: Arrivals, key: str, reason: str
) -> None:
    """The request is not sent, and not retried."""
    headers = {"X-Location": "$.dynamodb.Keys.Location.S"}
    definition = replace(post.definition(maximum_retry_attempts=-1), headers=headers)
    delivery = post.deliver(key, definition=definition)
    assert delivery is not None
    assert delivery.outcome == "dead-letter"
    assert reason in delivery.reason
    assert list(arrivals) == []
    assert len(post.queue.letters()) == 1


def test_a_redirected_request_keeps_the_destinations_host(post: Post, arrivals: Arrivals) -> None:
    post.deliver("Oslo")
    assert arrivals[0].headers["host"] == "api.cache.cell-us-east-1-1.prod.a.momentohq.com"
