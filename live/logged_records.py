"""Records that have left the stream, read from the pipe's execution log.

A pipe's dead letter holds a place in the stream and no key. Where a pipe logs execution data, the
payload of an execution's first step holds the records ("EventBridge Pipes log schema reference"),
for as long as the log group keeps them.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from eventpipes import Definition
from live.dead_letters import DeadLetter
from live.items import is_record

BEFORE = timedelta(minutes=10)
AFTER = timedelta(hours=25)
"""When a record can have been logged, before and after its arrival; clocks may differ."""


class LoggedRecords:
    """Finds records in the pipes' log group."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client

    def records(self, pipe: Definition, letter: DeadLetter) -> list[Mapping[str, Any]]:
        """Return a letter's records, from the entry of an execution with all of them; else none."""
        group = pipe.logging.log_group_arn
        if group is None or not pipe.logging.execution_data:
            return []
        try:
            for message in self._messages(group, letter):
                found = _between(_records(message), letter.first, letter.last)
                if found:
                    return found
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return []  # the log group is gone
            raise
        return []

    def _messages(self, group: str, letter: DeadLetter) -> Iterator[str]:
        around: dict[str, int] = {}
        if letter.arrived is not None:
            around = {
                "startTime": _milliseconds(letter.arrived - BEFORE),
                "endTime": _milliseconds(letter.arrived + AFTER),
            }
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=group.partition(":log-group:")[2].removesuffix(":*"),
            filterPattern=f'"{letter.first}"',
            **around,
        )
        for page in pages:
            for event in page["events"]:
                yield event["message"]


def _between(
    records: Iterator[Mapping[str, Any]], first: str, last: str
) -> list[Mapping[str, Any]]:
    """Return the records from one number to another; none unless both are there."""
    found = {}
    for record in records:
        number = record["dynamodb"].get("SequenceNumber", "") if is_record(record) else ""
        if number.isdecimal() and int(first) <= int(number) <= int(last):
            found[number] = record
    return list(found.values()) if {first, last} <= found.keys() else []


def _records(message: str) -> Iterator[Mapping[str, Any]]:
    """Yield the records in a log entry's payload, which is JSON in JSON."""
    try:
        payload = json.loads(json.loads(message)["payload"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    for one in payload if isinstance(payload, list) else [payload]:
        if isinstance(one, dict):
            yield one


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
