"""Commands work on the local cloud while one is up, unless the user asks for AWS."""

import os
from pathlib import Path

import pytest

from live import cloud

LOCAL = {
    "LOCAL_CLOUD_PROCESS": str(os.getpid()),
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": "eu-west-1",
    "CDKTF_OUTDIR": "/tmp/gone",  # noqa: S108 - a name
    "MOMENTO_API_KEY": "local-api-key",
    "NAME_PREFIX": "local-names",
    "TF_VAR_iam_settle_seconds": "0",
}
REAL = {
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_SQS": "https://sqs.test",
    "AWS_REGION": "us-west-2",
    "NAME_PREFIX": "real-names",
    "PATH": "/bin",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the file of a local cloud that is up."""
    path = tmp_path / "local-cloud.env"
    path.write_text("".join(f"{name}={value}\n" for name, value in LOCAL.items()))
    return path


def test_a_running_local_cloud_is_found_and_real_settings_are_removed(file: Path) -> None:
    found = cloud.environment(REAL, file=file)
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert (found["AWS_ACCESS_KEY_ID"], found["AWS_REGION"]) == ("local", "eu-west-1")
    assert (found["NAME_PREFIX"], found["PATH"]) == ("local-names", "/bin")
    assert found["AWS_CONFIG_FILE"] == os.devnull
    assert not {"AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_SQS", "CDKTF_OUTDIR"} & found.keys()


@pytest.mark.parametrize(
    ("asked", "aws"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, False),
        ({"AWS_PROFILE": "production"}, False),
        ({}, True),
    ],
    ids=["endpoint", "profile", "--aws"],
)
def test_another_cloud_can_be_asked_for(file: Path, asked: dict[str, str], *, aws: bool) -> None:
    base = REAL | asked
    assert cloud.environment(base, aws=aws, file=file) == base


def test_a_stack_that_is_named_stays(file: Path) -> None:
    file.write_text(file.read_text() + "STACK=sessions\n")
    assert cloud.environment({}, file=file)["STACK"] == "sessions"
    assert cloud.environment({"STACK": "orders"}, file=file)["STACK"] == "orders"


@pytest.mark.parametrize("process", ["", "x", "-1", "99999999999999999999", "4194305"])
def test_a_local_cloud_that_ended_is_ignored(tmp_path: Path, process: str) -> None:
    file = tmp_path / "local-cloud.env"
    file.write_text(f"LOCAL_CLOUD_PROCESS={process}\nAWS_ENDPOINT_URL=http://127.0.0.1:1\n")
    assert cloud.environment(REAL, file=file) == REAL
    assert cloud.environment(REAL, file=tmp_path / "none") == REAL


def test_credentials_of_the_file_are_used_only_on_aws(file: Path, tmp_path: Path) -> None:
    """A profile in `.env` is only for AWS. The command still works on the local cloud."""
    env_file = tmp_path / ".env"
    env_file.write_text("AWS_PROFILE=mine\nNAME_PREFIX=x\n")
    there = cloud.environment({}, env_file=env_file, file=tmp_path / "none")
    assert there == {"AWS_PROFILE": "mine"}
    assert "AWS_PROFILE" not in cloud.environment({}, env_file=env_file, file=file)
    given = {"AWS_ACCESS_KEY_ID": "a"}
    assert cloud.environment(given, env_file=env_file, file=tmp_path / "none") == given
    elsewhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    assert cloud.environment(elsewhere, env_file=env_file, file=tmp_path / "none") == elsewhere
    env_file.write_bytes(b"AWS_PROFILE=caf\xe9\n")
    assert cloud.environment({}, env_file=env_file, file=tmp_path / "none") == {}
