"""The EventBridge connections of an account that send to Momento, and which key each has."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from live.aws import DENIED, Aws, asking_aws
from ops.shared.errors import OpsError

HEADER = "Authorization"
USABLE = ("AUTHORIZED", "UPDATING", "AUTHORIZING")


def mark_of(key: str) -> str:
    """Return a text that identifies a key and does not reveal it."""
    return hashlib.sha256(key.encode()).hexdigest()


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
            for name in self._names():
                answer = self._aws.client("events").describe_connection(Name=name)
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

    def _names(self) -> Iterator[str]:
        events = self._aws.client("events")
        more: dict[str, Any] = {}
        while True:
            page = events.list_connections(**more)
            yield from (connection["Name"] for connection in page["Connections"])
            if not page.get("NextToken"):
                return
            more = {"NextToken": page["NextToken"]}

    def _stored(self, secret: str) -> str | None:
        answer = self._aws.client("secretsmanager").get_secret_value(SecretId=secret)
        key: str | None = json.loads(answer["SecretString"]).get("api_key_value")
        return key
