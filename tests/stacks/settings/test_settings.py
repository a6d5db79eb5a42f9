"""Settings: defaults, their documentation, and a clear line for each wrong value."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from stacks.settings import Settings, SettingsError
from tests.each import each
from tests.synthesized import ENDPOINT, REPO, read_settings

EXAMPLE = REPO / ".env.example"
UNDOCUMENTED = {
    "MIRROR_AWS_PROVIDER_VERSION",  # set by help.sh
}
CREDENTIALS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}


def _variable(field: FieldInfo) -> str:
    """Return the variable of a field; the first variable, if there are two."""
    alias = field.validation_alias
    return str(getattr(alias, "choices", [alias])[0])


FIELDS = {_variable(field): field for field in Settings.model_fields.values()}


def _complaints(**environment: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(**environment)
    return str(caught.value).splitlines()


def test_the_example_documents_every_setting_and_nothing_else() -> None:
    documented = re.findall(r"^#?([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == FIELDS.keys() - UNDOCUMENTED | CREDENTIALS


@each(variable=sorted(FIELDS.keys() - UNDOCUMENTED - {"MOMENTO_API_ENDPOINT"}))
def test_the_example_shows_the_default(variable: str) -> None:
    default = FIELDS[variable].get_default(call_default_factory=True)
    expected = (
        ""
        if default in (None, {})
        else re.sub("^(True|False)$", lambda word: word[0].lower(), str(default))
    )
    assert dotenv_values(EXAMPLE)[variable] == expected


def test_the_example_is_valid_as_it_is(env_file: Path) -> None:
    env_file.write_bytes(EXAMPLE.read_bytes())
    assert Settings.load() == read_settings(MOMENTO_API_ENDPOINT=ENDPOINT)


def test_the_environment_wins_over_the_file(env_file: Path) -> None:
    env_file.write_text("MOMENTO_CACHE_NAME=file\nMOMENTO_TOPIC_NAME=file\n")
    settings = read_settings(MOMENTO_CACHE_NAME="environment")
    assert (settings.cache_name, settings.topic_name) == ("environment", "file")


def test_an_empty_variable_counts_as_not_set(env_file: Path) -> None:
    env_file.write_text("MOMENTO_CACHE_NAME=file\nPIPE_RETRY_ATTEMPTS=\n")
    settings = read_settings(MOMENTO_CACHE_NAME="")
    assert (settings.cache_name, settings.retry_attempts) == ("file", 3)


def test_other_variables_of_the_environment_are_not_read() -> None:
    """Many shells set `LOG_LEVEL` and `REGION` for other programs."""
    strangers = {name.upper() for name in Settings.model_fields} - FIELDS.keys()
    assert {"LOG_LEVEL", "REGION"} <= strangers
    assert read_settings(**dict.fromkeys(strangers, "stranger")) == read_settings()


CARS = {"NAME_PREFIX": "cars"}
OWN_STATE = {"STATE_BUCKET": "mine", "STATE_KEY": "a/b"}


@each(
    ("environment", "name", "value"),
    [
        ({}, "region", "us-east-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1"}, "region", "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "us-west-2"}, "region", "us-west-2"),
        ({"MOMENTO_API_ENDPOINT": ENDPOINT}, "momento_api_endpoint", ENDPOINT),
        ({"MOMENTO_API_ENDPOINT": f"{ENDPOINT}/"}, "momento_api_endpoint", ENDPOINT),
        ({"TAGS": "team=weather"}, "tags", {"team": "weather"}),
        ({"TAGS": " team = weather , stage=test,"}, "tags", {"team": "weather", "stage": "test"}),
        ({"TAGS": "formula=a=b,empty="}, "tags", {"formula": "a=b", "empty": ""}),
        ({}, "state_bucket", "weather-stats-demo-terraform-state"),
        ({}, "state_key", "weather-stats-demo/terraform.tfstate"),
        (CARS, "state_bucket", "cars-terraform-state"),
        (CARS, "state_key", "cars/terraform.tfstate"),
        (OWN_STATE, "state_bucket", "mine"),
        (OWN_STATE, "state_key", "a/b"),
        ({}, "topology", "pipes"),
        ({"STACK": "weather"}, "topology", "pipes"),
        ({"STACK": "orders"}, "topology", "workflow"),
        ({"STACK": "orders", "TOPOLOGY": "pipes"}, "topology", "pipes"),
        ({"TOPOLOGY": "workflow"}, "topology", "workflow"),
    ],
)
def test_a_setting_is_read_from_the_environment(
    environment: dict[str, str], name: str, value: object
) -> None:
    """The region is read as AWS's tools read it; bucket and key of the state follow the prefix.

    A stack of one's own has a workflow unless another topology is set.
    """
    assert getattr(read_settings(**environment), name) == value


def test_allow_destroy_changes_only_the_protection_from_destroy() -> None:
    """Everything else stays as in production, so nothing is decrypted."""
    kept = read_settings(PROFILE="production").protection
    assert kept.keep_data
    allowed = read_settings(PROFILE="production", ALLOW_DESTROY="true").protection
    assert allowed == replace(kept, keep_data=False)
    assert allowed.own_key


def test_production_adds_tags_and_the_users_tags_win() -> None:
    settings = read_settings(PROFILE="production", NAME_PREFIX="traffic", TAGS="Project=cars,a=b")
    assert settings.tags == {"Project": "cars", "Profile": "production", "a": "b"}


@pytest.mark.parametrize("variable", ["ALARMS", "PIPE_LOG_EXECUTION_DATA", "WATCH"])
@pytest.mark.parametrize("profile", ["demo", "production"])
@pytest.mark.parametrize(("choice", "chosen"), [("true", True), ("false", False)])
def test_an_explicit_setting_wins_over_the_profile(
    variable: str, profile: str, choice: str, *, chosen: bool
) -> None:
    settings = read_settings(**{"PROFILE": profile, variable: choice})
    found = {
        "ALARMS": settings.alarms,
        "PIPE_LOG_EXECUTION_DATA": settings.log_execution_data,
        "WATCH": settings.watch,
    }
    assert found[variable] is chosen


@pytest.mark.parametrize(
    ("environment", "alarms", "data"),
    [
        ({}, False, True),
        ({"PROFILE": "demo"}, False, True),
        ({"PROFILE": "production"}, True, False),
    ],
)
def test_the_profile_decides_on_alarms_watch_and_execution_data(
    environment: dict[str, str], *, alarms: bool, data: bool
) -> None:
    settings = read_settings(**environment)
    found = (settings.alarms, settings.watch, settings.log_execution_data)
    assert found == (alarms, alarms, data)


WRONG = [
    ("PROFILE", "prod", "'demo' or 'production'"),
    ("ALARMS", "perhaps", "valid boolean.*.env.example shows the allowed values"),
    ("ALARM_TOPIC_ARN", "on-call", "write the ARN of a standard SNS topic.*leave it empty"),
    ("ALARM_TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:on-call.fifo", "a standard SNS topic"),
    ("MOMENTO_API_ENDPOINT", "http://momento.example", "need https; write it as in the"),
    ("MOMENTO_API_ENDPOINT", "momento.example", "need https; write it as in the Momento"),
    ("MOMENTO_API_ENDPOINT", "https://", "has no host; write it as in the Momento console"),
    ("MOMENTO_API_ENDPOINT", "https:momento.example", "need https; write it as in the"),
    ("MOMENTO_API_ENDPOINT", "https://a b.momentohq.com", "'a b.momentohq.com' is not the name"),
    ("MOMENTO_API_ENDPOINT", "https://a\tb.momentohq.com", "is not the name of a host"),
    ("MOMENTO_API_ENDPOINT", "https://é.momentohq.com", "'é.momentohq.com' is not the name"),
    ("MOMENTO_API_ENDPOINT", "https://${x}.momentohq.com", "is not the name of a host: use"),
    ("MOMENTO_API_ENDPOINT", "https://*.momentohq.com", "'*.momentohq.com' is not the name"),
    ("MOMENTO_API_ENDPOINT", "https://a..momentohq.com", "is not the name of a host"),
    ("MOMENTO_API_ENDPOINT", "https://-a.momentohq.com", "is not the name of a host"),
    ("MOMENTO_API_ENDPOINT", "https://[::1", "needs the name of a host, not an IPv6 address"),
    ("MOMENTO_API_ENDPOINT", "https://[::1]:8", "needs the name of a host, not an IPv6 address"),
    ("MOMENTO_API_ENDPOINT", "https://momento.example:0", "with the port '0'; remove the port, or"),
    ("MOMENTO_API_ENDPOINT", "https://momento.example:65536", "with the port '65536'; remove"),
    ("MOMENTO_API_ENDPOINT", "https://momento.example:x", "with the port 'x'; remove the port, or"),
    ("MOMENTO_API_ENDPOINT", "https://momento.example:", "with the port ''; remove the port, or"),
    ("MOMENTO_API_ENDPOINT", "https://:planted@momento.example", "has a user name or a password"),
    ("MOMENTO_API_ENDPOINT", "https://planted@momento.example", "has a user name or a password"),
    ("MOMENTO_API_ENDPOINT", "http://u:planted@momento.example", "has a user name or a password"),
    ("MOMENTO_API_ENDPOINT", "https://momento.example/cache", "remove the part after the host"),
    ("MOMENTO_API_ENDPOINT", "https://momento.example?token=x", "remove the part after the host"),
    ("MOMENTO_API_KEY", "k" * 513, "has 513 characters, .* create a key with fewer permissions"),
    ("MOMENTO_API_KEY", "two words", "has a space.* copy the key again"),
    ("AWS_REGION", "Ohio", "write an AWS region such as us-east-1"),
    ("AWS_REGION", "us-east-1a", "write an AWS region such as us-east-1"),
    ("MOMENTO_CACHE_NAME", "my cache", "use 1 to 255 letters, digits, dots, dashes or"),
    ("MOMENTO_TOPIC_NAME", "a/b", "use 1 to 255 letters, digits, dots, dashes or underscores"),
    ("MOMENTO_SECRET_NAME", "my secret", "use 1 to 512 letters, digits and /_"),
    ("NAME_PREFIX", "Weather", "use 3 to 24 lower-case letters, digits and single dashes"),
    ("NAME_PREFIX", "ab", "use 3 to 24 lower-case letters"),
    ("NAME_PREFIX", "a" * 25, "use 3 to 24 lower-case letters"),
    ("NAME_PREFIX", "a--b", "single dashes"),
    ("NAME_PREFIX", "ab-", "single dashes"),
    ("CACHE_TTL_SECONDS", "86401", "1 to 86400 seconds .a day.*Leave it empty"),
    ("CACHE_TTL_SECONDS", "0", "1 to 86400 seconds .a day.*Leave it empty"),
    ("PIPE_RETRY_ATTEMPTS", "0", "which the Terraform provider drops .*use 1 or more"),
    ("PIPE_RETRY_ATTEMPTS", "-1", "allows 1 to 10000"),
    ("PIPE_RETRY_ATTEMPTS", "10001", "allows 1 to 10000"),
    ("PIPE_RETRY_ATTEMPTS", "three", "valid integer.*.env.example shows the allowed values"),
    ("PIPE_RECORD_AGE_SECONDS", "59", "use 60 to 86399 seconds"),
    ("PIPE_RECORD_AGE_SECONDS", "86400", "use 60 to 86399 seconds"),
    ("RULE_RETRY_ATTEMPTS", "-1", "0 to 185"),
    ("RULE_RETRY_ATTEMPTS", "186", "0 to 185"),
    ("WATCH", "often", "valid boolean"),
    ("WATCH_MINUTES", "0", "use 1 to 60"),
    ("WATCH_ITEMS", "101", "use 1 to 100"),
    ("WATCH_REQUESTS", "5", "use 10 to 500"),
    ("WATCH_SETTLE_SECONDS", "0", "use 1 to 120"),
    ("PIPE_LOG_LEVEL", "DEBUG", "'OFF', 'ERROR', 'INFO' or 'TRACE'"),
    ("PIPE_LOG_EXECUTION_DATA", "perhaps", "valid boolean.*.env.example shows the allowed values"),
    ("DESTINATION_RATE_LIMIT", "0", "use 1 or more a second"),
    ("MOMENTO_CACHE_OPERATIONS_PER_SECOND", "0", "use 1 or more a second"),
    ("MOMENTO_TOPIC_OPERATIONS_PER_SECOND", "-5", "use 1 or more a second"),
    ("MOMENTO_MAX_TTL_SECONDS", "0", "use 1 second or more"),
    ("IAM_SETTLE_SECONDS", "-1", "use 0 to 300 seconds"),
    ("IAM_SETTLE_SECONDS", "301", "use 0 to 300 seconds"),
    ("STATE_BUCKET", "My_Bucket", "use 3 to 63 lower-case letters, digits, dots and dashes"),
    ("TAGS", "team", "write name=value pairs with commas between them"),
    ("TAGS", "=weather", "write name=value pairs with commas between them"),
    ("AWS_PROVIDER_VERSION", ">= 6", "write an exact version such as 5.100.0"),
    ("MIRROR_AWS_PROVIDER_VERSION", "6", "write an exact version such as 5.100.0"),
]


@each(("variable", "value", "fix"), WRONG)
def test_a_wrong_value_gives_one_line_with_the_variable_and_the_fix(
    variable: str, value: str, fix: str
) -> None:
    (line,) = _complaints(**{variable: value})
    assert re.match(rf"{variable}(:| is| has| holds) ", line)
    assert re.search(fix, line)


@each(
    ("variable", "value"),
    [
        ("MOMENTO_API_KEY", "k" * 512),
        ("CACHE_TTL_SECONDS", "1"),
        ("CACHE_TTL_SECONDS", "86400"),
        ("MOMENTO_MAX_TTL_SECONDS", "1"),
        ("MOMENTO_TOPIC_OPERATIONS_PER_SECOND", "1"),
        ("PIPE_RETRY_ATTEMPTS", "1"),
        ("PIPE_RETRY_ATTEMPTS", "10000"),
        ("PIPE_RECORD_AGE_SECONDS", "60"),
        ("PIPE_RECORD_AGE_SECONDS", "86399"),
        ("DESTINATION_RATE_LIMIT", "1"),
        ("IAM_SETTLE_SECONDS", "0"),
        ("IAM_SETTLE_SECONDS", "300"),
        ("NAME_PREFIX", "abc"),
        ("NAME_PREFIX", "a" * 24),
        ("AWS_REGION", "us-gov-west-1"),
        ("ALARM_TOPIC_ARN", "arn:aws:sns:eu-west-1:123456789012:on-call"),
    ],
)
def test_value_at_the_limit_is_accepted(variable: str, value: str) -> None:
    assert variable in FIELDS
    read_settings(**{variable: value})


def test_a_missing_endpoint_says_where_to_put_it() -> None:
    (line,) = _complaints(MOMENTO_API_ENDPOINT="")
    assert line == (
        "MOMENTO_API_ENDPOINT is not set: put it in .env or the environment"
        " (copy .env.example to .env and fill it in)"
    )


def test_several_wrong_values_give_a_line_each() -> None:
    lines = _complaints(MOMENTO_API_ENDPOINT="", PIPE_RETRY_ATTEMPTS="0", TAGS="team")
    assert [line.split()[0] for line in lines] == [
        "MOMENTO_API_ENDPOINT",
        "PIPE_RETRY_ATTEMPTS",
        "TAGS",
    ]


def test_a_file_that_is_not_text_gives_a_line(env_file: Path) -> None:
    env_file.write_bytes("TAGS=owner=José\n".encode("latin-1"))
    (line,) = _complaints()
    assert ".env" in line


@pytest.mark.parametrize("key", ["planted" * 80, "planted key", "plantéd"])
def test_a_wrong_key_is_not_repeated_in_the_message(key: str) -> None:
    """The error's cause does not have it either; an error tracker would show that."""
    with pytest.raises(SettingsError) as caught:
        read_settings(MOMENTO_API_KEY=key)
    assert caught.value.__suppress_context__
    for error in (caught.value, caught.value.__context__):
        assert error is not None
        assert "plant" not in f"{error!s} {error!r}"


