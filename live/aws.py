"""Clients of the AWS services, and explanations of their errors."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
)

from live.errors import LiveError

CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 8},
    max_pool_connections=50,
    connect_timeout=5,
    read_timeout=20,
)
"""DynamoDB Streams allows only a few reads a second; boto3 tries a throttled read again."""
QUICK = CONFIG.merge(
    Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=3)
)
"""For what somebody looks at, and would rather know that AWS does not answer."""
BRIEF = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 2}, read_timeout=10))
"""For many questions one after the other, of which each may fail."""
ONE_HOST = Config(inject_host_prefix=False)
"""A local cloud has one host. AWS has another host for some calls, such as TestState."""
DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
GONE = ("NotFoundException", "ResourceNotFoundException")
UNANSWERED = (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)


def once(seconds: float) -> Config:
    """Return the configuration of clients that ask once, and wait for `seconds` at most."""
    return Config(connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 1})


class Aws:
    """Makes the clients of a region. All clients are made here.

    The process's environment chooses the cloud (`live.cloud`).
    """

    def __init__(self, region: str, config: Config = CONFIG) -> None:
        self._region = region
        self._config = config
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        """Return the client of a service; all threads may use it.

        Raises:
            LiveError: the profile is unknown, or AWS_ENDPOINT_URL is not a URL.

        """
        with self._lock, asking_aws():
            if service not in self._clients:
                local = bool(os.environ.get("AWS_ENDPOINT_URL"))
                config = self._config.merge(ONE_HOST) if local else self._config
                try:
                    self._clients[service] = boto3.client(  # type: ignore[call-overload]  # the service is a variable
                        service, region_name=self._region, config=config
                    )
                except ValueError:  # the only reason is an endpoint that is not a URL
                    raise LiveError(
                        f"AWS_ENDPOINT_URL is {os.environ.get('AWS_ENDPOINT_URL')!r}, which is not"
                        " a URL; remove it to use AWS (the local cloud does not need it)"
                    ) from None
            return self._clients[service]

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()


@contextmanager
def asking_aws(absent: str = "") -> Iterator[None]:
    """Explain an error of AWS. `absent` is the name of the resource if AWS may not find it.

    Raises:
        LiveError: credentials or a permission are missing, or AWS failed.

    """
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise _explained(error, absent) from None


def fatal(error: BotoCoreError | ClientError) -> LiveError | None:
    """Return the explanation of an error that all other requests would have too, or None."""
    if isinstance(error, ClientError) and error.response["Error"]["Code"] not in DENIED:
        return None
    return _explained(error)


def _explained(error: BotoCoreError | ClientError, absent: str = "") -> LiveError:
    if isinstance(error, NoCredentialsError | ProfileNotFound):
        return LiveError(
            f"AWS cannot be asked: {error}; check the credentials, see 'AWS' in .env.example"
        )
    if isinstance(error, UNANSWERED):
        there = os.environ.get("AWS_ENDPOINT_URL") or "AWS"
        return LiveError(f"nothing answers at {there}: is it still up (./help.sh up)? {error}")
    if not isinstance(error, ClientError):
        return LiveError(
            f"AWS cannot be asked: {error}; check the credentials and AWS_REGION (see .env.example)"
        )
    code = error.response["Error"]["Code"]
    if absent and code in GONE:
        return LiveError(
            f"there is no {absent}: create it with ./help.sh deploy, or locally with ./help.sh up"
        )
    if code in DENIED:
        return LiveError(f"AWS refused: {error}; docs/replay.md lists the rights that this needs")
    return LiveError(
        f"AWS answered: {error}; check the credentials, NAME_PREFIX and AWS_REGION"
        " (see .env.example)"
    )
