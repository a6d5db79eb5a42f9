"""The EventBridge connections of an account that send to Momento, and which key each has."""

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from live.aws import DENIED, Aws, asking_aws
from ops.shared.errors import OpsError

HEADER = "Authorization"
USABLE = ("AUTHORIZED", "UPDATING", "AUTHORIZING")


def mark_of(key: str) -> str:
    """Return a text that identifies a key and does not reveal it."""
    return hashlib.sha256(key.encode()).hexdigest()


def listed(ask: Callable[..., Any], member: str) -> Iterator[Any]:
    """Yield the members of all pages; boto3 has no paginator for some operations."""
    more: dict[str, str] = {}
    while True:
        page = ask(**more)
        yield from page[member]
        token = next((name for name in ("NextToken", "nextToken") if page.get(name)), None)
        if token is None:
            return
        more = {token: page[token]}


class Connections:
    """Reads connections and the keys that they store."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def key(self, name: str) -> str | None:
        """Return the key that a connection stores, or None if the connection does not exist.

        Raises:
            LiveError: AWS refuses, or cannot be asked.

        """
        with asking_aws():
            try:
                answer = self._aws.client("events").describe_connection(Name=name)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                return None
            return self._stored(answer["SecretArn"])

    def must_be_usable(self, name: str) -> None:
        """Raise OpsError if EventBridge has de-authorized a connection.

        Raises:
            LiveError: AWS refuses, or cannot be asked.

        """
        with asking_aws():
            answer = self._aws.client("events").describe_connection(Name=name)
        if answer["ConnectionState"] not in USABLE:
            raise OpsError(
                f"{name} is {answer['ConnectionState']}: Momento has refused a key (401 or 407)."
                " Nothing is revoked. Run ./help.sh deploy, then ./help.sh key rotate again"
            )

    def using(self, mark: str) -> tuple[list[str], list[str]]:
        """Return the connections that store a key with this mark, and those that cannot be read.

        Raises:
            LiveError: AWS refuses, or cannot be asked.

        """
        using, unread = [], []
        with asking_aws():
            events = self._aws.client("events")
            for connection in listed(events.list_connections, "Connections"):
                name = connection["Name"]
                answer = events.describe_connection(Name=name)
                header = answer.get("AuthParameters", {}).get("ApiKeyAuthParameters", {})
                if header.get("ApiKeyName") != HEADER:
                    continue
                try:
                    key = self._stored(answer["SecretArn"])
                except ClientError as error:
                    if error.response["Error"]["Code"] not in DENIED:
                        raise
                    unread.append(name)
                    continue
                if key is not None and mark_of(key) == mark:
                    using.append(name)
        return using, unread

    def _stored(self, secret: str) -> str | None:
        answer = self._aws.client("secretsmanager").get_secret_value(SecretId=secret)
        key: str | None = json.loads(answer["SecretString"]).get("api_key_value")
        return key
