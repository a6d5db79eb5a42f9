"""Misspelt settings, in the file and in the environment, are refused with the nearest name."""

from pathlib import Path

import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES

from stacks.settings import Settings, SettingsError
from stacks.settings.tool_variables import is_of_a_tool
from tests.each import each
from tests.synthesized import ENDPOINT, REPO, read_settings

FILE = f"MOMENTO_API_ENDPOINT={ENDPOINT}\n"


def complaints(**environment: str) -> list[str]:
    """Return the error lines of loading the settings."""
    try:
        read_settings(**environment)
    except SettingsError as error:
        return str(error).splitlines()
    return []


def test_the_key_that_manages_keys_is_refused_in_the_file_only(env_file: Path) -> None:
    """That key must not be kept."""
    env_file.write_text(f"{FILE}MOMENTO_ADMIN_API_KEY=planted\n")
    (line,) = complaints()
    assert line.startswith("MOMENTO_ADMIN_API_KEY in .env may manage all API keys and must not be ")
    assert "planted" not in line
    env_file.write_text(FILE)
    assert complaints(MOMENTO_ADMIN_API_KEY="planted") == []


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("CACHE_TTL_SECOND", "CACHE_TTL_SECONDS"),
        ("CACHE_TTL", "CACHE_TTL_SECONDS"),
        ("CACHE-TTL-SECONDS", "CACHE_TTL_SECONDS"),
        ("cache_ttl_second", "CACHE_TTL_SECONDS"),
        ("MOMENTO_CACHENAME", "MOMENTO_CACHE_NAME"),
        ("MOMENTO_CACHE", "MOMENTO_CACHE_NAME"),
        ("MOMENTO_APIKEY", "MOMENTO_API_KEY"),
        ("MOMENTO_KEY", "MOMENTO_API_KEY"),
        ("AWS_REGOIN", "AWS_REGION"),
        ("AWS_ACCES_KEY_ID", "AWS_ACCESS_KEY_ID"),
        ("AWS_PROVIDER", "AWS_PROVIDER_VERSION"),
        ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY"),
        ("PIPE_RETRIES", "PIPE_RETRY_ATTEMPTS"),
        ("TOPOLGY", "TOPOLOGY"),
        ("TAG", "TAGS"),
        ("STATEBUCKET", "STATE_BUCKET"),
        ("ALLOW_DESTORY", "ALLOW_DESTROY"),
        ("TTL_SECONDS", "CACHE_TTL_SECONDS"),
        ("MOMENTO_CACHE_TTL_SECONDS", "CACHE_TTL_SECONDS"),
        ("PREFIX", "NAME_PREFIX"),
        ("REGION", "AWS_REGION"),
        ("RATE_LIMIT", "DESTINATION_RATE_LIMIT"),
        ("LOG_LEVEL", "PIPE_LOG_LEVEL"),
        ("AWS_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
        ("API_KEY", "MOMENTO_API_KEY"),
        ("CACHE_NAME", "MOMENTO_CACHE_NAME"),
        ("RETRY_ATTEMPTS", "PIPE_RETRY_ATTEMPTS"),
        ("BUCKET", "STATE_BUCKET"),
        ("MOMENTO_STACK", "STACK"),
    ],
)
def test_a_misspelt_name_in_the_file_is_refused(env_file: Path, name: str, nearest: str) -> None:
    """Also a name that has only some words of a setting."""
    env_file.write_text(f"{FILE}{name}=600\n")
    (line,) = complaints()
    assert line == (
        f"{name} in .env is not a setting; did you mean {nearest}? Rename it or remove it"
        " (.env.example lists the settings)"
    )


@pytest.mark.parametrize(
    "name",
    [
        *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_ROLE_ARN", "AWS_PAGER"),
        *("AWS_ROLE_SESSION_NAME", "AWS_SHARED_CREDENTIALS_FILE", "AWS_DEFAULT_OUTPUT"),
        *("TF_VAR_iam_settle_seconds", "TF_LOG", "CDKTF_OUTDIR", "MOMENTO_AUTH_TOKEN"),
        *("AWS_MAX_ATTEMPTS", "AWS_ENDPOINT_URL_S3", "HTTPS_PROXY", "no_proxy"),
    ],
)
def test_a_name_of_a_tool_and_a_comment_are_left_alone(env_file: Path, name: str) -> None:
    env_file.write_text(f"{FILE}{name}=600\n# CACHE_TTL_SECONDS: 60\n\n")
    assert complaints() == []


def test_the_variables_of_boto3_are_known() -> None:
    told = [names for _, names, *_ in BOTOCORE_DEFAUT_SESSION_VARIABLES.values() if names]
    flat = {one for names in told for one in ([names] if isinstance(names, str) else names)}
    regions = {"AWS_REGION", "AWS_DEFAULT_REGION"}
    assert [name for name in sorted(flat - regions) if not is_of_a_tool(name)] == []


def test_byte_order_mark_is_ignored(env_file: Path) -> None:
    """Some editors on Windows write it first in a UTF-8 file."""
    env_file.write_text(f"{FILE}STACK=orders\n", encoding="utf-8-sig")
    assert read_settings(MOMENTO_API_ENDPOINT="").stack == "orders"


