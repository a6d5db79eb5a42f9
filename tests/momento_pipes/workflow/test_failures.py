"""What a workflow does when a request fails: the rest of the group, dead letters, the deadline."""

import json
from datetime import timedelta

import pytest

from eventpipes.workflow import HttpAnswer, HttpCall, TaskError
from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    Field,
    ItemMapping,
    KeySchema,
    Stream,
    TopicMessage,
)
from momento_pipes.workflow.definition import LONGEST_TEXT
from tests.momento_pipes.workflow.machine import failed, machine, run
from tests.momento_pipes.workflow.momento import InMemoryMomento, Table

IDENT = Attribute("Id")
STREAM = Stream(KeySchema(IDENT))
MAPPING = ItemMapping(
    cache=CacheEntry(key=IDENT, value=[IDENT, Attribute("Text")], ttl=60),
    topic=TopicMessage(topic="t", value={"id": Field.EVENT_ID}),
)
MACHINE = machine([MAPPING], STREAM)


def written(*texts: str, key: str = "a") -> Table:
    """Return a table with an item that had these texts, one after the other."""
    table = Table("Id")
    for text in texts:
        table.put({"Id": {"S": key}, "Text": {"S": text}})
    return table


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_message_that_fails_leaves_itself_and_all_after_it(number: int) -> None:
    """Of four changes of one item; those before it were published, and are not sent again."""
    table = written("1", "2", "3", "4")

    def busy(call: HttpCall) -> int | None:
        return 503 if call.method == "POST" and f"event-{number}" in call.body else None

    momento = InMemoryMomento(refuse=busy)
    left = failed(run(MACHINE, table.records, momento))
    assert left == [f"event-{one}" for one in range(number, 4)]
    told = [json.loads(body)["id"] for _, body in momento.messages]
    assert told == [f"event-{one}" for one in range(number)]
    assert momento.letters == []


def test_an_entry_that_fails_leaves_the_whole_group_and_no_other() -> None:
    table = written("1", "2")
    table.put({"Id": {"S": "b"}, "Text": {"S": "1"}})
    momento = InMemoryMomento(refuse=lambda call: 500 if "key=a" in call.url else None)
    assert failed(run(MACHINE, table.records, momento)) == ["event-0", "event-1"]
    assert [json.loads(body)["id"] for _, body in momento.messages] == ["event-2"]
    assert list(momento.cache) == ["c/b"]


@pytest.mark.parametrize("status", [401, 403, 404, 407])
def test_what_concerns_every_record_fails_the_execution(status: int) -> None:
    momento = InMemoryMomento(refuse=lambda _: status)
    execution = run(MACHINE, written("1").records, momento)
    assert (execution.status, execution.error) == ("FAILED", f"States.Http.StatusCode.{status}")
    assert momento.letters == []


@pytest.mark.parametrize("status", [400, 405, 413, 302])
def test_what_is_refused_for_good_is_a_letter_and_the_messages_follow(status: int) -> None:
    momento = InMemoryMomento(refuse=lambda call: status if call.method == "PUT" else None)
    assert failed(run(MACHINE, written("1", "2").records, momento)) == []
    (letter,) = map(json.loads, momento.letters)
    assert (letter["version"], letter["reason"]) == ("1", "Refused")
    assert letter["error"] == f"States.Http.StatusCode.{status}"
    assert letter["record"]["eventID"] == "event-1", "the last state"
    assert len(momento.messages) == 2


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_long_letter_has_neither_images_nor_body(method: str) -> None:
    """SQS would refuse it, and the record could never be settled."""
    big = "名" * (LONGEST_TEXT + 1)
    mapping = ItemMapping(cache=MAPPING.cache, topic=TopicMessage(topic="t"))
    momento = InMemoryMomento(refuse=lambda call: 400 if call.method == method else None)
    assert failed(run(machine([mapping], STREAM), written(big).records, momento)) == []
    (text,) = momento.letters
    letter = json.loads(text)
    assert len(text.encode()) < 262_144
    assert letter["record"]["dynamodb"].keys().isdisjoint({"NewImage", "OldImage"})
    assert letter["record"]["dynamodb"]["Keys"] == {"Id": {"S": "a"}}
    assert letter["request"]["body"] is None


class SlowMomento(InMemoryMomento):
    """A Momento whose answers take almost as long as a request may take."""

    async def http(self, call: HttpCall) -> HttpAnswer:
        """Answer after nine seconds."""
        self.time += timedelta(seconds=9)
        return await super().http(call)


def test_an_execution_ends_in_time_and_leaves_the_rest() -> None:
    """Instead of timing out after five minutes, with all of it to be sent again."""
    table = written(*map(str, range(60)))
    momento = SlowMomento()
    execution = run(MACHINE, table.records, momento)
    left = failed(execution)
    assert 0 < len(left) < 60
    assert left == [f"event-{one}" for one in range(60 - len(left), 60)]
    assert (execution.stopped - execution.started).total_seconds() < 290


class OddMomento(InMemoryMomento):
    """A Momento whose requests fail in a way that nobody has heard of."""

    async def http(self, call: HttpCall) -> HttpAnswer:
        """Fail."""
        raise TaskError("Events.SomethingNew", f"no request for {call.state}")


def test_an_unknown_error_fails_the_execution() -> None:
    """Nothing is known of it, so nothing may be given up."""
    momento = OddMomento()
    execution = run(MACHINE, written("1").records, momento)
    assert (execution.status, execution.error) == ("FAILED", "Events.SomethingNew")
    assert momento.letters == []
