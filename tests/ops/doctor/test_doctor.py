"""`./help.sh doctor`: all checks in one table, and an exit code for scripts."""

import os
from collections.abc import Iterator

import pytest

from localcloud.momento.service import LocalMomento
from tests.conftest import ENDPOINT, KEY, House
from tests.ops.conftest import Fake, Run


@pytest.fixture(autouse=True)
def well(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have everything in order, but for an account to deploy to."""
    with LocalMomento(api_key=KEY, caches=("momento-eventbridge-cache",)) as momento:
        monkeypatch.setenv("MOMENTO_ENDPOINT_URL", momento.endpoint)
        monkeypatch.setenv("MOMENTO_API_ENDPOINT", ENDPOINT)
        monkeypatch.setenv("MOMENTO_API_KEY", KEY)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.delenv("COLUMNS", raising=False)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            monkeypatch.setenv(name, os.devnull)
        assert house
        yield


def test_it_ends_with_0_if_nothing_is_wrong(house: House) -> None:
    done = house.run("./help.sh", "doctor")
    assert (done.returncode, done.stderr) == (0, "on AWS us-east-1, stack weather\n")
    assert "takes the key" in done.stdout
    assert "demo and up need none" in done.stdout
    assert KEY not in done.stdout


def test_brackets_in_a_result_are_printed(run: Run) -> None:
    done = run("doctor", env={**os.environ, "AWS_REGION": "[/aws]"})
    assert done.returncode == 1
    assert "AWS_REGION is '[/aws]'; write an AWS region" in " ".join(done.stdout.split())
    assert done.stderr == ""


def test_it_ends_with_1_and_the_fix_if_something_is(run: Run, fake: Fake) -> None:
    fake("node", "echo v14.0.0")
    done = run("doctor")
    assert done.returncode == 1
    assert "14.0.0 is too old; install 18.18 or newer" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_profile_that_does_not_exist_is_a_failure(run: Run) -> None:
    done = run("doctor", env={**os.environ, "AWS_PROFILE": "nobody"})
    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert "AWS cannot be asked: The config profile (nobody) could not be found" in said
    assert done.stderr == "on AWS us-east-1 with the profile nobody, stack weather\n"
