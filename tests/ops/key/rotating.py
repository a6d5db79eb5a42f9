"""A stack's keys on a local Momento and a connection on a local AWS, to be rotated."""

import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from live.aws import Aws
from live.momento.auth import MomentoAuth
from live.momento.client import Momento
from localcloud.applied import client
from localcloud.momento.keys import IssuedKey
from localcloud.momento.service import LocalMomento
from ops.deploy import watch_key
from ops.key import env_file
from ops.key.connections import Connections
from ops.key.momento_names import MomentoNames
from ops.key.progress import ProgressFile
from ops.key.roles import Purpose, purposes
from ops.key.rotate import Rotation
from stacks.settings import Settings
from tests.conftest import ENDPOINT

SENDS, READS = "MOMENTO_API_KEY", "MOMENTO_READ_API_KEY"
REGION = "us-east-1"


@functools.cache
def aws_at(_endpoint: str) -> Aws:
    """Return the clients of the AWS at an endpoint: to make one takes longer than to ask it."""
    return Aws(REGION)


class Rotating:
    """The parts of a rotation; `old` are the former keys of `.env`, by their settings."""

    def __init__(
        self, momento: LocalMomento, aws_endpoint: str, connection: str, names: MomentoNames
    ) -> None:
        self.momento = momento
        self.keys = momento.service.keys
        self.connection = connection
        self.cache = min(names.caches)
        self.both = purposes(Settings(MOMENTO_API_ENDPOINT=ENDPOINT), names)
        self.file = ProgressFile(env_file.path().with_name(".key-rotation-test.json"))
        self.said: list[str] = []
        self._aws = aws_at(aws_endpoint)
        self._events = client("events", aws_endpoint)
        self.old = {one.setting: self._made(one) for one in self.both}
        env_file.write({name: key.secret for name, key in self.old.items()})
        self.update(self.old[SENDS].secret)
        self.watch_secret = f"{connection}-watch-key"
        self._secrets = client("secretsmanager", aws_endpoint)
        self._secrets.create_secret(Name=self.watch_secret)
        self.give_watch(self.old[READS].secret)

    def _made(self, purpose: Purpose) -> IssuedKey:
        role = self.keys.new_role(purpose.role_name, {"rules": [*purpose.rules]})
        return self.keys.new_key(role.role_id, "the old one", None)

    def update(self, key: str) -> None:
        """Give the connection a key, as a deployment does."""
        parameters = {"ApiKeyName": "Authorization", "ApiKeyValue": key}
        self._events.update_connection(
            Name=self.connection, AuthParameters={"ApiKeyAuthParameters": parameters}
        )

    def give_watch(self, key: str) -> None:
        """Give the secret of the watch a key, as a deployment and a rotation do."""
        watch_key.write(self._aws, [self.watch_secret], key)

    def of_the_watch(self) -> str:
        """Return the key that the watch reads with."""
        found: str = self._secrets.get_secret_value(SecretId=self.watch_secret)["SecretString"]
        return found

    def deauthorize(self) -> None:
        """De-authorize the connection, as a 401 does."""
        self._events.deauthorize_connection(Name=self.connection)

    def state(self) -> str:
        """Return the connection's state."""
        found: str = self._events.describe_connection(Name=self.connection)["ConnectionState"]
        return found

    def rotate(
        self,
        *,
        deploy: Callable[[str], None] | None = None,
        stop: threading.Event | None = None,
        grace: float = 0.0,
        **changes: Any,
    ) -> None:
        """Run a rotation, or continue an interrupted one."""
        owner = next(iter(self.keys.keys.values()))
        with Momento(redirect=self.momento.endpoint, timeout=60) as momento:
            Rotation(
                **{
                    "stack": "weather",
                    "auth": MomentoAuth(momento, owner.secret, per_second=10_000),
                    "momento": momento,
                    "origin": self.momento.endpoint,
                    "cache": self.cache,
                    "both": self.both,
                    "file": self.file,
                    "deployed": Connections(self._aws),
                    "connections": [self.connection],
                    "deploy": deploy or self.update,
                    "give_watch": self.give_watch,
                    "admin_id": owner.key_id,
                    "days": 90,
                    "grace": grace,
                    "say": self.said.append,
                    "stop": stop or threading.Event(),
                    **changes,
                }
            ).run()

    def secrets(self, purpose: Purpose) -> list[str]:
        """Return the texts of the account's keys for a purpose."""
        ids = {one.role_id for one in self.keys.roles.values() if one.name == purpose.role_name}
        return [key.secret for key in self.keys.keys.values() if key.role_id in ids]

    def must_be_done(self) -> None:
        """Check that each purpose has only its new key, and that the new keys are in place."""
        for purpose in self.both:
            (new,) = self.secrets(purpose)
            assert new != self.old[purpose.setting].secret
            assert env_file.read(purpose.setting) == new
            assert new not in "".join(self.said)
        assert self.deployed() == self.secrets(self.both[0])[0]
        assert self.of_the_watch() == self.secrets(self.both[1])[0]
        assert not self.file.path.exists()

    def deployed(self) -> str | None:
        """Return the key that the connection stores."""
        return Connections(self._aws).key(self.connection)


def in_folder(path: Path) -> str:
    """Return the path of a folder's `.env`, which exists."""
    file = path / ".env"
    file.write_text(f"MOMENTO_API_ENDPOINT={ENDPOINT}\n")
    return str(file)
