"""The execution logs of pipes, written to the pipe's log group at the pipe's level.

See AWS: "Logging Amazon EventBridge Pipes". Entries are collected and written in batches.
"""

import contextlib
import json
import queue
import threading
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from eventpipes import Definition
from eventpipes.outcome import masked
from localcloud.delivery import Delivery

if TYPE_CHECKING:
    from types_boto3_logs import CloudWatchLogsClient

LEVELS = {"OFF": 0, "ERROR": 1, "INFO": 2, "TRACE": 3}
FLUSH_SECONDS = 0.25
BATCH = 500

Entry = tuple[str, str, dict[str, Any]]
"""A log group, a log stream in it, and the entry to write."""


class ExecutionLog:
    """Writes execution logs in its own thread."""

    def __init__(self, client: "CloudWatchLogsClient") -> None:
        self._client = client
        self._entries: queue.SimpleQueue[Entry | None] = queue.SimpleQueue()
        self._streams: set[tuple[str, str]] = set()
        self._thread = threading.Thread(target=self._write_all, name="logs", daemon=True)

    def start(self) -> None:
        """Start to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write the remaining entries, and end."""
        self._entries.put(None)
        self._thread.join()

    def write(self, definition: Definition, delivery: Delivery) -> None:
        """Log a delivery at the pipe's level; filtered records are not logged, as on AWS."""
        group = definition.logging.log_group_arn
        level = LEVELS[definition.logging.level]
        if group is None or level == 0 or delivery.outcome == "filtered":
            return
        name = group.split(":log-group:")[1].removesuffix(":*")
        execution = str(uuid.uuid4())
        for entry in _entries(definition, delivery, execution):
            if LEVELS[entry["logLevel"]] <= level:
                self._entries.put((name, definition.name, entry))

    def _write_all(self) -> None:
        ended = False
        while not ended:
            batch: list[Entry] = []
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

    def _put(self, batch: list[Entry]) -> None:
        by_stream: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for group, stream, entry in batch:
            by_stream.setdefault((group, stream), []).append(entry)
        for (group, stream), entries in by_stream.items():
            try:
                self._create(group, stream)
                self._client.put_log_events(
                    logGroupName=group,
                    logStreamName=stream,
                    logEvents=[
                        {"timestamp": entry["timestamp"], "message": json.dumps(entry)}
                        for entry in entries
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


def _entries(definition: Definition, delivery: Delivery, execution: str) -> list[dict[str, Any]]:
    """Return the log entries of one execution, each with the level at which AWS logs it.

    They hold payloads, requests and responses only if the pipe logs execution data. The payload of
    the first entry is the batch of records, here one record. The payload of the target stage is
    what is sent.
    """
    data = definition.logging.execution_data
    request = delivery.request
    delivered = delivery.outcome in ("delivered", "superseded")  # a later state was sent
    now = int(datetime.now(UTC).timestamp() * 1000)

    def entry(kind: str, level: str, **more: object) -> dict[str, Any]:
        return {
            "resourceArn": definition.arn,
            "timestamp": now,
            "executionId": execution,
            "messageType": kind,
            "logLevel": level,
            **more,
        }

    events = {"payload": json.dumps([delivery.record])} if data else {}
    sent = request.body if request else json.dumps(delivery.event) if delivery.event else ""
    payload = {"payload": sent} if data and sent else {}
    steps = [
        entry("ExecutionStarted", "INFO", **events),
        entry("TargetStageEntered", "INFO", **payload),
    ]
    for attempt in delivery.attempts:
        details: dict[str, object] = {}
        if data and request:
            details["awsRequest"] = {
                "method": request.method,
                "url": request.url,
                "headers": masked(request.headers),
            }
            details["awsResponse"] = attempt.response or attempt.problem
        steps.append(entry("TargetInvocationStarted", "TRACE"))
        if attempt.succeeded:
            steps.append(entry("TargetInvocationSucceeded", "TRACE", **details))
        else:
            details["error"] = {"httpStatusCode": attempt.status, "message": attempt.problem}
            steps.append(entry("TargetInvocationFailed", "ERROR", **details))
    if delivered:
        steps.append(entry("TargetStageSucceeded", "INFO", **payload))
        steps.append(entry("ExecutionSucceeded", "INFO"))
    else:
        error = {"message": delivery.reason}
        steps.append(entry("TargetStageFailed", "ERROR", error=error))
        steps.append(entry("ExecutionFailed", "ERROR", error=error))
    return steps
