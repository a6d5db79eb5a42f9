"""The settings of the stack, at the cloud that the page works on."""

from dataclasses import dataclass

from live.cloud_settings import CloudSettings
from live.deliveries import FEED


@dataclass(frozen=True, kw_only=True)
class ConsoleSettings(CloudSettings):
    """The stack's settings, and the local cloud's feed."""

    @property
    def feed(self) -> str | None:
        """The URL of the local cloud's feed; None on AWS."""
        return self.env.get(FEED) or None
