"""The commands key, key create and cache create, on a local Momento."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

import ops.key.command
from live.errors import LiveError
from live.momento.api_key import KeyFacts
from localcloud.momento.service import Limits, LocalMomento
from ops.__main__ import commands
from ops.key import env_file
from ops.key.create import Wanted
from ops.key.manager import VARIABLE
from ops.key.momento_names import MomentoNames
from ops.key.roles import purposes
from ops.shared.errors import OpsError
from stacks.settings import Settings
from tests.conftest import ENDPOINT

pytestmark = pytest.mark.usefixtures("momento")
CACHE, TOPIC = "momento-eventbridge-cache", "momento-eventbridge-topic"
OWNER = "the-owner's-key"
WEATHER = MomentoNames(caches=frozenset({CACHE}), topics=frozenset({(CACHE, TOPIC)}))


@pytest.fixture
def momento(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalMomento]:
    """Return a Momento with the cache; `.env` has the endpoint, and one key manages keys."""
    file = tmp_path / ".env"
    file.write_text(f"MOMENTO_API_ENDPOINT={ENDPOINT}\n")
    monkeypatch.setitem(Settings.model_config, "env_file", str(file))
    monkeypatch.setenv(VARIABLE, OWNER)
    monkeypatch.setattr(
        ops.key.command,
        "wanted",
        lambda settings, _: Wanted(both=purposes(settings, WEATHER), connections=[]),
    )
    monkeypatch.setattr("live.momento.auth.PER_SECOND", 10_000)
    with LocalMomento(api_key=OWNER, caches=(CACHE,), limits=Limits(caches=2)) as service:
        monkeypatch.setenv("MOMENTO_ENDPOINT_URL", service.endpoint)
        yield service


def run(*arguments: str) -> str:
    """Run a command; return what it prints."""
    done = CliRunner().invoke(commands(arguments), arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def secret(name: str) -> str:
    """Return a key in `.env`."""
    found = env_file.read(name)
    assert found
    return found


def status(momento: LocalMomento, method: str, path: str, key: str) -> int:
    """Return the status of a request."""
    return httpx.request(
        method,
        momento.endpoint + path,
        headers={"Authorization": key, "Content-Type": "text/plain"},
        timeout=60,
    ).status_code


ALLOWED = {
    ("PUT", f"/cache/{CACHE}?key=k&ttl_seconds=60"): (204, 403),
    ("DELETE", f"/cache/{CACHE}?key=k"): (204, 403),
    ("GET", f"/cache/{CACHE}?key=k"): (403, 404),
    ("POST", f"/topics/{CACHE}/{TOPIC}"): (204, 403),
    ("POST", f"/topics/{CACHE}/other"): (403, 403),
    ("DELETE", "/cache/other?key=k"): (403, 403),
    ("GET", "/cache/other?key=k"): (403, 403),
    ("GET", "/api-keys"): (403, 403),
    ("GET", "/roles"): (403, 403),
}
"""The answers to a key that sends, and to a key that reads."""


def test_create_makes_a_key_that_only_sends_and_one_that_only_reads(
    momento: LocalMomento,
) -> None:
    said = run("key", "create", "--days", "30")
    sends, reads = secret("MOMENTO_API_KEY"), secret("MOMENTO_READ_API_KEY")
    assert sends not in said
    assert reads not in said
    assert f"MOMENTO_API_ENDPOINT={ENDPOINT}\n" in env_file.path().read_text()
    for (method, path), wanted in ALLOWED.items():
        found = (status(momento, method, path, sends), status(momento, method, path, reads))
        assert found == wanted, (method, path)
    assert VARIABLE not in os.environ, "no child process gets the key that manages keys"
    assert OWNER not in env_file.path().read_text()
    for key in (sends, reads):
        expires = KeyFacts.read(key).expires_at
        assert expires
        assert f"expires on {expires:%Y-%m-%d}" in said


def test_create_does_not_overwrite_a_key_that_may_be_deployed(momento: LocalMomento) -> None:
    env_file.write({"MOMENTO_API_KEY": "deployed"})
    with pytest.raises(OpsError, match=r"key rotate.* replaces it without a gap"):
        run("key", "create")
    assert secret("MOMENTO_API_KEY") == "deployed"
    assert len(momento.service.keys.keys) == 1
    run("key", "create", "--replace")
    assert secret("MOMENTO_API_KEY") != "deployed"


def test_an_interrupted_create_leaves_no_key_that_nobody_knows(
    momento: LocalMomento, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ops.key.env_file.write", interrupted)
    done = CliRunner().invoke(commands(["key"]), ["key", "create"])
    assert done.exit_code != 0
    assert len(momento.service.keys.keys) == 1


def test_without_a_key_that_manages_keys_nothing_is_begun(
    momento: LocalMomento, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE)
    for command in (("key", "create"), ("cache", "create")):
        with pytest.raises(OpsError, match=f"put it in {VARIABLE}; it is not kept"):
            run(*command)
    assert len(momento.service.keys.keys) == 1


def test_key_shows_what_each_key_is_and_never_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    run("key", "create")
    sends = secret("MOMENTO_API_KEY")
    said = run("key")
    assert f"write items of {CACHE}: yes" in said
    assert f"read items of {CACHE}: no (403)" in said
    assert "in 90 days" in said
    assert f"not known: set {VARIABLE}" in said
    monkeypatch.setenv(VARIABLE, OWNER)
    said = run("key")
    assert f"write: topic, caches {CACHE}, topics {TOPIC}" in said
    assert "weather-stats-demo-weather-read" in said
    monkeypatch.setenv(VARIABLE, OWNER)
    shown = json.loads(run("key", "--json"))
    assert [one["setting"] for one in shown] == ["MOMENTO_API_KEY", "MOMENTO_READ_API_KEY"]
    assert shown[0]["key_id"] == KeyFacts.read(sends).key_id
    assert sends not in said + json.dumps(shown)


def test_key_says_that_a_key_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    env_file.write({"MOMENTO_API_KEY": "revoked"})
    said = run("key")
    assert "version  unknown" in said
    assert "Momento refuses the key (401)" in said


def test_without_a_key_create_is_the_next_step() -> None:
    with pytest.raises(OpsError, match=r"\./help\.sh key create"):
        run("key")


def test_the_missing_cache_is_created(
    momento: LocalMomento, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, says in (("", "exists already"), ("orders", "is created"), ("orders", "exists")):
        monkeypatch.setenv(VARIABLE, OWNER)
        assert says in run("cache", "create", *([name] if name else []))
    assert set(momento.service.caches) == {CACHE, "orders"}
    monkeypatch.setenv(VARIABLE, OWNER)
    with pytest.raises(LiveError, match="as many caches as Momento allows"):
        run("cache", "create", "third")
