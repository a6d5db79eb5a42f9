"""Records that are no longer in the stream, read from the pipe's execution log.

A pipe's dead letter has a place in the stream and no key. If the pipe logs execution data, the
payload of an execution's first step has the records ("EventBridge Pipes log schema reference").
The log group's retention limits how long they can be read.
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
"""The longest time between a record's arrival and its log entry, because clocks may differ."""


class LoggedRecords:
    """Finds records in the pipes' log group."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401 - a boto3 client
        self._client = client

    def records(self, pipe: Definition, letter: DeadLetter) -> list[Mapping[str, Any]]:
        """Return a letter's records from a log entry with all of them, or an empty list."""
        group = pipe.logging.log_group_arn
        if group is None or not pipe.logging.execution_data:
            return []
        try:
            for message in self._messages(group, letter):
                records = _between(_records(message), letter.first, letter.last)
                if records:
                    return records
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return []  # the log group does not exist
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
    """Return the records from `first` to `last`, or an empty list if one of both is missing."""
    between = {}
    for record in records:
        number = record["dynamodb"].get("SequenceNumber", "") if is_record(record) else ""
        if number.isdecimal() and int(first) <= int(number) <= int(last):
            between[number] = record
    return list(between.values()) if {first, last} <= between.keys() else []


def _records(message: str) -> Iterator[Mapping[str, Any]]:
    """Yield the records in a log entry. The entry is JSON, and its payload is JSON text."""
    try:
        payload = json.loads(json.loads(message)["payload"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    for record in payload if isinstance(payload, list) else [payload]:
        if isinstance(record, dict):
            yield record


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
