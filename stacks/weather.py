"""The weather demonstration: the stack of the walk-through, with the same names."""

from cdktf import TerraformOutput
from constructs import Construct

from momento_pipes.mapping import Attribute, CacheEntry, ItemMapping, KeySchema, TopicMessage
from stacks.settings import Settings
from stacks.stack import MomentoStack

LOCATION = Attribute("Location")
MEASUREMENTS = [Attribute(name, "N") for name in ("MaxTemp", "MinTemp", "ChancesOfPrecipitation")]
TTL = Attribute("TTL", "N")


class WeatherStack(MomentoStack):
    """Weather records by location. Every change is sent to the cache and the topic."""

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        prefix = settings.name_prefix
        super().__init__(scope, id_, settings, name=prefix, secret_name=settings.secret_name)
        table = self.add_table("table", name=prefix, keys=KeySchema(LOCATION))
        pipeline = self.add_pipeline(
            "pipeline",
            name=prefix,
            role_name=role_name(prefix),
            source=table,
            mapping=weather_mapping(settings),
            largest_item=1_000,
        )
        outputs = {
            "table_name": table.name,
            "stream_arn": table.stream_arn,
            "pipe_arns": {name: pipe.arn for name, pipe in pipeline.pipes.items()},
            "dead_letter_queue_url": pipeline.dead_letter_queue.url,
            "log_group_name": pipeline.logs.name,
            "cache_name": settings.cache_name,
            "topic_name": settings.topic_name,
        }
        if self.monitoring:
            outputs["alarm_topic_arn"] = self.monitoring.topic_arn
        for name, value in outputs.items():
            TerraformOutput(self, name, value=value)


def weather_mapping(settings: Settings) -> ItemMapping:
    """Return the mapping of a weather record."""
    value = [LOCATION, *MEASUREMENTS]
    return ItemMapping(
        cache=CacheEntry(key=LOCATION, value=value, ttl=settings.cache_ttl_seconds or TTL),
        topic=TopicMessage(topic=settings.topic_name, value=value),
    )


def role_name(name_prefix: str) -> str:
    """Return the name of the pipes' role for a prefix.

    >>> role_name("weather-stats-demo")
    'AmazonEventBridgePipeWeatherStatsDemoEventToMomentoCache'
    """
    words = "".join(word.capitalize() for word in name_prefix.split("-"))
    return f"AmazonEventBridgePipe{words}EventToMomentoCache"
