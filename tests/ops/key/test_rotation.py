"""Keys are replaced, whatever interrupts it, and no key is revoked too early."""

import os
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import ops.key.rotate
from live.momento.auth import MomentoAuth
from localcloud import LocalAws
from localcloud.applied import client
from localcloud.momento.service import LocalMomento
from ops.__main__ import commands
from ops.key import env_file
from ops.key.command import only_one
from ops.key.create import Wanted
from ops.key.manager import VARIABLE
from ops.key.momento_names import MomentoNames
from ops.key.progress import ProgressFile
from ops.key.rotate import Rotation
from ops.shared.errors import OpsError
from stacks.settings import Settings
from tests.conftest import ROOT
from tests.localcloud.weather_pipes import empty
from tests.ops.key.rotating import READS, SENDS, Rotating, in_folder

CACHE, TOPIC = "weather", "changes"
NAMES = MomentoNames(caches=frozenset({CACHE}), topics=frozenset({(CACHE, TOPIC)}))
CONNECTION = "weather-connection"


def connect(aws: LocalAws, name: str, key: str) -> None:
    """Create a connection."""
    parameters = {"ApiKeyName": "Authorization", "ApiKeyValue": key}
    client("events", aws.endpoint).create_connection(
        Name=name,
        AuthorizationType="API_KEY",
        AuthParameters={"ApiKeyAuthParameters": parameters},
    )


@pytest.fixture
def momento() -> Iterator[LocalMomento]:
    with LocalMomento(api_key="owner", caches=(CACHE,)) as running:
        yield running


