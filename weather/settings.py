"""Where the table, the cache and the topic are: the local cloud if one is up, else AWS."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from dotenv import dotenv_values
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from weather.errors import WeatherError

LOCAL_CLOUD = Path(__file__).resolve().parents[1] / ".cache" / "local-cloud.env"
"""The environment of a local cloud, which is there while it runs."""

CREDENTIALS = tuple(
    f"AWS_{name}" for name in ("PROFILE", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")
)


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
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        hide_input_in_errors=True,
    )

    table: Annotated[str, _env("NAME_PREFIX")] = "weather-stats-demo"
    cache: Annotated[str, _env("MOMENTO_CACHE_NAME")] = "momento-eventbridge-cache"
    topic: Annotated[str, _env("MOMENTO_TOPIC_NAME")] = "momento-eventbridge-topic"
    momento_api_key: Annotated[SecretStr, _env("MOMENTO_API_KEY")] = SecretStr("")
    momento_endpoint: Annotated[
        str,
        Field(validation_alias=AliasChoices("MOMENTO_ENDPOINT_URL", "MOMENTO_API_ENDPOINT")),
    ]
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
        told: dict[str, Any] = {} if aws or os.environ.get("AWS_ENDPOINT_URL") else _local_cloud()
        given = {name: os.environ.get(name, "") for name in CREDENTIALS}
        if told:
            told |= {"AWS_PROFILE": "", "AWS_SESSION_TOKEN": ""}  # nothing real goes there
        elif any(given.values()):
            told = given  # and none of .env, which may be of another account
        try:
            settings = cls(**told)
        except ValidationError:  # one field has no default
            raise WeatherError(_missing("MOMENTO_API_ENDPOINT")) from None
        except UnicodeDecodeError:
            raise WeatherError(".env is not UTF-8 text; save it as UTF-8") from None
        key = settings.momento_api_key.get_secret_value()
        if not key:
            raise WeatherError(_missing("MOMENTO_API_KEY"))
        if not re.fullmatch(r"[\x21-\x7e]+", key):  # httpx would quote it in its error
            raise WeatherError(
                "MOMENTO_API_KEY holds a space, a line break or a character outside ASCII;"
                " copy the key again from the Momento console"
            )
        return settings

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


def _missing(name: str) -> str:
    return (
        f"{name} is not set, and no local cloud is up: run ./help.sh up in another terminal,"
        " or fill in .env (copy .env.example)"
    )


def _local_cloud() -> dict[str, Any]:
    """Return the environment of the local cloud that is up, or nothing."""
    values = {name: value or "" for name, value in dotenv_values(LOCAL_CLOUD).items()}
    return values if _runs(values) else {}


def _runs(values: Mapping[str, str]) -> bool:
    process = values.get("LOCAL_CLOUD_PROCESS", "")
    if not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except OSError:
        return False
    return True
