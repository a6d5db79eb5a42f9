"""Where the table, the cache and the topic are: the local cloud if one is up, else AWS."""

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from live.place import CREDENTIALS, local_cloud
from stacks.settings import misspelt_settings

from weather.errors import WeatherError

MAX_TTL_SECONDS = 86_400
"""Momento keeps an item a day at most with on-demand storage."""


def _env(name: str) -> Any:  # noqa: ANN401 - what Field returns is Any by its own signature
    return Field(validation_alias=name)


class WeatherSettings(BaseSettings):
    """The names, the endpoints and the keys; variables and defaults are those of the stack.

    The environment wins over `.env`; a local cloud that is up wins over both.
    """

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file=".env",
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    table: Annotated[str, _env("NAME_PREFIX")] = "weather-stats-demo"
    cache: Annotated[str, _env("MOMENTO_CACHE_NAME")] = "momento-eventbridge-cache"
    topic: Annotated[str, _env("MOMENTO_TOPIC_NAME")] = "momento-eventbridge-topic"
    momento_api_key: Annotated[SecretStr, _env("MOMENTO_API_KEY")] = SecretStr("")
    momento_redirect: Annotated[str | None, _env("MOMENTO_ENDPOINT_URL")] = None
    momento_api_endpoint: Annotated[str, _env("MOMENTO_API_ENDPOINT")] = ""
    max_ttl: Annotated[int, Field(validation_alias="MOMENTO_MAX_TTL_SECONDS", ge=1)] = (
        MAX_TTL_SECONDS
    )
    cache_ttl: Annotated[int | None, Field(validation_alias="CACHE_TTL_SECONDS", ge=1)] = None
    region: Annotated[
        str, Field(validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION"))
    ] = "us-east-1"
    aws_endpoint: Annotated[str | None, _env("AWS_ENDPOINT_URL")] = None
    aws_profile: Annotated[str | None, _env("AWS_PROFILE")] = None
    aws_access_key_id: Annotated[str | None, _env("AWS_ACCESS_KEY_ID")] = None
    aws_secret_access_key: Annotated[SecretStr | None, _env("AWS_SECRET_ACCESS_KEY")] = None
    aws_session_token: Annotated[SecretStr | None, _env("AWS_SESSION_TOKEN")] = None
    deliveries_url: Annotated[str | None, _env("PIPE_DELIVERIES_URL")] = None

    @classmethod
    def load(cls, *, aws: bool = False) -> Self:
        """Read the environment and `.env`, and what a running local cloud says.

        With `aws`, a local cloud is passed over.

        Raises:
            WeatherError: a setting is missing or wrong.

        """
        told: dict[str, Any] = (
            {} if aws or os.environ.get("AWS_ENDPOINT_URL") else {**local_cloud()}
        )
        given = {name: os.environ.get(name, "") for name in CREDENTIALS}
        if told:
            told |= {"AWS_PROFILE": "", "AWS_SESSION_TOKEN": ""}  # nothing real goes there
        elif any(given.values()):
            told = given  # and none of .env, which may be of another account
        settings = cls._read(told)
        if settings.cache_ttl and settings.cache_ttl > settings.max_ttl:
            raise WeatherError(_number_of_seconds("CACHE_TTL_SECONDS", settings.max_ttl))
        if not settings.momento_endpoint:
            raise WeatherError(_missing("MOMENTO_API_ENDPOINT", aws=aws))
        key = settings.momento_api_key.get_secret_value()
        if not key:
            raise WeatherError(_missing("MOMENTO_API_KEY", aws=aws))
        if not re.fullmatch(r"[\x21-\x7e]+", key):  # httpx would quote it in its error
            raise WeatherError(
                "MOMENTO_API_KEY holds a space, a line break or a character outside ASCII;"
                " copy the key again from the Momento console"
            )
        return settings

    @classmethod
    def _read(cls, told: Mapping[str, Any]) -> Self:
        try:
            misspelt = misspelt_settings(cls.model_config.get("env_file"))
            settings = cls(**told)
        except ValidationError as error:  # the others are any text
            raise WeatherError(_number_of_seconds(str(error.errors()[0]["loc"][0]))) from None
        except UnicodeDecodeError:
            raise WeatherError(".env is not UTF-8 text; save it as UTF-8") from None
        except OSError as error:
            raise WeatherError(f".env cannot be read: {error.strerror}") from None
        if misspelt:
            raise WeatherError("\n".join(misspelt))
        return settings

    @property
    def momento_endpoint(self) -> str:
        """Where Momento is asked: at what is deployed, or at the local one in its place."""
        return self.momento_redirect or self.momento_api_endpoint

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return `base` (default: this process's environment), pointed at this very place.

        For a command that reads the stack's settings: it finds the names, the endpoints and the
        credentials that these settings have, and none of another account.
        """
        local = {
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        ours = {
            "NAME_PREFIX": self.table,
            "MOMENTO_CACHE_NAME": self.cache,
            "MOMENTO_TOPIC_NAME": self.topic,
            "MOMENTO_API_KEY": self.momento_api_key.get_secret_value(),
            "MOMENTO_API_ENDPOINT": self.momento_api_endpoint,
            "MOMENTO_ENDPOINT_URL": self.momento_redirect or "",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.aws_endpoint or "",
            "AWS_PROFILE": self.aws_profile or "",
            "AWS_DEFAULT_PROFILE": "",
            "AWS_ACCESS_KEY_ID": self.aws_access_key_id or "",
            "AWS_SECRET_ACCESS_KEY": revealed(self.aws_secret_access_key) or "",
            "AWS_SESSION_TOKEN": revealed(self.aws_session_token) or "",
        } | (local if self.aws_endpoint and not self.aws_profile else {})
        inherited = os.environ if base is None else base
        kept = {
            name: value
            for name, value in inherited.items()
            if name not in ours and not (self.aws_endpoint and name.startswith("AWS_"))
        }
        return kept | {name: value for name, value in ours.items() if value}

    @property
    def place(self) -> str:
        """What the commands and the page call the place they work on."""
        if self.aws_endpoint:
            return f"the local cloud at {self.aws_endpoint}"
        return f"AWS {self.region} and Momento at {self.momento_endpoint}"

    @property
    def dead_letter_queue(self) -> str:
        """The name of the pipes' dead-letter queue."""
        return f"{self.table}-dlq"

    @property
    def log_group(self) -> str:
        """The name of the pipes' log group."""
        return f"/aws/vendedlogs/pipes/{self.table}"


def revealed(secret: SecretStr | None) -> str | None:
    """Return a secret in clear, or none if it is empty."""
    return (secret.get_secret_value() or None) if secret else None


def _number_of_seconds(name: str, most: int = MAX_TTL_SECONDS) -> str:
    if name == "CACHE_TTL_SECONDS":
        return (
            f"{name} is no number of seconds from 1 to {most}; leave it empty to use each record's"
            " own TTL"
        )
    return f"{name} is no number of seconds; leave it empty for {MAX_TTL_SECONDS}, a day"


def _missing(name: str, *, aws: bool) -> str:
    if aws:
        return f"{name} is not set: fill in .env (copy .env.example)"
    return (
        f"{name} is not set, and no local cloud is up: run ./help.sh up in another terminal,"
        " or fill in .env (copy .env.example)"
    )
