"""What the pipes did with each record: from the local cloud's feed, or from AWS's logs.

The feed has everything. The execution logs have the records that passed a filter, with their
payloads where the pipes log execution data (AWS: "Logging Amazon EventBridge Pipes").
"""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import httpx

from live.aws import Aws, asking_aws
from live.errors import LiveError

LOG_SECONDS = 2.0
"""How often the logs are read."""
LONG_POLL_SECONDS = 30.0
UNFINISHED = 1_000
"""How many executions without an end are remembered at most."""

FEED = "PIPE_DELIVERIES_URL"
"""The variable that names the local cloud's feed."""
Delivery = dict[str, Any]
"""pipe, event_name, keys, outcome, reason, seconds; and if the source has them: record, filters,
template, request (method, url, headers, body) and attempts (status, response, seconds)."""


class Deliveries(Protocol):
    """Yields deliveries until stopped, and None after each successful read.

    Raises:
        LiveError: the source cannot be read; the next call of `follow` goes on from there.

    """

    def follow(self, stop: threading.Event) -> Iterator[Delivery | None]:
        """Yield what the pipes do."""


def deliveries(aws: Aws, *, feed: str | None, log_group: str) -> Deliveries:
    """Return the feed at a URL, if there is one; otherwise the execution logs of a log group."""
    return Feed(feed) if feed else ExecutionLogs(aws, log_group)


class Feed:
    """The local cloud's feed (`localcloud.feed`)."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._after = 0
        self._http = httpx.Client(timeout=LONG_POLL_SECONDS, trust_env=False)

    def follow(self, stop: threading.Event) -> Iterator[Delivery | None]:
        """Yield what the pipes did before and do from now on."""
        while not stop.is_set():
            yield from self.items()
            yield None

    def items(self) -> Iterator[Delivery]:
        """Yield the deliveries since the last call; wait until there is one.

        Raises:
            LiveError: the local cloud does not answer.

        """
        try:
            answer = self._http.get(self._url, params={"after": self._after})
            items = answer.raise_for_status().json()["items"]
        except httpx.HTTPError as error:
            raise LiveError(f"the local cloud does not answer: {error}") from None
        for item in items:
            self._after = item["number"]
            yield item

    def close(self) -> None:
        """Close the connection."""
        self._http.close()


class ExecutionLogs:
    """The pipes' execution logs, from now on."""

    def __init__(self, aws: Aws, log_group: str) -> None:
        self._log_group = log_group
        self._client = aws.client("logs")
        self._since = int(time.time() * 1000)
        self._seen: dict[str, int] = {}
        self._begun: dict[str, dict[str, Any]] = {}

    def follow(self, stop: threading.Event) -> Iterator[Delivery | None]:
        """Yield each execution once its end is in the log."""
        while not stop.is_set():
            for entry in self._new_entries():
                yield from self._delivery(entry)
            yield None
            stop.wait(LOG_SECONDS)

    def _new_entries(self) -> list[dict[str, Any]]:
        with asking_aws(f"log group {self._log_group}"):
            pages = self._client.get_paginator("filter_log_events").paginate(
                logGroupName=self._log_group, startTime=self._since
            )
            found = {event["eventId"]: event for page in pages for event in page["events"]}
        entries = [json.loads(found[name]["message"]) for name in found if name not in self._seen]
        self._seen |= {name: event["timestamp"] for name, event in found.items()}
        # Events arrive late and out of order: the last minute is read again.
        self._since = max(self._since, max(self._seen.values(), default=0) - 60_000)
        self._seen = {name: when for name, when in self._seen.items() if when >= self._since}
        return entries

    def _delivery(self, entry: Mapping[str, Any]) -> Iterator[Delivery]:
        execution = entry["executionId"]
        begun = self._begun.setdefault(execution, {"timestamp": entry["timestamp"]})
        while len(self._begun) > UNFINISHED:
            self._begun.pop(next(iter(self._begun)))
        kind = entry["messageType"]
        if kind == "ExecutionStarted":
            begun["records"] = _records(entry.get("payload"))
        elif entry.get("payload"):
            begun["payload"] = entry["payload"]
        for name in ("awsRequest", "awsResponse"):
            if entry.get(name):
                begun[name] = entry[name]
        if kind not in ("ExecutionSucceeded", "ExecutionFailed"):
            return
        self._begun.pop(execution)
        records, started = begun.pop("records", [{}]), begun.pop("timestamp")
        for record in records:
            dynamodb = record.get("dynamodb", {})
            yield {
                "pipe": entry["resourceArn"].rsplit("/", 1)[1],
                "event_name": record.get("eventName", ""),
                "keys": dynamodb.get("Keys", {}),
                "sequence_number": dynamodb.get("SequenceNumber", ""),
                "outcome": "delivered" if kind == "ExecutionSucceeded" else "dead-letter",
                "reason": entry.get("error", {}).get("message", ""),
                "seconds": (entry["timestamp"] - started) / 1000,
                "record": record or None,
                "logged": begun or None,
            }


def _records(payload: object) -> list[Mapping[str, Any]]:
    """Return the records in the payload of an execution's first step: a batch, or one record.

    A payload without records counts as one empty record, because the execution is one delivery.
    """
    try:
        value = json.loads(payload) if isinstance(payload, str) else payload
    except ValueError:
        return [{}]
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict) and "dynamodb" in one] or [{}]
