"""What became of changes, by operation: from the pipes' execution logs, or the local cloud's feed.

Rules of an event bus write no execution logs, so that where a stack has a bus, what its rules did
is read from the feed, which only the local cloud has.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import boto3
import httpx

from ops.errors import OpsError
from live.pipelines import OPERATIONS

DELIVERED = "delivered"
PATIENCE_SECONDS = 30.0
"""Longer than the feed waits for something to tell."""
FEED = "PIPE_DELIVERIES_URL"
OPERATION = re.compile(rf"({'|'.join(OPERATIONS)})-(?:pipe|rule)$")


class Told(Protocol):
    """Tells how deliveries ended."""

    def read(self, found: dict[str, str]) -> None:
        """Add what was told since the last look: an outcome by operation."""


def told(outputs: Mapping[str, Any], env: Mapping[str, str]) -> Told:
    """Return who tells of a deployed stack, by its outputs.

    Raises:
        OpsError: it has a bus, and this is not the local cloud.

    """
    if any(OPERATION.search(arn) for arn in outputs["pipe_arns"]["value"].values()):
        return ExecutionLogs(outputs["log_group_name"]["value"], env["AWS_REGION"])
    if FEED not in env:
        raise OpsError("rules of an event bus write no logs; try TOPOLOGY=bus on the local cloud")
    return Feed(env[FEED])


class ExecutionLogs:
    """The pipes' execution logs (AWS: "Logging Amazon EventBridge Pipes")."""

    def __init__(self, group: str, region: str) -> None:
        self._group = group
        self._logs = boto3.client("logs", region_name=region)
        self._read: set[str] = set()

    def read(self, found: dict[str, str]) -> None:
        """Add what was told since the last look."""
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=self._group, PaginationConfig={"PageSize": 1000}
        )
        for event in (event for page in pages for event in page["events"]):
            if event["eventId"] in self._read:
                continue
            self._read.add(event["eventId"])
            entry = json.loads(event["message"])
            operation = _operation(event["logStreamName"])
            if entry["messageType"] == "ExecutionSucceeded":
                found[operation] = DELIVERED
            elif entry["messageType"] == "ExecutionFailed":
                found[operation] = reason(entry["error"]["message"])


class Feed:
    """The local cloud's feed of deliveries."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS)
        self._number = 0

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def items(self) -> Iterator[Mapping[str, Any]]:
        """Yield the deliveries since the last look, which waits for something to be told."""
        answer = self._http.get(self._url, params={"after": self._number})
        for item in answer.raise_for_status().json()["items"]:
            self._number = item["number"]
            yield item

    def read(self, found: dict[str, str]) -> None:
        """Add what was told since the last look, which waits for something to be told."""
        for item in self.items():
            if OPERATION.search(item["pipe"]) and item["outcome"] != "filtered":
                done = item["outcome"] == DELIVERED
                found[_operation(item["pipe"])] = DELIVERED if done else reason(item["reason"])


def _operation(name: str) -> str:
    match = OPERATION.search(name)
    return match[1] if match else name


def reason(message: str) -> str:
    """Return the HTTP status that a message is about, or else all of it."""
    status = re.search(r"HTTP \d+", message)
    return status[0] if status else message
