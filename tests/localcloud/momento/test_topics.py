"""Momento's documented HTTP API for topics, tested over HTTP."""

import base64
import json
import threading
import time
from typing import Any

import httpx
import pytest

from localcloud.momento import service as module
from localcloud.momento.service import LocalMomento, LocalTopic
from tests.localcloud.conftest import CACHE, message

TEXT = {"Content-Type": "text/plain"}


def publish(http: httpx.Client, text: str | bytes, topic: str = "t", **headers: str) -> None:
    answer = http.post(f"/topics/{CACHE}/{topic}", content=text, headers=TEXT | headers)
    assert (answer.status_code, answer.content) == (204, b"")


def poll(http: httpx.Client, topic: str = "t", **query: int) -> list[dict[str, Any]]:
    """Return the items that a subscriber gets."""
    answer = http.get(f"/topics/{CACHE}/{topic}", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def item(number: int, text: str, page: int = 1) -> dict[str, Any]:
    """Return a text message as a subscriber gets it."""
    return {
        "item": {
            "topic_sequence_number": number,
            "sequence_page": page,
            "value": {"text": text},
        }
    }


def gap(last: int, new: int, page: int = 1) -> dict[str, Any]:
    """Return a discontinuity as a subscriber gets it."""
    return {
        "discontinuity": {
            "last_topic_sequence": last,
            "new_topic_sequence": new,
            "new_sequence_page": page,
        }
    }


def test_a_subscriber_gets_the_messages_since_its_number(http: httpx.Client) -> None:
    for number in range(4):
        publish(http, f"message {number}")
    publish(http, "another's", topic="other")
    everything = [item(number, f"message {number}") for number in range(4)]
    assert poll(http, sequence_number=0, sequence_page=1) == everything
    assert poll(http, sequence_number=2, sequence_page=1) == everything[2:]
    assert poll(http, sequence_number=3) == everything[3:]


@pytest.mark.parametrize(
    ("kind", "body", "name"),
    [
        ("text/plain", "Schnee in München 🌨".encode(), "text"),
        ("text/plain; charset=utf-8", b"text", "text"),
        ("application/json; charset=utf-8", b"{}", "text"),  # a pipe's, as in the walk-through
        ("application/x-www-form-urlencoded", b"hi!", "text"),  # the page's example: curl -d
        ("text/plain", b"\xff\xfe", "binary"),
        ("application/octet-stream", b"text", "binary"),
        ("Application/Octet-Stream; charset=binary", b"text", "binary"),
    ],
)
def test_a_message_is_text_or_binary(http: httpx.Client, kind: str, body: bytes, name: str) -> None:
    """The content type decides; a text that is not UTF-8 is binary."""
    publish(http, body, **{"Content-Type": kind})
    (found,) = poll(http, sequence_number=0)
    value = body.decode() if name == "text" else base64.b64encode(body).decode()
    assert found["item"]["value"] == {name: value}


@pytest.mark.parametrize("text", ["", "m", "m" * 4_096, "\u00fc" * 2_048], ids=len)
def test_a_message_of_four_kilobytes_is_accepted(http: httpx.Client, text: str) -> None:
    """Momento: "Momento Topics service quotas", payload size."""
    publish(http, text)
    assert poll(http, sequence_number=0) == [item(0, text)]


@pytest.mark.parametrize("text", ["m" * 4_097, "m" * 300_000, "\u00fc" * 2_048 + "n"], ids=len)
@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream"])
def test_a_longer_message_is_refused(http: httpx.Client, text: str, kind: str) -> None:
    answer = http.post(f"/topics/{CACHE}/t", content=text, headers={"Content-Type": kind})
    status, said = message(answer)
    assert (status, "4096" in said) == (400, True)
    publish(http, "next")
    assert poll(http, sequence_number=0) == [item(0, "next")]


def test_a_message_without_a_content_type_is_refused(http: httpx.Client) -> None:
    """Momento's page says that the header is required."""
    status, text = message(http.post(f"/topics/{CACHE}/t", content=b"text"))
    assert (status, "Content-Type" in text) == (400, True)


def test_the_first_request_may_have_zeros(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Momento's page: 0 for number and page in the first request, then the last values."""
    monkeypatch.setattr(module, "LONG_POLL_SECONDS", 0.1)
    for text in ("one", "two"):
        publish(http, text)
    assert poll(http, sequence_number=0, sequence_page=0) == []
    assert poll(http, sequence_page=0) == []
    assert poll(http, sequence_number=1, sequence_page=0) == [item(1, "two")]


def test_a_poll_without_new_messages_ends_empty(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A poll without a number gets the messages from now on."""
    monkeypatch.setattr(module, "LONG_POLL_SECONDS", 0.1)
    publish(http, "before")
    assert poll(http) == []
    assert poll(http, sequence_number=1, sequence_page=1) == []


def test_waiting_subscribers_wake_up_at_once(
    http: httpx.Client, momento: LocalMomento, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them, long before its long poll ends."""
    monkeypatch.setattr(module, "LONG_POLL_SECONDS", 600.0)  # longer than the test waits
    waiting = threading.Barrier(4)
    got: list[list[dict[str, Any]]] = []

    def subscribe() -> None:
        waiting.wait()
        got.append(poll(http, sequence_number=0))

    threads = [threading.Thread(target=subscribe) for _ in range(3)]
    for thread in threads:
        thread.start()
    waiting.wait()
    topics = momento.service.caches[CACHE].topics
    deadline = time.monotonic() + 60
    while "t" not in topics and time.monotonic() < deadline:
        time.sleep(0.005)  # the first request is in the service
    publish(http, "news")
    for thread in threads:
        thread.join()
    assert got == [[item(0, "news")]] * 3


def test_dropped_messages_give_a_discontinuity(http: httpx.Client, momento: LocalMomento) -> None:
    """The oldest message that is kept follows it."""
    topic = momento.service.caches[CACHE].topics["t"] = LocalTopic(page=1)
    publish(http, "first")
    while topic.next_number < module.KEPT_MESSAGES + 4:
        topic.messages.append((topic.next_number, b"old", False))
        topic.next_number += 1
    publish(http, "last")
    items = poll(http, sequence_number=1, sequence_page=1)
    assert items[0] == gap(1, 5)
    assert len(items) == 1 + module.KEPT_MESSAGES
    assert items[1] == item(5, "old")
    assert items[-1] == item(module.KEPT_MESSAGES + 4, "last")
    assert poll(http, sequence_number=5, sequence_page=1) == items[1:]


def test_a_topic_with_a_new_page_gives_a_discontinuity(
    http: httpx.Client, momento: LocalMomento
) -> None:
    """The subscriber has another page, and gets the messages of the new page."""
    momento.service.caches[CACHE].topics["t"] = LocalTopic(page=2)
    assert poll(http, sequence_number=7, sequence_page=1) == [gap(7, 0, page=2)]
    publish(http, "anew")
    expected = [gap(7, 0, page=2), item(0, "anew", page=2)]
    assert poll(http, sequence_number=7, sequence_page=1) == expected
    assert poll(http, sequence_number=0, sequence_page=2) == expected[1:]


def test_a_future_number_gives_a_discontinuity(http: httpx.Client) -> None:
    publish(http, "only")
    assert poll(http, sequence_number=9, sequence_page=1) == [gap(9, 0), item(0, "only")]


@pytest.mark.parametrize("query", [{"sequence_number": "x"}, {"sequence_page": "-1"}])
def test_sequence_number_and_page_must_be_numbers(
    http: httpx.Client, query: dict[str, str]
) -> None:
    answer = http.get(f"/topics/{CACHE}/t", params=query)
    assert answer.status_code == 400


def test_errors_and_messages_are_json(http: httpx.Client) -> None:
    publish(http, json.dumps({"Location": "Oslo"}))
    answer = http.get(f"/topics/{CACHE}/t", params={"sequence_number": 0})
    assert answer.headers["content-type"] == "application/json"
    assert http.get(f"/cache/{CACHE}").headers["content-type"] == "application/json"
