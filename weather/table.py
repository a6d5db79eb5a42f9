"""The DynamoDB table of weather records."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from decimal import Decimal

from live.aws import Aws, asking_aws
from live.items import Item
from live.table import TableClient
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
        self._table = TableClient(aws.client("dynamodb"), name=name, keys=("Location",))

    def _asking(self) -> AbstractContextManager[None]:
        return asking_aws(f"table {self._table.name}")

    def put(self, record: WeatherRecord) -> None:
        """Write a record; it replaces the record of its location."""
        with self._asking():
            self._table.put(as_item(record))

    def get(self, location: str) -> WeatherRecord | None:
        """Return a location's record by a consistent read; None if there is none."""
        with self._asking():
            item = self._table.read(_key(location))
        return None if item is None else _record(item)

    def delete(self, location: str) -> bool:
        """Delete a location's record; return whether there was one."""
        with self._asking():
            return self._table.delete(_key(location))

    def list(self, limit: int | None = None) -> list[WeatherRecord]:
        """Return the records by location, up to `limit`; other items are left out."""
        with self._asking():
            records = list(itertools.islice(self._records(min(limit or PAGE, PAGE)), limit))
        return sorted(records, key=lambda record: record.location)

    def _records(self, page: int) -> Iterator[WeatherRecord]:
        start: Item | None = None
        while True:
            items, start = self._table.items(start=start, size=page)
            for item in items:
                with suppress(NoRecordError):  # somebody else's item
                    yield _record(item)
            if start is None:
                return


def as_item(record: WeatherRecord) -> Item:
    """Return a record as an item of DynamoDB."""
    numbers = record.shown() | {"TTL": str(record.ttl)}
    if record.written_at is not None:
        numbers["WrittenAt"] = plain(Decimal(str(record.written_at)))
    return {"Location": {"S": record.location}} | {
        name: {"N": value} for name, value in numbers.items()
    }


def _key(location: str) -> Item:
    if any("\ud800" <= character <= "\udfff" for character in location):
        raise WeatherError("the location is not text: it holds half of a character")
    return {"Location": {"S": location}}


def _record(item: Mapping[str, Mapping[str, str]]) -> WeatherRecord:
    return stored({name: next(iter(value.values())) for name, value in item.items()})
