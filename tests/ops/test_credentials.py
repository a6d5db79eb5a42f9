"""Credentials in `.env` reach the tools that read none, and never mix with the environment's."""

from pathlib import Path

import pytest

from tests.conftest import ENDPOINT, ROOT, House

SHOW = """
from ops.stack import load_settings
from ops.terraform import environment
for name, value in environment(load_settings()).items():
    print(f"{name}={value}")
"""
IN_FILE = "AWS_ACCESS_KEY_ID=id\nAWS_SECRET_ACCESS_KEY='it$(id) is'\nAWS_REGION=eu-west-1\n"
BARE = {"PATH": "/usr/bin:/bin", "MOMENTO_API_ENDPOINT": ENDPOINT}


@pytest.fixture
def env_file(house: House) -> Path:
    """Return the path of the project's `.env`, which is gone after the test."""
    return house.root / ".env"


def loaded(house: House, env_file: Path, text: str, env: dict[str, str]) -> dict[str, str]:
    """Return the AWS variables that a command gets."""
    env_file.write_text(text, encoding="utf-8")
    try:
        done = house.run(".venv/bin/python", "-c", SHOW, env=BARE | env)
    finally:
        env_file.unlink()
    assert done.returncode == 0, done.stderr
    lines = (line.partition("=") for line in done.stdout.splitlines())
    return {name: value for name, _, value in lines if name.startswith("AWS_")}


def test_they_are_taken_from_the_file(house: House, env_file: Path) -> None:
    assert loaded(house, env_file, IN_FILE, {}) == {
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "it$(id) is",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    }


@pytest.mark.parametrize(
    "env",
    [
        {"AWS_PROFILE": "mine"},
        {"AWS_ACCESS_KEY_ID": "other"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
    ],
    ids=lambda env: next(iter(env)),
)
def test_credentials_of_the_file_are_not_mixed_with_the_environments(
    house: House, env_file: Path, env: dict[str, str]
) -> None:
    """The region is none of them."""
    region = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
    assert loaded(house, env_file, IN_FILE, env) == env | region


@pytest.mark.parametrize(
    ("text", "env", "region"),
    [
        ("AWS_DEFAULT_REGION=us-west-2\n", {}, "us-west-2"),
        (IN_FILE, {"AWS_REGION": "us-west-2"}, "us-west-2"),
        (IN_FILE, {"AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "eu-west-3"}, "us-west-2"),
        ("", {"AWS_REGION": "us-west-2"}, "us-west-2"),
        ("", {}, "us-east-1"),
    ],
)
def test_boto3_gets_the_region_of_the_settings(
    house: House, env_file: Path, text: str, env: dict[str, str], region: str | None
) -> None:
    """boto3 reads AWS_DEFAULT_REGION only (boto3, "Configuration": environment variables)."""
    assert loaded(house, env_file, text, env).get("AWS_DEFAULT_REGION") == region


def test_the_commands_that_reach_aws_load_them() -> None:
    """A command reads the settings only after it took the credentials or found the place."""
    readers = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "ops").rglob("*.py")
        if "Settings.load()" in file.read_text(encoding="utf-8")
    }
    doctor = {"ops/doctor/__init__.py", "ops/doctor/tools.py"}
    assert readers == doctor | {"ops/place.py", "ops/stack.py"}
