"""Where the room works: a local cloud that is up, else what the environment and `.env` say."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import live.place
from stacks.settings import Settings, SettingsError
from tests.conftest import KEY
from tests.place import SECRET, settings_of
from weather.errors import WeatherError
from weather.settings import NO_CLOUD, WeatherSettings

LOCAL = {
    "LOCAL_CLOUD_PROCESS": str(os.getpid()),
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "AWS_REGION": "eu-west-1",
    "AWS_SECRET_ACCESS_KEY": "local",
    "MOMENTO_API_ENDPOINT": "https://the.real.one",
    "MOMENTO_API_KEY": "local-api-key",
    "MOMENTO_ENDPOINT_URL": "http://127.0.0.1:4567",
    "PIPE_DELIVERIES_URL": "http://127.0.0.1:4568/deliveries",
}


class Files:
    """A folder to load the settings in, and the file of a local cloud."""

    def __init__(self, folder: Path, local_cloud: Path) -> None:
        self._folder = folder
        self._local_cloud = local_cloud

    def env(self, **values: str) -> None:
        """Write `.env`."""
        (self._folder / ".env").write_text(_lines(values), encoding="utf-8")

    def latin(self) -> None:
        """Write a `.env` that is not UTF-8."""
        (self._folder / ".env").write_bytes(b"MOMENTO_CACHE_NAME=caf\xe9\n")

    def local_cloud(self, **changes: str) -> None:
        """Write what a local cloud says of itself, with changes."""
        self._local_cloud.write_text(_lines(LOCAL | changes), encoding="utf-8")


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    """Return an empty folder that is the current one, without a local cloud.

    The environment is what it was again afterwards: to load is to enter a place.
    """
    before = dict(os.environ)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(Settings.model_config, "env_file", ".env")
    monkeypatch.setattr(live.place, "LOCAL_CLOUD", tmp_path / "local-cloud.env")
    yield Files(tmp_path, tmp_path / "local-cloud.env")
    os.environ.clear()
    os.environ.update(before)


def real(files: Files) -> None:
    """Fill in `.env` as for AWS."""
    files.env(MOMENTO_API_KEY=KEY, MOMENTO_API_ENDPOINT="https://momento.test")


def complaint(*, aws: bool = False) -> str:
    """Return what loading fails with."""
    with pytest.raises(WeatherError) as caught:
        WeatherSettings.load(aws=aws)
    return str(caught.value)


def test_a_local_cloud_that_is_up_wins_over_the_environment_and_the_file(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    real(files)
    files.local_cloud()
    monkeypatch.setenv("MOMENTO_API_KEY", KEY)
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    settings = WeatherSettings.load()
    assert settings.aws_endpoint == LOCAL["AWS_ENDPOINT_URL"]
    assert settings.momento.origin == LOCAL["MOMENTO_ENDPOINT_URL"]
    assert settings.momento.key == "local-api-key"
    assert settings.deliveries_url == LOCAL["PIPE_DELIVERIES_URL"]
    assert settings.stack.region == "eu-west-1"
    assert settings.place == "the local cloud at http://127.0.0.1:4566"


def test_no_real_credentials_go_to_a_local_cloud(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.local_cloud()
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", SECRET)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    settings = WeatherSettings.load()
    assert "AWS_DEFAULT_PROFILE" not in settings.env
    assert settings.env["AWS_SECRET_ACCESS_KEY"] == LOCAL["AWS_SECRET_ACCESS_KEY"]
    assert SECRET not in settings.env.values()


@pytest.mark.parametrize("process", ["", "x", "-1", None])
def test_a_file_whose_process_is_gone_is_ignored(files: Files, process: str | None) -> None:
    """A file that names no process is ignored, too."""
    if process is None:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        ended.wait()
        process = str(ended.pid)
    real(files)
    files.local_cloud(LOCAL_CLOUD_PROCESS=process)
    settings = WeatherSettings.load()
    assert settings.aws_endpoint is None
    assert settings.place == "AWS us-east-1 and Momento at https://momento.test"


def test_a_local_cloud_is_passed_over_for_aws(files: Files) -> None:
    real(files)
    files.local_cloud()
    settings = WeatherSettings.load(aws=True)
    assert (settings.aws_endpoint, settings.deliveries_url) == (None, None)
    assert settings.momento.key == KEY


def test_an_endpoint_in_the_environment_wins_over_a_local_cloud(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the local cloud starts gets its settings from the environment only."""
    real(files)
    files.local_cloud()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:5000")
    settings = WeatherSettings.load()
    assert settings.aws_endpoint == "http://127.0.0.1:5000"
    assert settings.momento.origin == "https://momento.test"


