"""Credentials in `.env` reach the tools that read none, and never mix with the environment's."""

import os
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest

from ops.terraform.stack import load_settings
from ops.terraform.terraform import environment
from stacks.settings import Settings
from tests.conftest import ENDPOINT, ROOT, House

IN_FILE = "AWS_ACCESS_KEY_ID=id\nAWS_SECRET_ACCESS_KEY='it$(id) is'\nAWS_REGION=eu-west-1\n"
BARE = {"PATH": "/usr/bin:/bin", "MOMENTO_API_ENDPOINT": ENDPOINT}


Load = Callable[[str, dict[str, str]], dict[str, str]]


@pytest.fixture
def loaded(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a function that returns the AWS variables of a command's tools.

    It gets the text of `.env`, and variables of the environment.
    """
    assert house.root.exists()
    file = tmp_path / ".env"
    monkeypatch.setitem(Settings.model_config, "env_file", str(file))

    def loaded(text: str, env: dict[str, str]) -> dict[str, str]:
        file.write_text(text, encoding="utf-8")
        with mock.patch.dict(os.environ, BARE | env, clear=True):
            found = environment(load_settings())
        return {name: value for name, value in found.items() if name.startswith("AWS_")}

    return loaded


def test_they_are_taken_from_the_file(loaded: Load) -> None:
    assert loaded(IN_FILE, {}) == {
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
    loaded: Load, env: dict[str, str]
) -> None:
    """The region is none of them."""
    region = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}
    assert loaded(IN_FILE, env) == env | region


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
    loaded: Load, text: str, env: dict[str, str], region: str | None
) -> None:
    """boto3 reads AWS_DEFAULT_REGION only (boto3, "Configuration": environment variables)."""
    assert loaded(text, env).get("AWS_DEFAULT_REGION") == region


def test_the_commands_that_reach_aws_load_them() -> None:
    """A command reads the settings only after it took the credentials or found the place."""
    readers = {
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "ops").rglob("*.py")
        if "Settings.load()" in file.read_text(encoding="utf-8")
    }
    doctor = {"ops/doctor/__init__.py", "ops/doctor/tools.py"}
    assert readers == doctor | {"ops/shared/cloud.py", "ops/terraform/stack.py"}
