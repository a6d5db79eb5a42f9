"""The weather demonstration: the walk-through's stack, with the walk-through's names."""

from cdktf import TerraformOutput, TerraformStack
from constructs import Construct

from stacks.account import Account, use_aws
from stacks.alarm_topic import alarm_topic_name
from stacks.endpoint import MomentoEndpoint
from stacks.key import Key
from stacks.logs import log_group_name
from stacks.mapping import Attribute, Route, cache_delete, cache_put, topic_publish
from stacks.monitoring import Monitoring
from stacks.pipe import Delivery
from stacks.pipeline import MomentoPipeline
from stacks.role import iam_settle_variable
from stacks.secret import api_key_variable
from stacks.settings import Settings
from stacks.state import use_remote_state
from stacks.table import Table

LOCATION = Attribute(name="Location", type="S")
MEASUREMENTS = tuple(
    Attribute(name=name, type="N") for name in ("MaxTemp", "MinTemp", "ChancesOfPrecipitation")
)
TTL = Attribute(name="TTL", type="N")


class WeatherStack(TerraformStack):
    """Weather records by location: every change reaches the cache and the topic."""

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        super().__init__(scope, id_)
        use_remote_state(self, settings, key=settings.state_key)
        use_aws(self, settings)
        api_key = api_key_variable(self).string_value
        settle = iam_settle_variable(self, default=settings.iam_settle_seconds).string_value
        account = Account(self, "account", region=settings.region)
        protection = settings.protection
        key = _key(self, settings, account) if protection.own_key else None

        table = Table(
            self,
            "table",
            name=settings.name_prefix,
            partition_key=LOCATION,
            protection=protection,
            key=key,
        )
        endpoint = MomentoEndpoint(
            self,
            "momento",
            name_prefix=settings.name_prefix,
            url=settings.momento_api_endpoint,
            cache_name=settings.cache_name,
            secret_name=settings.secret_name,
            api_key=api_key,
            rate_limit=settings.destination_rate_limit,
            protection=protection,
            key=key,
        )
        pipeline = MomentoPipeline(
            self,
            "pipeline",
            name_prefix=settings.name_prefix,
            role_name=role_name(settings.name_prefix),
            account=account,
            table=table,
            endpoint=endpoint,
            routes=weather_routes(settings),
            delivery=Delivery(
                retry_attempts=settings.retry_attempts,
                record_age_seconds=settings.record_age_seconds,
                log_level=settings.log_level,
                log_execution_data=settings.log_execution_data,
            ),
            iam_settle_seconds=settle,
            protection=protection,
            key=key,
        )
        outputs = {
            "table_name": table.name,
            "stream_arn": table.stream_arn,
            "pipe_arns": {name: pipe.arn for name, pipe in pipeline.pipes.items()},
            "dead_letter_queue_url": pipeline.dead_letters.url,
            "log_group_name": pipeline.logs.name,
            "cache_name": settings.cache_name,
            "topic_name": settings.topic_name,
        }
        if settings.alarms:
            monitoring = Monitoring(
                self,
                "monitoring",
                name_prefix=settings.name_prefix,
                account=account,
                table=table,
                pipeline=pipeline,
                topic_arn=settings.alarm_topic_arn,
                key=key,
            )
            outputs["alarm_topic_arn"] = monitoring.topic_arn
        for name, value in outputs.items():
            TerraformOutput(self, name, value=value)


def _key(stack: WeatherStack, settings: Settings, account: Account) -> Key:
    """Make the key for the stack; its policy names the log group and the topic."""
    own_topic = settings.alarms and settings.alarm_topic_arn is None
    return Key(
        stack,
        "key",
        name=settings.name_prefix,
        account=account,
        log_group_name=log_group_name(settings.name_prefix),
        alarm_topic_name=alarm_topic_name(settings.name_prefix) if own_topic else None,
        protection=settings.protection,
    )


def weather_routes(settings: Settings) -> dict[str, Route]:
    """Return what each of the three pipes sends for a weather record."""
    cache = settings.cache_name
    return {
        "cache-put": cache_put(
            cache=cache,
            key=LOCATION,
            value=MEASUREMENTS,
            ttl=settings.cache_ttl_seconds or TTL,
        ),
        "topic-publish": topic_publish(topic=settings.topic_name, key=LOCATION, value=MEASUREMENTS),
        "cache-delete": cache_delete(cache=cache, key=LOCATION),
    }


def role_name(name_prefix: str) -> str:
    """Return the role's name for a prefix.

    >>> role_name("weather-stats-demo")
    'AmazonEventBridgePipeWeatherStatsDemoEventToMomentoCache'
    """
    words = "".join(word.capitalize() for word in name_prefix.split("-"))
    return f"AmazonEventBridgePipe{words}EventToMomentoCache"
