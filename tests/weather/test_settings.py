"""The weather commands work on a local cloud that is up, otherwise on the cloud of `.env`."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import live.cloud
from live.cloud_settings import NO_CLOUD
from live.errors import LiveError
from stacks.settings import Settings, SettingsError
from tests.conftest import KEY
from tests.running_weather import SECRET, settings_of
from weather.settings import WeatherSettings

LOCAL = {
    "LOCAL_CLOUD_PROCESS": str(os.getpid()),
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "AWS_REGION": "eu-west-1",
    "AWS_SECRET_ACCESS_KEY": "local",
    "MOMENTO_API_ENDPOINT": "https://the.real.one",
    "MOMENTO_API_KEY": "local-api-key",
    "MOMENTO_ENDPOINT_URL": "http://127.0.0.1:4567",
    "PIPE_DELIVERIES_URL": "http://127.0.0.1:4568/steps",
}


class Files:
    """A folder to load the settings in, and the file of a local cloud."""

    def __init__(self, folder: Path, local_cloud: Path) -> None:
        self._folder = folder
        self._local_cloud = local_cloud

    def env(self, **values: str) -> None:
        """Write `.env`."""
        (self._folder / ".env").write_text(_lines(values), encoding="utf-8")

    def local_cloud(self, **changes: str) -> None:
        """Write the settings of a local cloud, with changes."""
        self._local_cloud.write_text(_lines(LOCAL | changes), encoding="utf-8")


def _lines(values: Mapping[str, str]) -> str:
    return "".join(f"{name}={value}\n" for name, value in values.items())


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Files]:
    """Return an empty folder that is the current one, without a local cloud.

    Afterwards, the environment is the same as before: loading changes it.
    """
    before = dict(os.environ)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(Settings.model_config, "env_file", ".env")
    monkeypatch.setattr(live.cloud, "LOCAL_CLOUD", tmp_path / "local-cloud.env")
    yield Files(tmp_path, tmp_path / "local-cloud.env")
    os.environ.clear()
    os.environ.update(before)


def real(files: Files) -> None:
    """Write an `.env` for AWS."""
    files.env(MOMENTO_API_KEY=KEY, MOMENTO_API_ENDPOINT="https://momento.test")


def complaint(*, aws: bool = False) -> str:
    """Return the error of loading."""
    with pytest.raises(LiveError) as caught:
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
    assert settings.is_local
    assert settings.access().origin == LOCAL["MOMENTO_ENDPOINT_URL"]
    assert settings.access().key == "local-api-key"
    assert settings.stack.region == "eu-west-1"
    assert settings.cloud == "the local cloud at http://127.0.0.1:4566"


def test_a_local_cloud_is_passed_over_for_aws(files: Files) -> None:
    real(files)
    files.local_cloud()
    settings = WeatherSettings.load(aws=True)
    assert not settings.is_local
    assert settings.access().key == KEY
    assert settings.cloud == "AWS us-east-1 and Momento at https://momento.test"


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


def test_a_setting_that_the_stack_refuses_is_an_error(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is the stack's, and does not say that no local cloud is up."""
    real(files)
    monkeypatch.setenv("CACHE_TTL_SECONDS", "0")
    said = complaint()
    assert said.startswith("CACHE_TTL_SECONDS")
    with pytest.raises(SettingsError) as caught:
        Settings.load()
    assert said == str(caught.value)


def test_secrets_are_not_shown() -> None:
    settings = settings_of(
        MOMENTO_API_KEY=KEY,
        MOMENTO_API_ENDPOINT="https://momento.test",
        AWS_SECRET_ACCESS_KEY=SECRET,
        AWS_SESSION_TOKEN=SECRET,
    )
    shown = f"{settings!r} {settings} {settings.cloud}"
    assert KEY not in shown
    assert SECRET not in shown


def test_an_empty_value_of_the_local_cloud_counts_as_not_set(files: Files) -> None:
    files.local_cloud(CACHE_TTL_SECONDS="")
    assert WeatherSettings.load().stack.cache_ttl_seconds is None
