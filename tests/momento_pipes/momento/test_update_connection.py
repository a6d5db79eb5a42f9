"""The program that gives the connection the key, against the local AWS's EventBridge."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud import LocalAws
from momento_pipes.momento.connection import COMMAND, PYTHON, UPDATE
from momento_pipes.momento.update_connection import (
    SECONDS,
    KeyNotGivenError,
    update,
    version_of,
)

KEY = "planted-5b1d-key"
GIVEN = {
    "CONNECTION_NAME": "c",
    "CONNECTION_REGION": "us-east-1",
    "CONNECTION_API_KEY": KEY,
    "CONNECTION_KEY_VERSION": version_of(KEY),
    "CONNECTION_KMS_KEY": "",
    "CONNECTION_SECRET": "",
}


@pytest.fixture(autouse=True)
def connection(local_aws: LocalAws) -> Iterator[None]:
    """Have a connection with a placeholder, and a secret without a value."""
    assert local_aws.endpoint
    with closing(boto3.client("events")) as events:
        events.create_connection(
            Name="c",
            AuthorizationType="API_KEY",
            AuthParameters={
                "ApiKeyAuthParameters": {"ApiKeyName": "Authorization", "ApiKeyValue": "old"}
            },
        )
        yield
        events.delete_connection(Name="c")


def stored() -> Any:
    """Return what EventBridge keeps for the connection."""
    with (
        closing(boto3.client("events")) as events,
        closing(boto3.client("secretsmanager")) as secrets,
    ):
        arn = events.describe_connection(Name="c")["SecretArn"]
        return json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])


def run(**changes: str) -> subprocess.CompletedProcess[str]:
    """Run the command as Terraform does."""
    given = {
        "CONNECTION_PYTHON": sys.executable,
        "CONNECTION_PROGRAM": UPDATE.read_text(encoding="utf-8"),
        "UPDATE_CONNECTION": PYTHON,
    }
    return subprocess.run(
        ["/bin/sh", "-c", COMMAND],
        env=dict(os.environ) | GIVEN | given | changes,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_command_gives_the_connection_the_key_and_prints_nothing() -> None:
    done = run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert stored() == {"api_key_name": "Authorization", "api_key_value": KEY}


def test_the_secret_gets_the_key_too() -> None:
    with closing(boto3.client("secretsmanager")) as secrets:
        arn = secrets.create_secret(Name="walk-through")["ARN"]
        update(GIVEN | {"CONNECTION_SECRET": arn}, boto3.client)
        assert secrets.get_secret_value(SecretId=arn)["SecretString"] == KEY


def test_another_key_than_the_plans_is_refused_and_not_shown() -> None:
    """The state would have the version of a key that the connection does not have."""
    done = run(CONNECTION_API_KEY="planted-another-key")
    assert done.returncode == 1
    assert f"the plan is for an API key of version {version_of(KEY)}" in done.stderr
    assert "or make a new plan" in done.stderr
    assert "planted" not in done.stderr
    assert "Traceback" not in done.stderr
    assert stored()["api_key_value"] == "old"


def test_an_error_of_aws_is_printed_without_the_key() -> None:
    done = run(CONNECTION_NAME=f"no-{KEY}")
    assert done.returncode == 1
    assert "error: the connection did not get the API key:" in done.stderr
    assert "Connection 'no-***' does not exist" in done.stderr
    assert KEY not in done.stderr


def test_without_boto3_the_error_says_what_to_set(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n', encoding="utf-8")
    bare.chmod(0o700)
    for python in ("no-such-python", str(bare)):
        done = run(CONNECTION_PYTHON=python, PATH="/no-such-folder")
        assert done.returncode == 1
        assert done.stderr == (
            "error: found no Python with boto3: set CONNECTION_PYTHON to the path of one\n"
        )


class Reluctant:
    """EventBridge that refuses a number of updates, and then takes time to authorize."""

    def __init__(self, refusals: list[tuple[str, str]], states: list[str]) -> None:
        self._refusals, self._states = refusals, states
        self.sent: list[dict[str, Any]] = []

    def update_connection(self, **sent: Any) -> None:
        """Take the update, or refuse it."""
        self.sent.append(sent)
        if self._refusals:
            code, message = self._refusals.pop(0)
            error = {"Error": {"Code": code, "Message": message}}
            raise ClientError(error, "UpdateConnection")  # type: ignore[arg-type]

    def describe_connection(self, Name: str) -> dict[str, str]:  # noqa: N803 - boto3's own
        """Return the next state."""
        assert Name == "c"
        return {
            "ConnectionState": self._states.pop(0) if len(self._states) > 1 else self._states[0]
        }


def test_the_program_waits_until_the_connection_is_authorized() -> None:
    aws, waits = Reluctant([], ["AUTHORIZING", "AUTHORIZING", "AUTHORIZED"]), list[float]()
    update(GIVEN, lambda *_, **__: aws, sleep=waits.append)
    assert (len(aws.sent), waits) == (1, [1, 1])


@pytest.mark.parametrize(
    ("refusals", "key"),
    [
        ([("ConcurrentModificationException", "busy")] * 2, {}),
        ([("AccessDeniedException", "no kms:Decrypt")], {"CONNECTION_KMS_KEY": "arn:k"}),
    ],
    ids=["another update runs", "the new KMS key may not be used yet"],
)
def test_the_update_is_sent_again(refusals: list[tuple[str, str]], key: dict[str, str]) -> None:
    aws, times = Reluctant(refusals, ["AUTHORIZED"]), len(refusals) + 1
    update(GIVEN | key, lambda *_, **__: aws, sleep=lambda _: None)
    sent = [one.get("KmsKeyIdentifier") for one in aws.sent]
    assert sent == [key.get("CONNECTION_KMS_KEY")] * times


def test_the_program_gives_up_after_five_minutes() -> None:
    aws, waits = Reluctant([], ["DEAUTHORIZED"]), list[float]()
    with pytest.raises(KeyNotGivenError, match="was not authorized within 300 seconds"):
        update(GIVEN, lambda *_, **__: aws, sleep=waits.append)
    assert len(waits) == SECONDS


def test_a_version_has_seven_digits_and_differs_for_another_key() -> None:
    """The same as `printf %s KEY | sha256sum | head -c 7`."""
    printed = subprocess.run(
        ["sh", "-c", f"printf %s {KEY} | sha256sum | head -c 7"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert version_of(KEY) == printed.stdout
    assert version_of(KEY) != version_of(KEY + "x")
