"""The settings of the demonstration: those of the weather stack, at the cloud that was found."""

from dataclasses import dataclass

from live.cloud_settings import CloudSettings


@dataclass(frozen=True, kw_only=True)
class WeatherSettings(CloudSettings):
    """The stack's settings, and the names of what it deploys."""

    @property
    def table(self) -> str:
        """The table's name."""
        return self.stack.name_prefix

    @property
    def cloud(self) -> str:
        """The name that the commands show for their cloud."""
        there = super().cloud
        return there if self.is_local else f"{there} and Momento at {self.access().origin}"
