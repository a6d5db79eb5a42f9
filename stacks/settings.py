"""Settings from `.env` and the environment, validated once into one frozen object."""

import re
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AliasChoices,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from stacks.errors import StackError
from stacks.protection import PROTECTIONS, Profile, Protection
from stacks.topology import Topology

SECONDS_A_DAY = 86_400
DEFAULT_STACK = "weather"
STATE_STACK = "state"
MAX_KEY_LENGTH = 512
"""EventBridge takes an API key value of 1 to 512 characters."""
MAX_RULE_RETRIES = 185
MAX_PREFIX_LENGTH = 24
"""The role's name holds the prefix and forty characters more; IAM allows 64."""
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
    """One or more settings are missing or wrong; the message has a line for each."""


class PipeLogLevel(StrEnum):
    """How much a pipe writes to its log group (EventBridge Pipes, "Logging")."""

    OFF = "OFF"
    ERROR = "ERROR"
    INFO = "INFO"
    TRACE = "TRACE"


def _env(name: str) -> Any:  # noqa: ANN401 - what Field returns is Any by its own signature
    return Field(validation_alias=name)


class Settings(BaseSettings):
    """Everything a user can choose; each field is read from the variable named in its alias.

    The environment wins over `.env`. An empty variable counts as not set.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    profile: Annotated[Profile, _env("PROFILE")] = Profile.DEMO
    momento_api_key: Annotated[SecretStr | None, _env("MOMENTO_API_KEY")] = None
    momento_api_endpoint: Annotated[str, _env("MOMENTO_API_ENDPOINT")]
    region: Annotated[
        str,
        Field(validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION")),
    ] = "us-east-1"
    cache_name: Annotated[str, _env("MOMENTO_CACHE_NAME")] = "momento-eventbridge-cache"
    topic_name: Annotated[str, _env("MOMENTO_TOPIC_NAME")] = "momento-eventbridge-topic"
    secret_name: Annotated[str, _env("MOMENTO_SECRET_NAME")] = "momento-eventbridge-api-key"  # noqa: S105 - a name, not a secret
    name_prefix: Annotated[str, _env("NAME_PREFIX")] = "weather-stats-demo"
    stack: Annotated[str, _env("STACK")] = DEFAULT_STACK
    cache_ttl_seconds: Annotated[int | None, _env("CACHE_TTL_SECONDS")] = None
    retry_attempts: Annotated[int, _env("PIPE_RETRY_ATTEMPTS")] = 3
    record_age_seconds: Annotated[int, _env("PIPE_RECORD_AGE_SECONDS")] = 3_600
    log_level: Annotated[PipeLogLevel, _env("PIPE_LOG_LEVEL")] = PipeLogLevel.INFO
    execution_data_choice: Annotated[bool | None, _env("PIPE_LOG_EXECUTION_DATA")] = None
    topology: Annotated[Topology, _env("TOPOLOGY")] = Topology.PIPES
    rule_retry_attempts: Annotated[int | None, _env("RULE_RETRY_ATTEMPTS")] = None
    destination_rate_limit: Annotated[int, _env("DESTINATION_RATE_LIMIT")] = 300
    iam_settle_seconds: Annotated[int, _env("IAM_SETTLE_SECONDS")] = 15
    allow_destroy: Annotated[bool, _env("ALLOW_DESTROY")] = False
    alarms_choice: Annotated[bool | None, _env("ALARMS")] = None
    alarm_topic_arn: Annotated[str | None, _env("ALARM_TOPIC_ARN")] = None
    state_bucket_name: Annotated[str | None, _env("STATE_BUCKET")] = None
    state_object_key: Annotated[str | None, _env("STATE_KEY")] = None
    own_tags: Annotated[dict[str, str], NoDecode, _env("TAGS")] = {}
    aws_provider_version: Annotated[str | None, _env("AWS_PROVIDER_VERSION")] = None
    mirror_provider_version: Annotated[str | None, _env("MIRROR_AWS_PROVIDER_VERSION")] = None

    @classmethod
    def load(cls, *, stack: str | None = None) -> Self:
        """Read the environment and `.env`; a stack that is named here goes before both.

        Raises:
            SettingsError: a setting is missing or wrong; one line each, with the fix.

        """
        try:
            return cls() if stack is None else cls(STACK=stack)
        except ValidationError as error:
            raise SettingsError("\n".join(map(_explain, error.errors()))) from None
        except UnicodeDecodeError:
            raise SettingsError(".env is not UTF-8 text; save it as UTF-8") from None

    @property
    def protection(self) -> Protection:
        """How the profile protects the data; `ALLOW_DESTROY` makes way for a destroy."""
        protection = PROTECTIONS[self.profile]
        return replace(protection, keep_data=False) if self.allow_destroy else protection

    @property
    def alarms(self) -> bool:
        """Whether there are alarms and a dashboard: as set, else in production only."""
        if self.alarms_choice is None:
            return self.profile is Profile.PRODUCTION
        return self.alarms_choice

    @property
    def log_execution_data(self) -> bool:
        """Whether pipes log payloads, requests and responses: as set, else in the demo only."""
        if self.execution_data_choice is None:
            return self.profile is Profile.DEMO
        return self.execution_data_choice

    @property
    def tags(self) -> dict[str, str]:
        """The tags of everything: in production what it belongs to, and the user's own on top."""
        if self.profile is Profile.DEMO:
            return self.own_tags
        return {"Project": self.name_prefix, "Profile": self.profile.value} | self.own_tags

    @property
    def state_bucket(self) -> str:
        """The S3 bucket that holds the Terraform state."""
        return self.state_bucket_name or f"{self.name_prefix}-terraform-state"

    @property
    def state_key(self) -> str:
        """The state object's key; two prefixes or stacks never share one."""
        name = "terraform" if self.stack == DEFAULT_STACK else self.stack
        return self.state_object_key or f"{self.name_prefix}/{name}.tfstate"

    @property
    def provider_version(self) -> str | None:
        """The AWS provider to ask for: the user's, else the mirror's, else the bindings' own."""
        return self.aws_provider_version or self.mirror_provider_version

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is allowed but probably not meant, a sentence each."""
        found = []
        if self.region not in MOMENTO_REGIONS:
            known = ", ".join(sorted(MOMENTO_REGIONS))
            found.append(
                f"AWS_REGION is {self.region}, where Momento has no endpoint: every request"
                f" leaves the region, slower and at data-transfer cost. Momento is in {known}."
            )
        elif (cell := self._endpoint_region()) not in (None, self.region):
            found.append(
                f"AWS_REGION is {self.region} and MOMENTO_API_ENDPOINT is in {cell}: every"
                " request crosses regions. A Momento key works in its own region only."
            )
        if self.allow_destroy and self.profile is not Profile.DEMO:
            found.append(
                "ALLOW_DESTROY is true, so nothing protects the data from a destroy; take it out"
                " again unless you mean to."
            )
        if self.alarm_topic_arn and f":sns:{self.region}:" not in self.alarm_topic_arn:
            found.append(
                f"ALARM_TOPIC_ARN is not in {self.region}: CloudWatch tells topics of an alarm's"
                " own region only."
            )
        return tuple(found)

    def _endpoint_region(self) -> str | None:
        host = urlsplit(self.momento_api_endpoint).hostname or ""
        return next((region for region in MOMENTO_REGIONS if f"-{region}-" in host), None)

    @field_validator("momento_api_key")
    @classmethod
    def _key_fits_a_connection(cls, key: SecretStr | None) -> SecretStr | None:
        if key is None:
            return None
        length = len(key.get_secret_value())
        if length > MAX_KEY_LENGTH:
            raise ValueError(
                f"has {length} characters and EventBridge takes {MAX_KEY_LENGTH} at most;"
                " create a shorter-lived or narrower key in the Momento console"
            )
        if not re.fullmatch(r"[\x21-\x7e]+", key.get_secret_value()):
            raise ValueError(
                "holds a space, a line break or a character outside ASCII;"
                " copy the key again from the Momento console"
            )
        return key

    @field_validator("momento_api_endpoint")
    @classmethod
    def _endpoint_is_an_https_origin(cls, endpoint: str) -> str:
        url = urlsplit(endpoint)
        if url.scheme != "https" or not url.hostname:
            raise ValueError(
                f"is {endpoint!r}, but API destinations take https only; write it as in the"
                " Momento console, for example"
                " https://api.cache.cell-1-us-east-1-1.prod.a.momentohq.com"
            )
        if url.path.strip("/") or url.query or url.fragment or url.username:
            raise ValueError(
                f"is {endpoint!r}, which has more than a host; leave out what follows it"
                " (the stack adds /cache/* and /topics/*/* itself)"
            )
        return endpoint.rstrip("/")

    @field_validator("region")
    @classmethod
    def _region_has_a_regions_shape(cls, region: str) -> str:
        if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
            raise ValueError(f"is {region!r}; write an AWS region such as us-east-1")
        return region

    @field_validator("cache_name", "topic_name")
    @classmethod
    def _name_fits_a_path(cls, name: str) -> str:
        if not re.fullmatch(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,255}", name):
            raise ValueError(
                f"is {name!r}; use 1 to 255 letters, digits, dots, dashes or underscores"
            )
        return name

    @field_validator("secret_name")
    @classmethod
    def _secret_name_is_allowed(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9/_+=.@-]{1,512}", name):
            raise ValueError(
                f"is {name!r}; Secrets Manager takes 1 to 512 letters, digits and /_+=.@-"
            )
        return name

    @field_validator("name_prefix")
    @classmethod
    def _prefix_leaves_room(cls, prefix: str) -> str:
        if not re.fullmatch(
            rf"[a-z](?:[a-z0-9]|-(?=[a-z0-9])){{2,{MAX_PREFIX_LENGTH - 1}}}", prefix
        ):
            raise ValueError(
                f"is {prefix!r}; use 3 to {MAX_PREFIX_LENGTH} lower-case letters, digits and"
                " single dashes, beginning with a letter"
            )
        return prefix

    @field_validator("stack")
    @classmethod
    def _stack_is_a_name(cls, stack: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", stack):
            raise ValueError(f"is {stack!r}; write the name of a stack in stacks/catalogue.py")
        return stack

    @model_validator(mode="after")
    def _a_state_belongs_to_one_stack(self) -> Self:
        key = self.state_object_key
        own = self.stack not in {DEFAULT_STACK, STATE_STACK}
        if key is not None and own and self.stack not in key:
            raise ValueError(
                f"STATE_KEY is {key!r} and STACK is {self.stack}: a state that two stacks share"
                " makes each destroy the other. Leave STATE_KEY empty, or write one with the"
                f" stack's name in it, such as {self.name_prefix}/{self.stack}.tfstate"
            )
        return self

    @field_validator("cache_ttl_seconds")
    @classmethod
    def _ttl_is_at_most_a_day(cls, ttl: int | None) -> int | None:
        if ttl is not None and not 1 <= ttl <= SECONDS_A_DAY:
            raise ValueError(
                f"is {ttl}; Momento keeps an item 1 to {SECONDS_A_DAY} seconds (a day)."
                " Leave it empty to use each item's own TTL attribute"
            )
        return ttl

    @field_validator("retry_attempts")
    @classmethod
    def _retries_are_a_positive_number(cls, attempts: int) -> int:
        if attempts == 0:
            raise ValueError(
                "is 0, which the Terraform provider drops when it creates a pipe: AWS then"
                " retries until the record expires and blocks the shard for a day; use 1 or more"
            )
        if not 1 <= attempts <= 10_000:  # noqa: PLR2004 - the API's own bound
            raise ValueError(f"is {attempts}; EventBridge Pipes takes 1 to 10000")
        return attempts

    @field_validator("rule_retry_attempts")
    @classmethod
    def _rules_may_retry_never(cls, attempts: int | None) -> int | None:
        if attempts is not None and not 0 <= attempts <= MAX_RULE_RETRIES:
            raise ValueError(f"is {attempts}; a rule of an event bus takes 0 to {MAX_RULE_RETRIES}")
        return attempts

    @field_validator("record_age_seconds")
    @classmethod
    def _age_is_shorter_than_the_stream(cls, age: int) -> int:
        if not 60 <= age < SECONDS_A_DAY:  # noqa: PLR2004 - the API's own bound
            raise ValueError(
                f"is {age}; use 60 to {SECONDS_A_DAY - 1} seconds: a record older than a day has"
                " left the stream, and its dead letter would point at nothing"
            )
        return age

    @field_validator("destination_rate_limit")
    @classmethod
    def _rate_is_positive(cls, rate: int) -> int:
        if rate < 1:
            raise ValueError(f"is {rate}; use 1 or more invocations a second")
        return rate

    @field_validator("iam_settle_seconds")
    @classmethod
    def _wait_is_bounded(cls, seconds: int) -> int:
        if not 0 <= seconds <= 300:  # noqa: PLR2004 - longer than five minutes is a mistake
            raise ValueError(f"is {seconds}; use 0 to 300 seconds (15 is enough on AWS)")
        return seconds

    @field_validator("state_bucket_name")
    @classmethod
    def _bucket_name_is_allowed(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name):
            raise ValueError(
                f"is {name!r}; S3 takes 3 to 63 lower-case letters, digits, dots and dashes"
            )
        return name

    @field_validator("alarm_topic_arn")
    @classmethod
    def _topic_is_an_arn(cls, arn: str | None) -> str | None:
        pattern = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}"
        if arn is not None and not re.fullmatch(pattern, arn):
            raise ValueError(
                f"is {arn!r}; write the ARN of a standard SNS topic, such as"
                " arn:aws:sns:us-east-1:123456789012:on-call, or leave it empty for a new one"
            )
        return arn

    @field_validator("own_tags", mode="before")
    @classmethod
    def _tags_are_pairs(cls, tags: Any) -> Any:  # noqa: ANN401 - raw input
        if not isinstance(tags, str):
            return tags
        pairs = [pair.partition("=") for pair in tags.split(",") if pair.strip()]
        if any(not separator or not name.strip() for name, separator, _ in pairs):
            raise ValueError(f"is {tags!r}; write name=value pairs with commas between them")
        return {name.strip(): value.strip() for name, _, value in pairs}

    @field_validator("aws_provider_version", "mirror_provider_version")
    @classmethod
    def _version_is_exact(cls, version: str | None) -> str | None:
        if version is not None and not re.fullmatch(r"\d+\.\d+\.\d+", version):
            raise ValueError(f"is {version!r}; write an exact version such as 5.100.0")
        return version


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
    return f"{name}: {message} (.env.example shows what it takes)"
