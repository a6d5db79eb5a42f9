"""Connections that are de-authorized by a 401 or 407 of a destination, as in EventBridge.

See AWS: EventBridge User Guide, "De-authorizing connections". After a 401 or 407, a connection with
an API key has no authorization until it is updated. The guide's table of error codes says that
both are retried. So a record is retried, but nothing is sent until the connection is authorized
again.
"""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from eventpipes.definition import Connection, Definition
from eventpipes.deployed import ReadSecret

DEAUTHORIZES = frozenset({401, 407})
DEAUTHORIZED = "DEAUTHORIZED"


@dataclass(frozen=True)
class Authorization:
    """The authorization of one connection."""

    connection: Connection
    owner: "Authorizations"

    @property
    def problem(self) -> str:
        """Why nothing may be sent, or "" if requests may be sent."""
        name = self.connection.name
        if name not in self.owner.deauthorized:
            return ""
        return (
            f"the connection {name} is {DEAUTHORIZED}: give it a valid API key (UpdateConnection)"
        )

    def refused(self) -> None:
        """Handle a 401 or a 407."""
        with contextlib.suppress(BotoCoreError, ClientError):  # the next 401 or 407 tries again
            self.owner.refuse(self.connection)


class Authorizations:
    """The states of all connections in the AWS API; `refresh` reads them.

    `deauthorized` are the names of those that have lost their authorization.
    """

    def __init__(self, client: Callable[[str], Any], read_secret: ReadSecret) -> None:
        self._client = client
        self._read_secret = read_secret
        self.deauthorized: set[str] = set()
        self._lock = threading.Lock()

    def of(self, connection: Connection) -> Authorization:
        """Return the authorization of a connection."""
        return Authorization(connection, self)

    def refresh(self) -> None:
        """Read from the AWS API which connections have lost their authorization."""
        events = self._client("events")
        with self._lock:
            answer = events.list_connections(ConnectionState=DEAUTHORIZED)
            names = {connection["Name"] for connection in answer["Connections"]}
            while token := answer.get("NextToken"):
                answer = events.list_connections(ConnectionState=DEAUTHORIZED, NextToken=token)
                names |= {connection["Name"] for connection in answer["Connections"]}
            self.deauthorized = names

    def refuse(self, connection: Connection) -> None:
        """De-authorize a connection, unless it got another key in the meantime."""
        events = self._client("events")
        with self._lock:
            if connection.name in self.deauthorized:
                return
            described = events.describe_connection(Name=connection.name)
            key = self._read_secret(described["SecretArn"]).get("api_key_value")
            if key not in connection.headers.values():
                return
            events.deauthorize_connection(Name=connection.name)
            now = self._read_secret(described["SecretArn"])
            if now.get("api_key_value") == key:
                self.deauthorized = self.deauthorized | {connection.name}
                return
            own = {"ApiKeyName": now["api_key_name"], "ApiKeyValue": now["api_key_value"]}
            events.update_connection(  # it got another key at the same time: keep that key
                Name=connection.name, AuthParameters={"ApiKeyAuthParameters": own}
            )


def secrets_of(definition: Definition) -> list[str]:
    """Return the values of the connections' headers, which `repr` does not show."""
    machine = definition.state_machine
    connections = [
        definition.destination.connection,
        *(machine.connections.values() if machine else ()),
    ]
    return [value for connection in connections for value in connection.headers.values()]
