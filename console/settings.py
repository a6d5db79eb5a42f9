"""The settings of the stack, at the cloud that the page works on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from console.errors import ConsoleError
from live.deliveries import FEED
from live.errors import LiveError
from live.momento import Access
from live.cloud import name, settings_there
from stacks.settings import Settings


@dataclass(frozen=True, kw_only=True)
class ConsoleSettings:
    """The stack's settings, and the environment of their cloud."""

    stack: Settings
    env: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, *, aws: bool = False) -> Self:
        """Find the cloud (see `live.cloud`), and read the environment and `.env` there.

        With `aws`, a local cloud is ignored.

        Raises:
            ConsoleError: a setting is missing or wrong.

        """
        try:
            stack = settings_there(aws=aws)
        except LiveError as error:
            raise ConsoleError(str(error)) from None
        return cls(stack=stack, env=dict(os.environ))

    @property
    def is_local(self) -> bool:
        """Whether the cloud is a local cloud."""
        return bool(self.env.get("AWS_ENDPOINT_URL"))

    @property
    def feed(self) -> str | None:
        """The URL of the local cloud's feed; None on AWS."""
        return self.env.get(FEED) or None

    @property
    def cloud(self) -> str:
        """The name that the page shows for the cloud."""
        return name(self.env, region=self.stack.region)

    def access(self, endpoint: str = "") -> Access:
        """Return where to read what is at an endpoint of Momento, and the API key to read with."""
        parts = urlsplit(endpoint)
        own = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
        key = self.stack.reading_api_key
        return Access(
            origin=self.env.get("MOMENTO_ENDPOINT_URL") or own or self.stack.momento_api_endpoint,
            key=key.get_secret_value() if key else "",
        )
