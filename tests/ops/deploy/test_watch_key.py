"""After a deploy, the watch's secret gets the key that reads, once for each key."""

import json
from pathlib import Path

import pytest

from localcloud import LocalAws
from localcloud.applied import client
from ops.deploy import watch_key
from tests.conftest import ENDPOINT
from tests.each import each

NAME = "shop-watch-key"


def folder(path: Path, *names: str) -> Path:
    """Return the folder of a synthesized stack with these secrets."""
    secrets = {name: {"name": name} for name in names}
    document = {"resource": {"aws_secretsmanager_secret": secrets}}
    (path / "cdk.tf.json").write_text(json.dumps(document), encoding="utf-8")
    return path


def test_each_key_is_written_once_and_a_former_one_comes_back(
    local_aws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = client("secretsmanager", local_aws.endpoint)
    for name in (NAME, "shop-other"):
        secrets.create_secret(Name=name)
    monkeypatch.setenv("MOMENTO_API_ENDPOINT", ENDPOINT)
    versions = []
    for key in ("first", "first", "second", "first", "first", "second"):
        monkeypatch.setenv("MOMENTO_READ_API_KEY", key)
        watch_key.put(folder(tmp_path, NAME, "shop-other"))
        found = secrets.get_secret_value(SecretId=NAME)
        assert found["SecretString"] == key
        versions.append(found["VersionId"])
    assert versions[0] == versions[1]
    assert versions[3] == versions[4]
    assert len(set(versions)) == 4
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId="shop-other")


def test_a_secret_without_a_key_is_warned_of_with_the_next_step(
    local_aws: LocalAws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A secret that has a key from an earlier deploy keeps it."""
    secrets = client("secretsmanager", local_aws.endpoint)
    names = ("new-watch-key", "old-watch-key")
    for name in names:
        secrets.create_secret(Name=name)
    secrets.put_secret_value(SecretId="old-watch-key", SecretString="a-key")
    monkeypatch.setenv("MOMENTO_API_ENDPOINT", ENDPOINT)
    monkeypatch.delenv("MOMENTO_READ_API_KEY", raising=False)
    watch_key.put(folder(tmp_path, *names))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: new-watch-key has no key, so the watch cannot compare")
    assert "set MOMENTO_READ_API_KEY" in line
    assert secrets.get_secret_value(SecretId="old-watch-key")["SecretString"] == "a-key"


@each(
    ("variables", "blind", "removes"),
    [
        (["WATCH_PIPELINE"], "watch-failing starts", "WATCH=false removes"),
        (["BULK_RATE"], "./help.sh verify --on-aws cannot compare", "BULK=false removes"),
        (["WATCH_PIPELINE", "BULK_RATE"], "starts, and ./help.sh", "WATCH=false and BULK=false"),
    ],
)
def test_the_warning_names_only_what_the_stack_has(
    variables: list[str], blind: str, removes: str
) -> None:
    functions = {one: {"environment": {"variables": {one: "x"}}} for one in variables}
    found, off = watch_key.users_of({"resource": {"aws_lambda_function": functions}})
    assert blind in found
    assert removes in off
    assert ("alarm" in found) == ("WATCH_PIPELINE" in variables)


def test_a_stack_without_a_watch_needs_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    watch_key.put(folder(tmp_path, "shop-other"))
    assert capsys.readouterr().err == ""
