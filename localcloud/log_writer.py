"""Write log entries to the local log groups, in batches and in another thread."""

import contextlib
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient

FLUSH_SECONDS = 0.25
BATCH = 500
MAX_BYTES = 1_048_576
"""The most bytes of a PutLogEvents request, with 26 bytes more for each entry."""


@dataclass(frozen=True)
class LogEntry:
    """An entry and its place; `at` is in milliseconds."""

    group: str
    stream: str
    at: int
    message: str

    @property
    def size(self) -> int:
        """The bytes that PutLogEvents counts."""
        return len(self.message.encode()) + 26


class LogWriter:
    """Writes entries. Any thread may `put` an entry. Without its log group, an entry is lost."""

    def __init__(self, client: "CloudWatchLogsClient") -> None:
        self._client = client
        self._entries: queue.SimpleQueue[LogEntry | None] = queue.SimpleQueue()
        self._streams: set[tuple[str, str]] = set()
        self._thread = threading.Thread(target=self._write_all, name="logs", daemon=True)

    def start(self) -> None:
        """Start to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write the remaining entries, and end."""
        self._entries.put(None)
        self._thread.join()

    def put(self, entry: LogEntry) -> None:
        """Write an entry soon."""
        self._entries.put(entry)

    def _write_all(self) -> None:
        ended = False
        while not ended:
            batch: list[LogEntry] = []
            while len(batch) < BATCH:
                try:
                    entry = self._entries.get(timeout=FLUSH_SECONDS)
                except queue.Empty:
                    break
                if entry is None:
                    ended = True
                    break
                batch.append(entry)
            self._put(batch)

    def _put(self, batch: list[LogEntry]) -> None:
        by_stream: dict[tuple[str, str], list[LogEntry]] = {}
        for entry in batch:
            by_stream.setdefault((entry.group, entry.stream), []).append(entry)
        for (group, stream), entries in by_stream.items():
            try:
                self._create(group, stream)
                for part in _parts(entries):
                    self._client.put_log_events(
                        logGroupName=group,
                        logStreamName=stream,
                        logEvents=[
                            {"timestamp": entry.at, "message": entry.message} for entry in part
                        ],
                    )
            except (BotoCoreError, ClientError):
                self._streams.discard((group, stream))  # the group may have been destroyed

    def _create(self, group: str, stream: str) -> None:
        if (group, stream) in self._streams:
            return
        with contextlib.suppress(self._client.exceptions.ResourceAlreadyExistsException):
            self._client.create_log_stream(logGroupName=group, logStreamName=stream)
        self._streams.add((group, stream))


def _parts(entries: Sequence[LogEntry]) -> Iterator[list[LogEntry]]:
    """Yield the entries in parts, each small enough for one request."""
    part: list[LogEntry] = []
    size = 0
    for entry in entries:
        if part and size + entry.size > MAX_BYTES:
            yield part
            part, size = [], 0
        part.append(entry)
        size += entry.size
    if part:
        yield part
