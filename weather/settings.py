"""The settings of the demonstration: those of the weather stack, at the cloud that was found."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from live.errors import LiveError
from live.momento import Access
from live.cloud import name, settings_there
from stacks.settings import Settings

from weather.errors import WeatherError


@dataclass(frozen=True, kw_only=True)
class WeatherSettings:
    """The stack's settings, and the environment of their cloud."""

    stack: Settings
    env: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, *, aws: bool = False) -> Self:
        """Find the cloud (see `live.cloud`), and read the environment and `.env` there.

        With `aws`, a local cloud is ignored.

        Raises:
            WeatherError: a setting is missing or wrong.

        """
        try:
            stack = settings_there(aws=aws)
        except LiveError as error:
            raise WeatherError(str(error)) from None
        return cls(stack=stack, env=dict(os.environ))

    @property
    def table(self) -> str:
        """The table's name."""
        return self.stack.name_prefix

    @property
    def aws_endpoint(self) -> str | None:
        """The local cloud's AWS API; nothing on AWS."""
        return self.env.get("AWS_ENDPOINT_URL") or None

    @property
    def momento(self) -> Access:
        """Momento's address and the API key to read with, or those of the local Momento."""
        key = self.stack.reading_api_key
        return Access(
            origin=self.env.get("MOMENTO_ENDPOINT_URL") or self.stack.momento_api_endpoint,
            key=key.get_secret_value() if key else "",
        )

    @property
    def cloud(self) -> str:
        """The name that the commands show for their cloud."""
        there = name(self.env, region=self.stack.region)
        return there if self.aws_endpoint else f"{there} and Momento at {self.momento.origin}"

    @property
    def dead_letter_queue(self) -> str:
        """The name of the pipes' dead-letter queue."""
        return f"{self.table}-dlq"

    @property
    def log_group(self) -> str:
        """The name of the pipes' log group."""
        return f"/aws/vendedlogs/pipes/{self.table}"
