"""The settings from `.env` and the environment, validated in one frozen object."""

import os
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from momento_pipes.access.protection import PROTECTIONS, Profile, Protection
from momento_pipes.bulk_settings import BulkSettings, advice, refusal
from momento_pipes.errors import StackError
from momento_pipes.momento.limits import MAX_TTL_SECONDS, MomentoLimits
from momento_pipes.topology import Topology
from momento_pipes.watch_settings import WatchSettings
from stacks.settings import env_file, misspelt, types

DEFAULT_STACK = "weather"
STATE_STACK = "state"
MOMENTO_DOMAIN = "momentohq.com"
MOMENTO_REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    }
)
"""AWS regions with a Momento endpoint (docs.momentohq.com, "Regions")."""


class SettingsError(StackError):
    """Settings are missing or wrong. The message has a line for each."""


class PipeLogLevel(StrEnum):
    """How much a pipe writes to its log group (EventBridge Pipes, "Logging")."""

    OFF = "OFF"
    ERROR = "ERROR"
    INFO = "INFO"
    TRACE = "TRACE"


def _env(name: str) -> Any:  # noqa: ANN401 - what Field returns is Any by its own signature
    return Field(validation_alias=name)


class Settings(BaseSettings):
    """The settings. Each field is read from the variable in its alias.

    The environment overrides `.env`. An empty variable is not set.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file=".env",
        env_file_encoding=env_file.ENCODING,
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    profile: Annotated[Profile, _env("PROFILE")] = Profile.DEMO
    momento_api_key: Annotated[types.MomentoKey | None, _env("MOMENTO_API_KEY")] = None
    momento_read_api_key: Annotated[types.MomentoKey | None, _env("MOMENTO_READ_API_KEY")] = None
    momento_api_endpoint: Annotated[types.Endpoint, _env("MOMENTO_API_ENDPOINT")]
    region: Annotated[
        types.Region,
        Field(validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION")),
    ] = "us-east-1"
    cache_name: Annotated[types.PathName, _env("MOMENTO_CACHE_NAME")] = "momento-eventbridge-cache"
    topic_name: Annotated[types.PathName, _env("MOMENTO_TOPIC_NAME")] = "momento-eventbridge-topic"
    cache_operations: Annotated[types.PerSecond, _env("MOMENTO_CACHE_OPERATIONS_PER_SECOND")] = (
        MomentoLimits.cache_operations
    )
    topic_operations: Annotated[types.PerSecond, _env("MOMENTO_TOPIC_OPERATIONS_PER_SECOND")] = (
        MomentoLimits.topic_operations
    )
    max_ttl_seconds: Annotated[types.Seconds, _env("MOMENTO_MAX_TTL_SECONDS")] = MAX_TTL_SECONDS
    secret_name: Annotated[types.SecretName, _env("MOMENTO_SECRET_NAME")] = (
        "momento-eventbridge-api-key"  # noqa: S105 - a name, not a secret
    )
    name_prefix: Annotated[types.Prefix, _env("NAME_PREFIX")] = "weather-stats-demo"
    stack: Annotated[types.StackName, _env("STACK")] = DEFAULT_STACK
    cache_ttl_seconds: Annotated[int | None, _env("CACHE_TTL_SECONDS")] = None
    retry_attempts: Annotated[types.PipeRetries, _env("PIPE_RETRY_ATTEMPTS")] = 3
    record_age_seconds: Annotated[types.RecordAge, _env("PIPE_RECORD_AGE_SECONDS")] = 3_600
    log_level: Annotated[PipeLogLevel, _env("PIPE_LOG_LEVEL")] = PipeLogLevel.INFO
    execution_data_choice: Annotated[bool | None, _env("PIPE_LOG_EXECUTION_DATA")] = None
    topology_choice: Annotated[Topology | None, _env("TOPOLOGY")] = None
    also_topology: Annotated[Topology | None, _env("ALSO_TOPOLOGY")] = None
    rule_retry_attempts: Annotated[types.RuleRetries | None, _env("RULE_RETRY_ATTEMPTS")] = None
    batch_size: Annotated[types.BatchSize, _env("WORKFLOW_BATCH_SIZE")] = 25
    concurrency: Annotated[types.Concurrency, _env("WORKFLOW_CONCURRENCY")] = 5
    destination_rate_limit: Annotated[types.PerSecond | None, _env("DESTINATION_RATE_LIMIT")] = None
    iam_settle_seconds: Annotated[types.WaitSeconds, _env("IAM_SETTLE_SECONDS")] = 120
    allow_destroy: Annotated[bool, _env("ALLOW_DESTROY")] = False
    alarms_choice: Annotated[bool | None, _env("ALARMS")] = None
    watch_choice: Annotated[bool | None, _env("WATCH")] = None
    watch_minutes: Annotated[types.Minutes, _env("WATCH_MINUTES")] = WatchSettings.minutes
    watch_items: Annotated[types.WatchedItems, _env("WATCH_ITEMS")] = WatchSettings.items
    watch_requests: Annotated[types.WatchRequests, _env("WATCH_REQUESTS")] = WatchSettings.requests
    watch_settle_seconds: Annotated[types.Settling, _env("WATCH_SETTLE_SECONDS")] = (
        WatchSettings.settle_seconds
    )
    bulk: Annotated[bool, _env("BULK")] = False
    bulk_rate: Annotated[types.PerSecond | None, _env("BULK_RATE")] = None
    alarm_topic_arn: Annotated[types.TopicArn | None, _env("ALARM_TOPIC_ARN")] = None
    permissions_boundary_arn: Annotated[
        types.PolicyArn | None, _env("PERMISSIONS_BOUNDARY_ARN")
    ] = None
    state_bucket_name: Annotated[types.BucketName | None, _env("STATE_BUCKET")] = None
    state_object_key: Annotated[str | None, _env("STATE_KEY")] = None
    own_tags: Annotated[types.Tags, NoDecode, _env("TAGS")] = {}
    aws_provider_version: Annotated[types.ExactVersion | None, _env("AWS_PROVIDER_VERSION")] = None
    mirror_provider_version: Annotated[
        types.ExactVersion | None, _env("MIRROR_AWS_PROVIDER_VERSION")
    ] = None

    @classmethod
    def load(cls, *, stack: str | None = None, **others: Any) -> Self:  # noqa: ANN401 - the fields' own types
        """Read the environment and `.env`; `stack` and others, by their variables, override both.

        Raises:
            SettingsError: settings are missing or wrong. The message has a line for each.

        """
        try:
            problems = misspelt_settings(cls.env_file())
            settings = cls(**others) if stack is None else cls(**others, STACK=stack)
        except ValidationError as error:
            raise SettingsError("\n".join([*problems, *map(_explain, error.errors())])) from None
        except UnicodeDecodeError:
            raise SettingsError(".env is not UTF-8 text; save it as UTF-8") from None
        except OSError as error:
            raise SettingsError(f".env cannot be read: {error.strerror}") from None
        if problems:
            raise SettingsError("\n".join(problems))
        return settings

    @classmethod
    def env_file(cls) -> Path | None:
        """Return the file that is read besides the environment, if there is one."""
        file: Any = cls.model_config.get("env_file")
        return Path(file) if file else None

    @property
    def reading_api_key(self) -> SecretStr | None:
        """The API key for reading by `verify`, `doctor` and the page."""
        return self.momento_read_api_key or self.momento_api_key

    @property
    def momento_limits(self) -> MomentoLimits:
        """The account's limits at Momento."""
        return MomentoLimits(
            cache_operations=self.cache_operations,
            topic_operations=self.topic_operations,
            max_ttl_seconds=self.max_ttl_seconds,
            destination_rate=self.destination_rate_limit,
        )

    @property
    def protection(self) -> Protection:
        """The profile's protection of data. With `ALLOW_DESTROY`, data can be destroyed."""
        protection = PROTECTIONS[self.profile]
        return replace(protection, keep_data=False) if self.allow_destroy else protection

    @property
    def alarms(self) -> bool:
        """Whether there are alarms and a dashboard. The default is only in production."""
        if self.alarms_choice is None:
            return self.profile is Profile.PRODUCTION
        return self.alarms_choice

    @property
    def watch(self) -> bool:
        """Whether a function compares table and cache. The default is only in production."""
        if self.watch_choice is None:
            return self.profile is Profile.PRODUCTION
        return self.watch_choice

    @property
    def watch_settings(self) -> WatchSettings:
        """How often the watch runs, and how much a run may do."""
        return WatchSettings(
            minutes=self.watch_minutes,
            items=self.watch_items,
            requests=self.watch_requests,
            settle_seconds=self.watch_settle_seconds,
        )

    @property
    def bulk_settings(self) -> BulkSettings:
        """How fast `--on-aws` may be. The default is half of what Momento allows the account."""
        return BulkSettings(rate=self.bulk_rate or max(1, self.cache_operations // 2))

    @property
    def log_execution_data(self) -> bool:
        """Whether pipes log payloads, requests and responses. The default is only in the demo."""
        if self.execution_data_choice is None:
            return self.profile is Profile.DEMO
        return self.execution_data_choice

    @property
    def topology(self) -> Topology:
        """The topology. The default is `pipes` for the weather stack, otherwise `workflow`."""
        if self.topology_choice is None:
            return Topology.PIPES if self.stack == DEFAULT_STACK else Topology.WORKFLOW
        return self.topology_choice

    @property
    def tags(self) -> dict[str, str]:
        """The tags of all resources: the user's and, in production, project and profile."""
        if self.profile is Profile.DEMO:
            return self.own_tags
        return {"Project": self.name_prefix, "Profile": self.profile.value} | self.own_tags

    @property
    def state_bucket(self) -> str:
        """The S3 bucket with the Terraform state."""
        return self.state_bucket_name or f"{self.name_prefix}-terraform-state"

    @property
    def state_key(self) -> str:
        """The state object's key. Each prefix and each stack has another key."""
        name = "terraform" if self.stack == DEFAULT_STACK else self.stack
        return self.state_object_key or f"{self.name_prefix}/{name}.tfstate"

    @property
    def provider_version(self) -> str | None:
        """The version of the AWS provider, if the user or the mirror sets one."""
        return self.aws_provider_version or self.mirror_provider_version

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each setting that is allowed but probably a mistake."""
        warnings = []
        host = urlsplit(self.momento_api_endpoint).hostname or ""
        if not f".{host}".endswith(f".{MOMENTO_DOMAIN}"):
            warnings.append(
                f"MOMENTO_API_ENDPOINT is {self.momento_api_endpoint}, which is not a host of"
                f" Momento (*.{MOMENTO_DOMAIN}): every request sends the API key to this host."
            )
        if self.region not in MOMENTO_REGIONS:
            known = ", ".join(sorted(MOMENTO_REGIONS))
            warnings.append(
                f"AWS_REGION is {self.region}, but Momento has no endpoint there: every request"
                f" leaves the region, is slower and costs data transfer. Momento is in {known}."
            )
        elif (cell := self._endpoint_region()) not in (None, self.region):
            warnings.append(
                f"AWS_REGION is {self.region}, but MOMENTO_API_ENDPOINT is in {cell}: every"
                " request leaves the region, is slower and costs data transfer. The cache"
                " and an API key of the first version (v1) must be in the endpoint's region."
            )
        if self.allow_destroy and self.profile is not Profile.DEMO:
            warnings.append(
                "ALLOW_DESTROY is true, so nothing protects the data from a destroy; remove it if"
                " you do not want to destroy the data."
            )
        if self.alarm_topic_arn and f":sns:{self.region}:" not in self.alarm_topic_arn:
            warnings.append(
                f"ALARM_TOPIC_ARN is not in {self.region}: CloudWatch sends only to topics in the"
                " region of the alarm."
            )
        if self.bulk and self.bulk_rate is not None:
            problem = advice(self.bulk_rate, self.cache_operations)
            warnings += [f"BULK_RATE is {self.bulk_rate:,}: {problem}"] if problem else []
        return tuple(warnings)

    def _endpoint_region(self) -> str | None:
        host = urlsplit(self.momento_api_endpoint).hostname or ""
        return next((region for region in MOMENTO_REGIONS if f"-{region}-" in host), None)

    @model_validator(mode="after")
    def _a_state_belongs_to_one_stack(self) -> Self:
        key = self.state_object_key
        own = self.stack not in {DEFAULT_STACK, STATE_STACK}
        if key is not None and own and self.stack not in key:
            raise ValueError(
                f"STATE_KEY is {key!r} and STACK is {self.stack}: if two stacks share a state,"
                " each destroys the other. Leave STATE_KEY empty, or write a key with the"
                f" stack's name, such as {self.name_prefix}/{self.stack}.tfstate"
            )
        return self

    @model_validator(mode="after")
    def _bulk_rate_is_within_the_limit(self) -> Self:
        rate = self.bulk_rate
        if rate is not None and (why := refusal(rate, self.cache_operations)):
            raise ValueError(f"BULK_RATE is {rate:,}, {why}")
        return self

    @model_validator(mode="after")
    def _ttl_is_one_that_momento_keeps(self) -> Self:
        ttl, most = self.cache_ttl_seconds, self.max_ttl_seconds
        if ttl is not None and not 1 <= ttl <= most:
            raise ValueError(
                f"CACHE_TTL_SECONDS is {ttl}; Momento keeps an item 1 to {most} seconds"
                f"{' (a day)' if most == MAX_TTL_SECONDS else ''}, unless your account has more"
                " (MOMENTO_MAX_TTL_SECONDS). Leave it empty to use each item's TTL attribute"
            )
        return self


def misspelt_settings(file: Path | None) -> list[str]:
    """Return a sentence for each misspelt setting in the file and in the environment.

    Raises:
        UnicodeDecodeError: the file is not UTF-8 text.

    """
    names = frozenset(
        str(name)
        for field in Settings.model_fields.values()
        for name in getattr(field.validation_alias, "choices", [field.validation_alias])
        if name != "MIRROR_AWS_PROVIDER_VERSION"  # only help.sh sets it
    )
    in_file = misspelt.in_file(file, names) if file else ()
    return [*in_file, *misspelt.in_environment(os.environ, names)]


def _explain(error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails, a plain dict
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    if error["type"] == "missing":
        return (
            f"{name} is not set: put it in .env or the environment"
            " (copy .env.example to .env and fill it in)"
        )
    if error["type"] == "value_error":
        return f"{name} {message}"
    return f"{name}: {message} (.env.example shows the allowed values)"
