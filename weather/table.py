"""The DynamoDB table of weather records."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from live.aws import Aws, asking_aws
from live.items import Item
from weather.errors import NoRecordError, WeatherError
from weather.records import WeatherRecord, plain, stored


PAGE = 1_000
"""Items in one page of a scan."""


class WeatherTable:
    """Reads and writes weather records.

    Raises:
        LiveError: AWS cannot be reached or refuses; the message says what to do.

    """

    def __init__(self, aws: Aws, name: str) -> None:
        self._name = name
        self._client = aws.client("dynamodb")

    def _asking(self) -> AbstractContextManager[None]:
        return asking_aws(f"table {self._name}")

    def put(self, record: WeatherRecord) -> None:
        """Write a record; it replaces the record of its location."""
        item = as_item(record)
        with self._asking():
            self._client.put_item(TableName=self._name, Item=dict(item))

    def get(self, location: str) -> WeatherRecord | None:
        """Return a location's record by a consistent read; None if there is none."""
        with self._asking():
            answer = self._client.get_item(
                TableName=self._name, Key=_key(location), ConsistentRead=True
            )
        return _record(answer["Item"]) if "Item" in answer else None

    def delete(self, location: str) -> bool:
        """Delete a location's record; return whether there was one."""
        with self._asking():
            answer = self._client.delete_item(
                TableName=self._name, Key=_key(location), ReturnValues="ALL_OLD"
            )
        return "Attributes" in answer

    def list(self, limit: int | None = None) -> list[WeatherRecord]:
        """Return the records by location, up to `limit`; other items are left out."""
        with self._asking():
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._name,
                PaginationConfig={"PageSize": min(limit or PAGE, PAGE)},
            )
            items = (item for page in pages for item in page["Items"])
            found = list(itertools.islice(_records(items), limit))
        return sorted(found, key=lambda record: record.location)


def as_item(record: WeatherRecord) -> Item:
    """Return a record as an item of DynamoDB."""
    numbers = record.shown() | {"TTL": str(record.ttl)}
    if record.written_at is not None:
        numbers["WrittenAt"] = plain(Decimal(str(record.written_at)))
    return {"Location": {"S": record.location}} | {
        name: {"N": value} for name, value in numbers.items()
    }


def _records(items: Iterable[Mapping[str, Any]]) -> Iterator[WeatherRecord]:
    for item in items:
        try:
            yield _record(item)
        except NoRecordError:  # somebody else's item
            continue


def _key(location: str) -> dict[str, dict[str, str]]:
    if any("\ud800" <= one <= "\udfff" for one in location):
        raise WeatherError("the location is no text: it holds half of a character")
    return {"Location": {"S": location}}


def _record(item: Mapping[str, Mapping[str, str]]) -> WeatherRecord:
    return stored({name: next(iter(value.values())) for name, value in item.items()})
