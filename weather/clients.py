"""The clients of one cloud: the table, the cache and the topic that the settings name."""

from live.aws import Aws
from live.momento.cache import Cache
from live.momento.client import Momento
from live.momento.topic import Topic
from weather.settings import WeatherSettings
from weather.table import WeatherTable


class Clients:
    """What the commands work with.

    Raises:
        LiveError: the environment names an unknown profile, or an endpoint that is not a URL.

    """

    def __init__(self, settings: WeatherSettings) -> None:
        stack, access = settings.stack, settings.access()
        momento = Momento(is_local=settings.is_local)
        self.settings, self.ttl = settings, stack.cache_ttl_seconds
        self.table = WeatherTable(Aws(stack.region), settings.table)
        self.cache = Cache(momento, access, stack.cache_name)
        self.topic = Topic(momento, access, cache=stack.cache_name, name=stack.topic_name)