def test_the_key_is_not_shown_with_the_settings() -> None:
    settings = read_settings(MOMENTO_API_KEY="planted")
    assert settings.momento_api_key is not None
    assert settings.momento_api_key.get_secret_value() == "planted"
    assert "planted" not in f"{settings!r} {settings!s} {settings.model_dump_json()}"


def test_settings_cannot_be_changed() -> None:
    settings = read_settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.retry_attempts = 5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("most", "ttl", "taken"),
    [
        ("2592000", "2592000", True),
        ("2592000", "2592001", False),
        ("3600", "3600", True),
        ("3600", "3601", False),
    ],
)
def test_ttl_is_checked_against_the_accounts_limit(most: str, ttl: str, *, taken: bool) -> None:
    """Momento: a day with on-demand storage, no limit with provisioned storage."""
    given = {"MOMENTO_MAX_TTL_SECONDS": most, "CACHE_TTL_SECONDS": ttl}
    if taken:
        assert read_settings(**given).cache_ttl_seconds == int(ttl)
    else:
        (line,) = _complaints(**given)
        assert line.startswith(f"CACHE_TTL_SECONDS is {ttl}; Momento keeps an item 1 to {most} s")
        assert "(a day)" not in line


def test_the_limits_are_a_new_accounts_unless_set() -> None:
    """Momento's pages on service quotas."""
    found = read_settings().momento_limits
    assert (found.cache_operations, found.topic_operations, found.max_ttl_seconds) == (
        *(100, 10),
        86_400,
    )
    assert found.destination_rate is None
    found = read_settings(
        MOMENTO_CACHE_OPERATIONS_PER_SECOND="1000",
        MOMENTO_TOPIC_OPERATIONS_PER_SECOND="50",
        DESTINATION_RATE_LIMIT="300",
    ).momento_limits
    assert (found.cache_operations, found.topic_operations) == (1_000, 50)
    assert found.destination_rate == 300
