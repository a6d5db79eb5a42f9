"""The pipes' execution logs, from now on.

At the level ERROR a log has the attempts that failed and the executions that failed; at INFO also
the beginnings and ends of executions, with the records if the pipes log execution data; at TRACE
also the attempts that succeeded. No log says that a pipe waits, or that it gives up. So each failed
execution ends as a dead letter; if its record begins again, the attempts are counted on.

See AWS: "Logging Amazon EventBridge Pipes performance", "EventBridge Pipes execution steps" and
"EventBridge Pipes log schema reference".
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from live.aws import Aws, asking_aws
from live.step import Step, Steps

LOG_SECONDS = 2.0
"""How often the logs are read."""
LATE_MILLISECONDS = 60_000
UNFINISHED = 1_000
"""How many executions without an end are remembered at most."""
AGAIN: Final = {
    "ExecutionPartiallyFailed": "part of the batch failed, and the pipe sends that part again",
    "ExecutionThrottled": "AWS throttles the pipe",
    "ExecutionTimeout": "the execution took too long",
}
"""What ends an execution without an end of its records, and what the pipe waits for."""


@dataclass
class _Execution:
    """What is known of an execution that has not ended."""

    id: str
    pipe: str
    started: float
    records: Sequence[Mapping[str, Any]] = ({},)
    attempts: int = 0
    began: float | None = None
    logged: dict[str, Any] = field(default_factory=dict)


class ExecutionLogs(Steps):
    """The execution logs in a log group."""

    def __init__(self, aws: Aws, log_group: str) -> None:
        self._log_group = log_group
        self._client = aws.client("logs")
        self._since = int(time.time() * 1000)
        self._seen: dict[str, int] = {}
        self._begun: dict[str, _Execution] = {}
        self._tried: dict[tuple[str, str], int] = {}
        self._numbers = count(1)

    def steps(self, stop: threading.Event) -> Iterator[Step | None]:
        """Yield each step once it is in the log."""
        while not stop.is_set():
            for entry in self._new_entries():
                yield from self._steps(entry)
            yield None
            stop.wait(LOG_SECONDS)

    def _new_entries(self) -> list[dict[str, Any]]:
        """Return the entries that were not read before, by their time."""
        with asking_aws(f"log group {self._log_group}"):
            pages = self._client.get_paginator("filter_log_events").paginate(
                logGroupName=self._log_group, startTime=self._since
            )
            events = {event["eventId"]: event for page in pages for event in page["events"]}
        entries = [json.loads(events[name]["message"]) for name in events if name not in self._seen]
        self._seen |= {name: event["timestamp"] for name, event in events.items()}
        # Events arrive late and out of order: the last minute is read again.
        newest = max(self._seen.values(), default=0)
        self._since = max(self._since, newest - LATE_MILLISECONDS)
        self._seen = {name: when for name, when in self._seen.items() if when >= self._since}
        return sorted(entries, key=lambda entry: entry["timestamp"])

    def _steps(self, entry: Mapping[str, Any]) -> Iterator[Step]:
        execution, at = self._execution(entry), entry["timestamp"] / 1000
        kind, error = entry["messageType"], entry.get("error") or {}
        if kind == "ExecutionStarted":
            execution.records = _records(entry.get("payload"))
            execution.attempts = max(self._tried.get(place, 0) for place in _places(execution))
            yield from self._each(execution, "read", at)
        elif entry.get("payload"):
            execution.logged["payload"] = entry["payload"]
        for name in ("awsRequest", "awsResponse"):
            if entry.get(name):
                execution.logged[name] = entry[name]
        if kind == "TargetInvocationStarted":
            execution.began = at
        elif kind in ("TargetInvocationSucceeded", "TargetInvocationFailed"):
            yield from self._attempt(execution, entry, at)
        elif kind in AGAIN:
            self._end(execution, entry)
            why = f"{AGAIN[kind]}: {error.get('message', '')}".removesuffix(": ")
            yield from self._each(
                execution, "waiting", at, attempt=execution.attempts, most=None, until=None, why=why
            )
        elif kind in ("ExecutionSucceeded", "ExecutionFailed"):
            self._end(execution, entry)
            yield from self._each(
                execution,
                "ended",
                at,
                outcome="delivered" if kind == "ExecutionSucceeded" else "dead-letter",
                reason=error.get("message", ""),
                seconds=at - execution.started,
                logged=execution.logged or None,
            )

    def _end(self, execution: _Execution, entry: Mapping[str, Any]) -> None:
        """Forget an execution. If it has failed, keep its number of attempts."""
        self._begun.pop(execution.id)
        for place in _places(execution):
            self._tried.pop(place, None)
            if entry["messageType"] != "ExecutionSucceeded" and place[1]:
                self._tried[place] = execution.attempts
        _keep_last(self._tried)

    def _execution(self, entry: Mapping[str, Any]) -> _Execution:
        id_ = entry["executionId"]
        if id_ not in self._begun:
            pipe = entry["resourceArn"].rsplit("/", 1)[1]
            self._begun[id_] = _Execution(id_, pipe, entry["timestamp"] / 1000)
        _keep_last(self._begun)
        return self._begun[id_]

    def _attempt(
        self, execution: _Execution, entry: Mapping[str, Any], at: float
    ) -> Iterator[Step]:
        """Yield an attempt; without the level TRACE its beginning is not known."""
        execution.attempts += 1
        error = entry.get("error") or {}
        began, execution.began = execution.began, None
        yield from self._each(
            execution,
            "attempt",
            at,
            attempt=execution.attempts,
            most=None,
            state=None,
            request=_request(entry.get("awsRequest"), execution.logged.get("payload")),
            status=error.get("httpStatusCode"),
            succeeded=entry["messageType"] == "TargetInvocationSucceeded",
            problem=error.get("message", ""),
            response=_text(entry.get("awsResponse")),
            began=began,
            seconds=None if began is None else at - began,
        )

    def _each(self, execution: _Execution, kind: str, at: float, **more: Any) -> Iterator[Step]:  # noqa: ANN401 - any JSON
        """Yield a step for each record of an execution; for one if none is known."""
        for record in execution.records:
            change = record.get("dynamodb", {})
            yield {
                "number": next(self._numbers),
                "kind": kind,
                "pipe": execution.pipe,
                "execution": execution.id,
                "event_id": record.get("eventID", ""),
                "event_name": record.get("eventName", ""),
                "sequence_number": change.get("SequenceNumber", ""),
                "keys": change.get("Keys", {}),
                "created": change.get("ApproximateCreationDateTime"),
                "at": at,
                "record": record or None,
                **more,
            }


def _places(execution: _Execution) -> list[tuple[str, str]]:
    """Return the pipe with the sequence number of each record."""
    numbers = [record.get("dynamodb", {}).get("SequenceNumber", "") for record in execution.records]
    return [(execution.pipe, number) for number in numbers]


def _keep_last(remembered: dict[Any, Any]) -> None:
    while len(remembered) > UNFINISHED:
        remembered.pop(next(iter(remembered)))


def _records(payload: object) -> list[Mapping[str, Any]]:
    """Return the records in the payload of an execution's first step: a batch, or one record.

    A payload without records counts as one empty record, because the execution is one delivery.
    """
    try:
        value = json.loads(payload) if isinstance(payload, str) else payload
    except ValueError:
        return [{}]
    values = value if isinstance(value, list) else [value]
    return [record for record in values if isinstance(record, dict) and "dynamodb" in record] or [
        {}
    ]


def _request(logged: object, body: object) -> Step | None:
    """Return a logged request in the form of the feed's; AWS logs it as an object or as text."""
    try:
        request = json.loads(logged) if isinstance(logged, str) else logged
    except ValueError:
        return None
    if not isinstance(request, Mapping) or "method" not in request:
        return None  # a state machine's, for example
    return {
        "method": request.get("method", ""),
        "url": request.get("url") or request.get("endpoint", ""),
        "headers": request.get("headers", {}),
        "body": request.get("body") or _text(body),
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value) if value is not None else ""
