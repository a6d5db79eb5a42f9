"""The runner's clients of an AWS API."""

import json
import threading
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config


def local_session(region: str) -> boto3.session.Session:
    """Return a session with the credentials of no real account."""
    return boto3.session.Session(
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - dummy credentials
        region_name=region,
    )


class AwsClients:
    """Creates one client for each service; all threads use it."""

    def __init__(self, endpoint: str, region: str) -> None:
        self._endpoint = endpoint
        self._session = local_session(region)
        self._config = Config(
            max_pool_connections=50, retries={"max_attempts": 2}, connect_timeout=5, read_timeout=60
        )
        self._made: dict[str, Any] = {}
        self._lock = threading.Lock()

    def __call__(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        """Return the client of a service."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._session.client(  # type: ignore[call-overload]  # the service is a variable
                    service, endpoint_url=self._endpoint, config=self._config
                )
            return self._made[service]

    def secret(self, arn: str) -> Mapping[str, Any]:
        """Return a secret of Secrets Manager that is a JSON object."""
        answer = self("secretsmanager").get_secret_value(SecretId=arn)
        secret: Mapping[str, Any] = json.loads(answer["SecretString"])
        return secret

    def close(self) -> None:
        """Close the clients' connections."""
        for client in self._made.values():
            client.close()
