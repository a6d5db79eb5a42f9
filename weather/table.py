"""The DynamoDB table of weather records."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
)

from weather.errors import NoRecordError, WeatherError
from weather.records import WeatherRecord, plain, stored
from weather.settings import WeatherSettings, revealed


PAGE = 1_000
"""Items that a scan reads at a time."""
NO_PROFILE = {"profile": (None, None, None, None)}
"""botocore's session variables, without a profile of the environment: the settings have it."""


class Aws:
    """Clients of the AWS services, and their errors in words."""

    def __init__(self, settings: WeatherSettings) -> None:
        with explained(settings):
            self._session = boto3.session.Session(
                botocore_session=botocore.session.Session(session_vars=NO_PROFILE),
                profile_name=settings.aws_profile or None,
                region_name=settings.region,
                aws_access_key_id=settings.aws_access_key_id,
                aws_secret_access_key=revealed(settings.aws_secret_access_key),
                aws_session_token=revealed(settings.aws_session_token),
            )
        self._endpoint = settings.aws_endpoint
        self._config = Config(retries={"max_attempts": 2}, connect_timeout=5, read_timeout=20)

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        """Return a client of a service.

        Raises:
            WeatherError: the endpoint is no URL.

        """
        try:
            return self._session.client(  # type: ignore[call-overload]  # the service is a variable
                service, endpoint_url=self._endpoint, config=self._config
            )
        except ValueError:  # of an endpoint; its own errors are others
            raise WeatherError(
                f"AWS_ENDPOINT_URL is {self._endpoint!r}, which is no URL; take it out for AWS,"
                " ./help.sh up finds its own"
            ) from None


@contextmanager
def explained(settings: WeatherSettings, what: str = "") -> Iterator[None]:
    """Turn what boto3 raises into words with the next step; `what` is asked, else the table."""
    try:
        yield
    except (NoCredentialsError, ProfileNotFound):
        raise WeatherError(
            "AWS takes no credentials from this environment: see 'AWS' in .env.example"
        ) from None
    except EndpointConnectionError:
        raise WeatherError(
            f"nothing answers at {settings.aws_endpoint or 'AWS'}: is it still up (./help.sh up)?"
        ) from None
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code == "ResourceNotFoundException":
            raise WeatherError(
                f"there is no {what or f'table {settings.table}'} in {settings.place}:"
                " ./help.sh deploy creates it, ./help.sh up does on this machine"
            ) from None
        raise WeatherError(f"AWS answers {code}: {message}") from None
    except BotoCoreError as error:
        raise WeatherError(f"AWS cannot be asked: {error}") from None


class WeatherTable:
    """Reads and writes weather records.

    Raises:
        WeatherError: AWS cannot be reached or refuses; the message says what to do.

    """

    def __init__(self, aws: Aws, settings: WeatherSettings) -> None:
        self._settings = settings
        with explained(settings):
            self._client = aws.client("dynamodb")

    def put(self, record: WeatherRecord) -> None:
        """Write a record, in the place of the one its location has."""
        numbers = record.shown() | {"TTL": str(record.ttl)}
        if record.written_at is not None:
            numbers["WrittenAt"] = plain(Decimal(str(record.written_at)))
        item = {name: {"N": value} for name, value in numbers.items()}
        with explained(self._settings):
            self._client.put_item(
                TableName=self._settings.table, Item={"Location": {"S": record.location}, **item}
            )

    def get(self, location: str) -> WeatherRecord | None:
        """Return a location's record, read consistently, or none."""
        with explained(self._settings):
            answer = self._client.get_item(
                TableName=self._settings.table, Key=_key(location), ConsistentRead=True
            )
        return _record(answer["Item"]) if "Item" in answer else None

    def delete(self, location: str) -> bool:
        """Delete a location's record; return whether there was one."""
        with explained(self._settings):
            answer = self._client.delete_item(
                TableName=self._settings.table, Key=_key(location), ReturnValues="ALL_OLD"
            )
        return "Attributes" in answer

    def list(self, limit: int | None = None) -> list[WeatherRecord]:
        """Return the records, or as many as `limit`, by location; others are left out."""
        with explained(self._settings):
            pages = self._client.get_paginator("scan").paginate(
                TableName=self._settings.table,
                PaginationConfig={"PageSize": min(limit or PAGE, PAGE)},
            )
            items = (item for page in pages for item in page["Items"])
            found = list(itertools.islice(_records(items), limit))
        return sorted(found, key=lambda record: record.location)


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