@pytest.mark.parametrize("missing", ["MOMENTO_API_ENDPOINT", "MOMENTO_API_KEY"])
@pytest.mark.parametrize("aws", [True, False])
def test_a_missing_resource_is_named_with_the_next_step(
    files: Files,
    missing: str,
    aws: bool,  # noqa: FBT001
) -> None:
    """The name is that of `.env.example`. A local cloud may be up, but not be used."""
    values = {"MOMENTO_API_KEY": KEY, "MOMENTO_API_ENDPOINT": "https://momento.test"}
    files.env(**values | {missing: ""})
    files.local_cloud(LOCAL_CLOUD_PROCESS="" if not aws else str(os.getpid()))
    said, *rest = complaint(aws=aws).splitlines()
    assert said.startswith(f"{missing} is not set: put it in .env")
    assert rest == ([] if aws else [NO_CLOUD.strip()])


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused_and_not_shown(
    files: Files, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    real(files)
    monkeypatch.setenv("MOMENTO_API_KEY", key)
    said = complaint()
    assert said.startswith("MOMENTO_API_KEY holds a space, a line break or a character outside")
    assert key not in said


@pytest.mark.parametrize("ttl", ["0", "86401", "soon", "1.5"])
def test_a_ttl_that_the_stack_refuses_is_an_error(
    files: Files, monkeypatch: pytest.MonkeyPatch, ttl: str
) -> None:
    """In the stack's words; and not that no local cloud is up."""
    real(files)
    monkeypatch.setenv("CACHE_TTL_SECONDS", ttl)
    said = complaint()
    assert said.startswith("CACHE_TTL_SECONDS")
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert said == str(caught.value)


def test_a_ttl_may_be_as_long_as_the_accounts(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account with provisioned storage has no bound: MOMENTO_MAX_TTL_SECONDS says which."""
    real(files)
    monkeypatch.setenv("MOMENTO_MAX_TTL_SECONDS", "2592000")
    monkeypatch.setenv("CACHE_TTL_SECONDS", "2592000")
    settings = WeatherSettings.load()
    assert (settings.stack.cache_ttl_seconds, settings.stack.max_ttl_seconds) == (2_592_000,) * 2


def test_a_misspelt_setting_has_the_stacks_own_message(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In `.env` and in the environment; also of settings that only the stack reads."""
    real(files)
    monkeypatch.setenv("CACHE_TTL_SECOND", "600")
    with (Path.cwd() / ".env").open("a", encoding="utf-8") as file:
        file.write("\nPIPE_LOG_LEVL=OFF\nPIPE_LOG_LEVEL=OFF\nAWS_PAGER=x\n")
    assert [line.partition(" is no")[0] for line in complaint().splitlines()] == [
        "PIPE_LOG_LEVL in .env",
        "CACHE_TTL_SECOND in the environment",
    ]


def test_a_file_that_is_not_utf_8_is_an_error(files: Files) -> None:
    files.latin()
    assert complaint() == ".env is not UTF-8 text; save it as UTF-8"


def test_the_environment_wins_over_the_file_and_an_empty_variable_counts_as_not_set(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    real(files)
    monkeypatch.setenv("MOMENTO_API_ENDPOINT", "https://other.test")
    monkeypatch.setenv("MOMENTO_API_KEY", "")
    settings = WeatherSettings.load()
    assert settings.momento.origin == "https://other.test"
    assert settings.momento.key == KEY


def test_secrets_are_not_shown() -> None:
    settings = settings_of(
        MOMENTO_API_KEY=KEY,
        MOMENTO_API_ENDPOINT="https://momento.test",
        AWS_SECRET_ACCESS_KEY=SECRET,
        AWS_SESSION_TOKEN=SECRET,
    )
    shown = f"{settings!r} {settings} {settings.place}"
    assert KEY not in shown
    assert SECRET not in shown


ACCOUNT = {
    "AWS_PROFILE": "production",
    "AWS_REGION": "us-west-2",
    "AWS_ENDPOINT_URL_DYNAMODB": "https://dynamodb.test",
    "AWS_CA_BUNDLE": "/etc/ca.pem",
}


def test_a_command_finds_a_local_cloud_by_the_environment(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though the environment is of a real account."""
    real(files)
    files.local_cloud()
    for name in ("AWS_REGION", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, ACCOUNT[name])
    found = WeatherSettings.load().env
    assert (
        found.items()
        >= {
            name: value for name, value in LOCAL.items() if not name.startswith("LOCAL_CLOUD")
        }.items()
    )
    assert found["PATH"] == os.environ["PATH"]
    assert not {"AWS_ENDPOINT_URL_DYNAMODB", "AWS_CA_BUNDLE"} & found.keys()


def test_a_command_finds_aws_by_the_environment(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a local cloud is used, though one is up."""
    real(files)
    files.local_cloud()
    for name, value in ACCOUNT.items():
        monkeypatch.setenv(name, value)
    found = WeatherSettings.load(aws=True).env
    assert found.items() >= ACCOUNT.items()
    for name in ("AWS_ENDPOINT_URL", "MOMENTO_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"):
        assert name not in found


def test_an_empty_value_of_the_local_cloud_counts_as_not_set(files: Files) -> None:
    files.local_cloud(CACHE_TTL_SECONDS="")
    assert WeatherSettings.load().stack.cache_ttl_seconds is None


def test_a_profile_is_used_at_the_users_own_endpoint(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The profile is in AWS's own files, which a local cloud's commands do not read."""
    real(files)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    found = WeatherSettings.load().env
    assert found["AWS_PROFILE"] == "mine"
    assert "AWS_CONFIG_FILE" not in found


def test_the_queue_and_the_log_group_have_the_tables_name() -> None:
    settings = settings_of(NAME_PREFIX="mine", MOMENTO_API_ENDPOINT="https://momento.test")
    assert settings.dead_letter_queue == "mine-dlq"
    assert settings.log_group == "/aws/vendedlogs/pipes/mine"
