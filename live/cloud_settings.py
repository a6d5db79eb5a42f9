"""The settings of the stack, at the cloud that a command works on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from live import cloud
from live.errors import LiveError
from live.momento.client import Access
from stacks.settings import Settings, SettingsError

NO_CLOUD = "\nno local cloud is up either: ./help.sh up in another terminal starts one"


@dataclass(frozen=True, kw_only=True)
class CloudSettings:
    """The stack's settings, which have a key to read Momento with, and the cloud's environment."""

    stack: Settings
    env: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, *, aws: bool = False) -> Self:
        """Enter the cloud (see `live.cloud`), and read the environment and `.env` there.

        With `aws`, a local cloud is ignored.

        Raises:
            LiveError: a setting is missing or wrong.

        """
        cloud.enter(aws=aws)
        try:
            stack = Settings.load()
        except SettingsError as error:
            raise _without_cloud(str(error), aws=aws) from None
        if stack.reading_api_key is None:
            raise _without_cloud("MOMENTO_API_KEY is not set: put it in .env", aws=aws)
        return cls(stack=stack, env=dict(os.environ))

    @property
    def is_local(self) -> bool:
        """Whether the cloud is a local cloud."""
        return bool(self.env.get("AWS_ENDPOINT_URL"))

    @property
    def cloud(self) -> str:
        """The name of the cloud for people."""
        return cloud.name(self.env, region=self.stack.region)

    def access(self, endpoint: str = "") -> Access:
        """Return where to read what is at an endpoint of Momento, and the API key to read with.

        Without an endpoint, it is that of the settings. The local cloud has its own Momento.
        """
        parts = urlsplit(endpoint)
        own = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
        key = self.stack.reading_api_key
        return Access(
            origin=cloud.momento_origin(self.env, own or self.stack.momento_api_endpoint),
            key=key.get_secret_value() if key else "",
        )


def _without_cloud(problem: str, *, aws: bool) -> LiveError:
    missing = "is not set" in problem and not aws and not os.environ.get("AWS_ENDPOINT_URL")
    return LiveError(problem + NO_CLOUD if missing else problem)