def test_a_setting_in_small_letters_is_a_setting(env_file: Path) -> None:
    """pydantic-settings accepts upper and lower case."""
    env_file.write_text(f"{FILE}cache_ttl_seconds=600\nexport Momento_Cache_Name=orders\n")
    settings = read_settings()
    assert (settings.cache_ttl_seconds, settings.cache_name) == (600, "orders")


def test_all_misspelt_and_missing_names_are_reported(env_file: Path) -> None:
    env_file.write_text(f"MOMENTO_API_ENDPIONT={ENDPOINT}\nTOPOLGY=bus\nCACHE_TTL_SECONDS=0\n")
    lines = complaints(MOMENTO_API_ENDPOINT="")
    assert [line.split()[0] for line in lines] == [
        "MOMENTO_API_ENDPIONT",
        "TOPOLGY",
        "MOMENTO_API_ENDPOINT",
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        *(
            (f"{name}=600", f"{name} in .env is not a setting")
            for name in ("DATABASE_URL", "NODE_ENV", "DEBUG", "PORT", "X", "_")
        ),
        ("DATABASE_URL: x", "DATABASE_URL in .env is not a setting"),
        ("CACHE_TTL_SECOND=", "CACHE_TTL_SECOND in .env is not a setting"),
        ("MOMENTO_APIKEY=planted", "MOMENTO_APIKEY in .env is not a setting"),
        ("MOMENTO_API_KEY planted", "MOMENTO_API_KEY in .env has no value"),
        *(
            (line, "CACHE_TTL_SECONDS in .env has no value: write CACHE_TTL_SECONDS=value in one")
            for line in ("CACHE_TTL_SECONDS: 60", "CACHE_TTL_SECONDS 60", "CACHE_TTL_SECONDS")
        ),
        ("export STACK", "STACK in .env has no value: write STACK=value in one line"),
        ("MOTD", "MOTD in .env is not a setting"),
        ("AWS_PROFILE: x", "AWS_PROFILE in .env has no value: write AWS_PROFILE=value"),
        ("=x", "line 2 of .env is not NAME=value: correct it"),
        ("planted" * 20, "line 2 of .env is not NAME=value: correct it"),
        ("planted" * 20 + "==", "line 2 of .env is not NAME=value: correct it"),
        ("{planted}", "line 2 of .env is not NAME=value: correct it"),
    ],
)
def test_line_without_a_setting_is_reported_in_one_sentence(
    env_file: Path, caplog: pytest.LogCaptureFixture, line: str, says: str
) -> None:
    """Only this project reads the file, so an unknown name must be a mistake.

    `python-dotenv` ignores a setting without a value, or logs a line that explains less. The
    value may be an API key, so it is not repeated.
    """
    env_file.write_text(f"{FILE}{line}\n")
    (told,) = complaints()
    assert told.startswith(says)
    assert "planted" not in told
    assert caplog.messages == []


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("CACHE_TTL_SECOND", "CACHE_TTL_SECONDS"),
        ("AWS_REGOIN", "AWS_REGION"),
        ("MOMENTO_CACHENAME", "MOMENTO_CACHE_NAME"),
        ("NAME_PREFX", "NAME_PREFIX"),
        *(("TOPOLGY", "TOPOLOGY"), ("TOPOLOYG", "TOPOLOGY"), ("TOPOLOGGY", "TOPOLOGY")),
        *(("STAK", "STACK"), ("STCAK", "STACK"), ("PROFIL", "PROFILE"), ("PROVILE", "PROFILE")),
        *(("ALARM", "ALARMS"), ("TAGGS", "TAGS"), ("topolgy", "TOPOLOGY")),
        *(("MOMENTO_CACHE", "MOMENTO_CACHE_NAME"), ("CACHE_TTL", "CACHE_TTL_SECONDS")),
        *(("STATEBUCKET", "STATE_BUCKET"), ("NAMEPREFIX", "NAME_PREFIX")),
        ("MOMENTO_CACHE_OPERATIONS", "MOMENTO_CACHE_OPERATIONS_PER_SECOND"),
    ],
)
def test_a_misspelt_variable_of_the_environment_is_refused(name: str, nearest: str) -> None:
    (line,) = complaints(**{name: "x"})
    assert line.startswith(f"{name} in the environment is not a setting; did you mean {nearest}?")


@each(
    name=[
        *("PROFILES", "STACKS", "MOMENTO_ENDPOINT", "AWS_ACCESS_KEY", "AWS_PROFILE", "LOG_LEVEL"),
        *("TAG", "REGION", "PREFIX", "SLACK", "STAGE", "STATE", "TABS", "PORT", "DEBUG", "TTL"),
        *("RATE_LIMIT", "STACK_NAME", "STATE_DIR", "CACHE_URL", "AWS_SECRET_KEY", "API_KEY"),
        *("MOMENTO", "AWS", "PIPE", "PIPENV_PIPFILE", "TABLE_NAME", "XDG_CACHE_HOME", "TERM"),
    ]
)
def test_variable_of_another_program_is_ignored(name: str) -> None:
    assert complaints(**{name: "x"}) == []


def test_the_example_has_no_misspelt_name(env_file: Path) -> None:
    env_file.write_bytes((REPO / ".env.example").read_bytes())
    assert Settings.load().stack == "weather"
