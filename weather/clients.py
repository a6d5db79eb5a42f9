"""The clients of one cloud: the table, the cache and the topic that the settings name."""

from dataclasses import dataclass
from typing import Self

from live.aws import Aws
from live.momento.cache import Cache
from live.momento.client import Momento
from live.momento.topic import Topic
from weather.settings import WeatherSettings
from weather.table import WeatherTable


@dataclass(frozen=True)
class Clients:
    """What the commands work with."""

    settings: WeatherSettings
    table: WeatherTable
    cache: Cache
    topic: Topic

    @classmethod
    def of(cls, settings: WeatherSettings) -> Self:
        """Return the clients for these settings.

        Raises:
            LiveError: the environment names an unknown profile, or an endpoint that is not a URL.

        """
        stack, access = settings.stack, settings.access()
        aws, momento = Aws(stack.region), Momento(is_local=settings.is_local)
        return cls(
            settings,
            WeatherTable(aws, settings.table),
            Cache(momento, access, stack.cache_name),
            Topic(momento, access, cache=stack.cache_name, name=stack.topic_name),
        )
