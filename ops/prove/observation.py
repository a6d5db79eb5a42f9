"""What AWS and Momento have after the writes: records, cached values, messages, dead letters."""

import base64
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from eventpipes import Request
from live.aws import asking_aws
from live.dead_letters import parse
from live.deployment import table_of
from live.errors import LiveError
from live.letter_queue import LetterQueue
from live.momento.client import Access, Momento
from live.momento.topic import Message, Topic
from live.stream import StreamReader
from live.table import TableClient
from ops.prove.items import ItemWrite
from ops.prove.pipelines import ProvedPipeline
from ops.shared.errors import OpsError

HOLD_SECONDS = 900
"""How long a dead letter that was read stays hidden; the queue is destroyed before."""
CONNECT_SECONDS = 60
READING = 8
"""Entries of the cache that are read at the same time."""
LOOK_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class ProofClients:
    """AWS's clients, Momento and the cache, with the times to wait."""

    aws: Callable[[str], Any]
    momento: Momento
    access: Access
    cache: str
    max_ttl_seconds: int
    patience: float
    """The seconds without anything new after which a missing part counts as a missing answer."""
    settle: float
    """Seconds to wait for unpredicted results, after all predicted results."""


class SeenMessages:
    """The messages of topics from now on, by the item's mark."""

    def __init__(self, momento: Momento, access: Access, mark: re.Pattern[str]) -> None:
        self._momento = momento
        self._access = access
        self._mark = mark
        self._stop = threading.Event()
        self._change = threading.Lock()
        self._texts: dict[str, dict[str, list[str]]] = {}
        self.unknown: list[str] = []
        """Messages without a mark."""
        self.problems: list[str] = []
        """Why a topic could not be read any longer."""

    def watch(self, topics: Iterable[tuple[str, str]]) -> None:
        """Read these topics, each a cache and a name; return when all are being read.

        Raises:
            OpsError: a topic is not read after a minute.

        """
        readers = [(topic, threading.Event()) for topic in sorted(set(topics))]
        for (cache, name), polling in readers:
            threading.Thread(target=self._read, args=(cache, name, polling), daemon=True).start()
        for (_, name), polling in readers:
            if not polling.wait(CONNECT_SECONDS):
                why = f": {self.problems[0]}" if self.problems else ""
                raise OpsError(f"the topic {name} could not be read{why}")

    def stop(self) -> None:
        """Read no more; a poll that waits ends later."""
        self._stop.set()

    def of(self, mark: str) -> dict[str, list[str]]:
        """Return an item's messages by the topic's path, in the order in which they came."""
        with self._change:
            return {path: list(texts) for path, texts in self._texts.get(mark, {}).items()}

    def count(self) -> int:
        """Return how many messages came."""
        with self._change:
            by_topic = [texts for topics in self._texts.values() for texts in topics.values()]
            return len(self.unknown) + sum(map(len, by_topic))

    def _read(self, cache: str, name: str, polling: threading.Event) -> None:
        topic = Topic(self._momento, self._access, cache=cache, name=name)
        path = self._access.request("POST", "topics", cache, name).url
        path = path[len(self._access.origin.rstrip("/")) :]
        try:
            for event in topic.watch(self._stop, polling):
                if isinstance(event, Message):
                    self._add(path, _text(event))
        except LiveError as error:
            self.problems.append(f"{unquote(name)}: {error}")

    def _add(self, path: str, text: str) -> None:
        match = self._mark.search(text)
        with self._change:
            if match is None:
                self.unknown.append(text)
            else:
                topics = self._texts.setdefault(match[0], {})
                topics.setdefault(path, []).append(text)


@dataclass
class SeenLetters:
    """The dead letters of queues, by queue and by the record's number."""

    client: Any
    found: dict[tuple[str, str], list[list[str]]] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    """Messages in the queues that are not dead letters."""

    def take(self, queues: Iterable[str]) -> None:
        """Read the waiting messages of the queues."""
        with asking_aws():
            for name in queues:
                queue = LetterQueue(self.client, name=name, hold=HOLD_SECONDS)
                while queue.count()[0] and (messages := queue.receive()):
                    for message in messages:
                        letter = parse(message)
                        if letter is None:
                            self.foreign.append(message.body)
                        else:
                            pair = [letter.name, letter.first]
                            self.found.setdefault((name, letter.first), []).append(pair)


def write(table: TableClient, changes: Sequence[ItemWrite], progress: Callable[[], None]) -> None:
    """Make the changes of a table, one after the other."""
    with asking_aws():
        for change in changes:
            if change.item is None:
                table.delete(change.key)
            else:
                table.put(change.item)
            progress()


def read_stream(aws: Callable[[str], Any], table: str) -> list[Mapping[str, Any]]:
    """Return all records of a table's stream."""
    with asking_aws():
        about = aws("dynamodb").describe_table(TableName=table)["Table"]
        arn = about["LatestStreamArn"]
        assert table_of(arn) == table
        return list(StreamReader(aws("dynamodbstreams")).all(arn))


def wait_for_records(
    aws: Callable[[str], Any],
    pipeline: ProvedPipeline,
    wanted: Mapping[str, Sequence[Any]],
    patience: float,
) -> dict[str, list[Mapping[str, Any]]]:
    """Return the records by the item's mark, once there are enough, or after the time-out."""
    deadline = time.monotonic() + patience
    while True:
        records: dict[str, list[Mapping[str, Any]]] = {}
        for record in read_stream(aws, pipeline.table):
            key = record["dynamodb"]["Keys"][pipeline.keys[0]]["S"]
            records.setdefault(key.partition(" ")[0], []).append(record)
        enough = all(len(records.get(mark, ())) >= len(ones) for mark, ones in wanted.items())
        if enough or time.monotonic() > deadline:
            return records
        time.sleep(LOOK_SECONDS)


def read_entries(clients: ProofClients, addresses: Sequence[str]) -> dict[str, str | None]:
    """Return the cache's values at these addresses. Bytes that are not text become Base64."""
    origin = clients.access.origin.rstrip("/")
    headers = {"Authorization": clients.access.key}

    def value_at(where: str) -> str | None:
        held = clients.momento.fetch(Request("GET", f"{origin}{where}", headers, ""))
        if held is None:
            return None
        try:
            return held.decode()
        except UnicodeDecodeError:
            return f"base64:{base64.b64encode(held).decode()}"

    with ThreadPoolExecutor(max_workers=READING) as pool:
        return dict(zip(addresses, pool.map(value_at, addresses), strict=True))


def _text(message: Message) -> str:
    if message.text is not None:
        return message.text
    return base64.b64decode(message.binary or "").decode(errors="replace")
