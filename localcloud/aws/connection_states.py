"""Corrections of moto for connections that lose their authorization and get it back.

See AWS: EventBridge User Guide, "De-authorizing connections" and "Connection states".
"""

import json
from typing import Any

from moto.events.exceptions import ResourceNotFoundException
from moto.events.models import (
    Destination,
    EventsBackend,
    events_backends,
    get_secrets_manager_backend,
)
from moto.events.responses import EventsHandler

AUTHORIZED, DEAUTHORIZED = "AUTHORIZED", "DEAUTHORIZED"


def apply() -> None:
    """Correct moto in this process."""
    _update_the_secret()
    _deauthorize()
    _return_the_destinations_state()


def _update_the_secret() -> None:
    """Store a changed API key in the connection's secret, and authorize the connection again."""
    original = EventsBackend.update_connection

    def update_connection(self: EventsBackend, name: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
        original(self, name, **changes)
        connection = self.connections[name]
        if changes.get("auth_parameters"):
            connection.state = AUTHORIZED
        key = ((changes.get("auth_parameters") or {}).get("ApiKeyAuthParameters")) or {}
        names = {"ApiKeyName": "api_key_name", "ApiKeyValue": "api_key_value"}
        if key:
            secrets = get_secrets_manager_backend(self.account_id, self.region_name)
            secret = secrets.secrets[connection.secret_arn]
            version = secret.versions[str(secret.default_version_id)]
            stored = json.loads(version["secret_string"])
            stored |= {names[name]: value for name, value in key.items()}
            version["secret_string"] = json.dumps(stored)
            # DescribeConnection shows the name only ("ConnectionApiKeyAuthResponseParameters").
            shown = {"ApiKeyName": stored["api_key_name"]}
            connection.auth_parameters = {"ApiKeyAuthParameters": shown}
        return connection.describe_short()

    EventsBackend.update_connection = update_connection  # type: ignore[method-assign]  # the correction


def _deauthorize() -> None:
    """Support DeauthorizeConnection, and list connections by state. moto does not.

    AWS also removes the parameters from the secret. Here only the state changes.
    """

    def deauthorize_connection(self: EventsHandler) -> str:
        name = self._get_param("Name")
        connection = self.events_backend.connections.get(name)
        if connection is None:
            raise ResourceNotFoundException(f"Connection '{name}' does not exist.")
        connection.state = DEAUTHORIZED
        return json.dumps(connection.describe_short())

    def list_connections(self: EventsHandler) -> str:
        wanted, prefix = self._get_param("ConnectionState"), self._get_param("NamePrefix") or ""
        connections = [
            connection.describe_short()
            | {
                "Name": connection.name,
                "LastModifiedTime": connection.creation_time,
                "AuthorizationType": connection.authorization_type,
            }
            for connection in self.events_backend.list_connections()
            if wanted in (None, connection.state) and connection.name.startswith(prefix)
        ]
        return json.dumps({"Connections": connections})

    EventsHandler.deauthorize_connection = deauthorize_connection  # type: ignore[attr-defined]  # the correction
    EventsHandler.list_connections = list_connections  # type: ignore[assignment, method-assign]  # the correction


def _return_the_destinations_state() -> None:
    """Return INACTIVE as the state of an API destination whose connection is not authorized."""

    def state(self: Destination) -> str:
        account = self.arn.split(":")[4]
        name = self.connection_arn.partition(":connection/")[2].partition("/")[0]
        connection = events_backends[account][self.region].connections.get(name)
        return "INACTIVE" if connection and connection.state == DEAUTHORIZED else "ACTIVE"

    Destination.state = property(state, lambda *_: None)  # type: ignore[assignment]  # moto sets it once