@pytest.fixture
def rotating(
    local_aws: LocalAws, momento: LocalMomento, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Rotating:
    """Return a connection with the old key."""
    monkeypatch.setitem(Settings.model_config, "env_file", in_folder(tmp_path))
    monkeypatch.setattr(ops.key.rotate, "POLL_SECONDS", 0.01)
    empty(local_aws.endpoint)
    connect(local_aws, CONNECTION, "a placeholder")
    return Rotating(momento, local_aws.endpoint, CONNECTION, NAMES)


def test_both_keys_are_replaced_and_the_old_ones_revoked(rotating: Rotating) -> None:
    rotating.rotate()
    rotating.must_be_done()
    said = "\n".join(rotating.said)
    for key in rotating.old.values():
        assert f"✓ revoked: the old key {key.key_id}" in said
    assert f"✓ tried: Momento takes a request with what {CONNECTION} stores" in said


def test_the_new_key_is_deployed_once_and_before_the_old_one_goes(rotating: Rotating) -> None:
    seen: list[list[str]] = []

    def deploy(key: str) -> None:
        seen.append(rotating.secrets(rotating.both[0]))
        rotating.update(key)

    rotating.rotate(deploy=deploy)
    (keys,) = seen
    assert rotating.old[SENDS].secret in keys
    assert len(keys) == 2


def test_the_watch_gets_the_new_key_before_the_old_one_goes(
    rotating: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deployment meanwhile gives it the old key, which is still in `.env`."""
    old = rotating.old[READS].secret
    seen: list[str] = []
    revoke = MomentoAuth.revoke

    def deploy(key: str) -> None:
        rotating.update(key)
        rotating.give_watch(old)

    def revoke_and_look(auth: MomentoAuth, key_id: str) -> None:
        seen.append(rotating.of_the_watch())
        revoke(auth, key_id)

    monkeypatch.setattr(MomentoAuth, "revoke", revoke_and_look)
    monkeypatch.setattr(Rotation, "_wait", lambda *_: rotating.give_watch(old))
    rotating.rotate(deploy=deploy)
    rotating.must_be_done()
    assert seen == [env_file.read(READS)] * 2


def interrupted(rotating: Rotating, owner: Any, name: str, number: int, when: str) -> None:
    """Interrupt a rotation at the call of a function with this number, before or after its work."""
    original: Callable[..., Any] = getattr(owner, name)
    calls = iter(range(10_000))

    def call(*arguments: Any, **options: Any) -> Any:
        due = next(calls) == number
        if due and when == "before":
            raise KeyboardInterrupt
        result = original(*arguments, **options)
        if due:
            raise KeyboardInterrupt
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owner, name, call)
        with pytest.raises(KeyboardInterrupt):
            rotating.rotate()


POINTS: list[tuple[Any, str, int]] = [
    (MomentoAuth, "roles", 0),
    *((MomentoAuth, "create_key", number) for number in (0, 1)),
    *((ProgressFile, "write", number) for number in range(4)),
    *((Rotation, "_is_accepted", number) for number in (0, 1)),
    (Rotating, "update", 0),
    *((Rotating, "give_watch", number) for number in (0, 1)),
    (env_file, "write", 0),
    (Rotation, "_wait", 0),
    *((MomentoAuth, "revoke", number) for number in (0, 1)),
    (ProgressFile, "delete", 0),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("owner", "name", "number"), POINTS, ids=[f"{name} {number}" for _, name, number in POINTS]
)
def test_interrupted_at_any_point_it_can_be_run_again(
    rotating: Rotating, owner: Any, name: str, number: int, when: str
) -> None:
    """In between, the connection and the watch have keys that Momento takes."""
    interrupted(rotating, owner, name, number, when)
    assert rotating.keys.find(rotating.deployed() or "") is not None
    assert rotating.keys.find(rotating.of_the_watch()) is not None
    if (name, when) != ("delete", "after"):
        rotating.rotate()
    rotating.must_be_done()


def test_the_file_in_between_is_its_owners(rotating: Rotating) -> None:
    """Git ignores it."""
    interrupted(rotating, Rotation, "_wait", 0, "before")
    assert stat.S_IMODE(rotating.file.path.stat().st_mode) == 0o600
    assert rotating.said[-1].endswith("To continue it, run ./help.sh key rotate again.")
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert any(fnmatch(rotating.file.path.name, pattern) for pattern in ignored)


def test_a_key_that_another_connection_uses_is_not_revoked(
    rotating: Rotating, local_aws: LocalAws
) -> None:
    """That of another stack with the same `.env`: until it is deployed, too."""
    connect(local_aws, "orders-connection", rotating.old[SENDS].secret)
    connect(local_aws, "other-connection", "another key")
    with pytest.raises(OpsError, match=r"^orders-connection still sends with the old key"):
        rotating.rotate()
    assert rotating.old[SENDS].secret in rotating.secrets(rotating.both[0])
    assert rotating.deployed() == env_file.read(SENDS)
    rotating.rotate(even_if_used=True)
    rotating.must_be_done()


def test_a_key_that_was_not_made_for_the_stack_is_not_revoked(rotating: Rotating) -> None:
    """Such as the first key, which people put there before: it may be used elsewhere."""
    owner = next(iter(rotating.keys.keys.values()))
    by_hand = rotating.keys.new_key("operator", "by hand", None)
    rotating.update(owner.secret)
    env_file.write({SENDS: owner.secret, READS: by_hand.secret})
    rotating.rotate()
    assert owner.key_id in rotating.keys.keys
    assert by_hand.key_id in rotating.keys.keys
    assert rotating.deployed() == env_file.read(SENDS) != owner.secret
    assert any("was not made for this stack, and stays" in one for one in rotating.said)


def test_an_expired_key_is_replaced_too(rotating: Rotating) -> None:
    """EventBridge has de-authorized the connection; the deployment authorizes it again."""
    rotating.keys.revoke(rotating.old[SENDS].secret)
    rotating.deauthorize()
    rotating.rotate()
    rotating.must_be_done()
    assert any(f"the old key {rotating.old[SENDS].key_id} is gone" in one for one in rotating.said)


def test_a_connection_that_is_deauthorized_meanwhile_keeps_the_old_key(
    rotating: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(_: float) -> None:
        rotating.deauthorize()

    stop = threading.Event()
    monkeypatch.setattr(stop, "wait", wait)
    with pytest.raises(OpsError, match="is DEAUTHORIZED: Momento has refused a key"):
        rotating.rotate(stop=stop, grace=60.0)
    assert len(rotating.secrets(rotating.both[0])) == 2


def test_a_deployment_that_changes_nothing_revokes_nothing(rotating: Rotating) -> None:
    with pytest.raises(OpsError, match="did not get the new key with the deployment"):
        rotating.rotate(deploy=lambda _: None)
    assert rotating.deployed() == rotating.old[SENDS].secret
    assert env_file.read(SENDS) == rotating.old[SENDS].secret


def test_a_key_that_momento_does_not_take_is_not_deployed(
    rotating: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ops.key.rotate, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(Rotation, "_is_accepted", lambda *_: False)
    with pytest.raises(OpsError, match=r"does not take the new key.*Nothing is deployed"):
        rotating.rotate()
    assert rotating.deployed() == rotating.old[SENDS].secret


def test_another_key_in_env_than_at_the_beginning_is_an_error(rotating: Rotating) -> None:
    interrupted(rotating, Rotating, "update", 0, "before")
    env_file.write({SENDS: "another"})
    with pytest.raises(OpsError, match="is another key than when the rotation began"):
        rotating.rotate()


def test_without_a_key_or_with_a_file_that_says_nothing_it_is_an_error(rotating: Rotating) -> None:
    rotating.file.path.write_text("{")
    with pytest.raises(OpsError, match="does not say where the rotation stands: delete it"):
        rotating.rotate()
    rotating.file.path.unlink()
    env_file.write({SENDS: ""})
    with pytest.raises(OpsError, match=r"\./help\.sh key create makes one"):
        rotating.rotate()


def test_two_rotations_do_not_work_at_a_time(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(OpsError, match=r"another .* works in"):
        only_one(tmp_path).__enter__()
    with only_one(tmp_path):
        pass


def test_the_command_deploys_each_stack_with_the_new_key(
    rotating: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever ends it, no key stays in the environment."""
    deployed: list[tuple[str, str]] = []

    def deploy(_: object, *, allow: Sequence[str], asks: bool) -> None:
        assert (list(allow), asks) == ([], False)
        deployed.append((os.environ["STACK"], os.environ[SENDS]))
        rotating.update(os.environ[SENDS])

    wanted = Wanted(
        both=rotating.both, connections=[CONNECTION], watch_secrets=[rotating.watch_secret]
    )
    monkeypatch.setattr("ops.key.command.wanted", lambda *_: wanted)
    monkeypatch.setattr("ops.key.command.initialized", lambda **_: None)
    monkeypatch.setattr("ops.key.command.deploy", deploy)
    monkeypatch.setenv("MOMENTO_ENDPOINT_URL", rotating.momento.endpoint)
    monkeypatch.delenv(SENDS)
    command = ["key", "rotate", "--auto-approve", "--grace", "0", "--also", "orders"]
    monkeypatch.setenv(VARIABLE, "owner")
    done = CliRunner().invoke(commands(command), command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    (key,) = rotating.secrets(rotating.both[0])
    assert deployed == [("weather", key), ("orders", key)]
    assert not {SENDS, READS, VARIABLE, "STACK"} & os.environ.keys()
    assert key not in done.output
    assert [*env_file.path().parent.glob(".key-rotation*")] == []
    rotating.said.append(done.output)
    rotating.must_be_done()


def test_the_command_is_refused_where_the_new_key_would_be_hidden(
    rotating: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["key", "rotate", "--auto-approve"]
    for name in (SENDS, READS, "TF_VAR_momento_api_key"):
        with monkeypatch.context() as patch:
            patch.delenv(SENDS, raising=False)
            patch.setenv(name, "old")
            with pytest.raises(OpsError, match=f"unset {name}"):
                CliRunner().invoke(commands(command), command, catch_exceptions=False)
    assert rotating.deployed() == rotating.old[SENDS].secret
