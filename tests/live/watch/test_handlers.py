"""Each handler reads the key and the definitions again in a process that Lambda has kept."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response

import live.bulk.comparison
import live.bulk.handler
import live.watch.handler
from live.watch.errors import KeyReplacedError, SilentMomentoError, WatchError
from live.watch.reader import FAILURES
from localcloud import LocalAws
from localcloud.applied import client
from momento_pipes.bulk.each_segment import FINAL
from ops.shared.bulk.results import OWN_ERRORS
from tests.live.watch.watched import PIPELINE, READ_RULES, READING_KEY, SECRET, Watched
from tests.localcloud.arrivals import Arrivals

SEGMENT = {"segment": 0, "segments": 1, "start": None}


@pytest.fixture(scope="module")
def deployed(local_aws: LocalAws) -> Iterator[Watched]:
    """Return the deployed pipeline, with the environment that the stack gives both functions."""
    with Watched(local_aws) as watched, pytest.MonkeyPatch.context() as patch:
        given = watched.given()
        for name, value in local_aws.environment().items():
            patch.setenv(name, value)
        for prefix in ("WATCH", "BULK"):
            patch.setenv(f"{prefix}_PIPELINE", PIPELINE)
            patch.setenv(f"{prefix}_PIPES", json.dumps(given.pipes))
            patch.setenv(f"{prefix}_SECRET", SECRET)
        patch.setenv("WATCH_ITEMS", "20")
        patch.setenv("WATCH_REQUESTS", "60")
        patch.setenv("WATCH_SETTLE_SECONDS", "0")
        patch.setenv("BULK_RATE", "100")
        patch.setenv("MOMENTO_ENDPOINT_URL", watched.momento.endpoint)
        patch.setattr(live.bulk.comparison, "SETTLE_SECONDS", 0.0)
        yield watched


@pytest.fixture
def watched(deployed: Watched) -> Iterator[Watched]:
    """Return the pipeline with one item, whose entry is right."""
    deployed.clear()
    deployed.weather.put("Oslo")
    deployed.deliver("Oslo")
    yield deployed
    client("secretsmanager", deployed.weather.dynamodb.meta.endpoint_url).put_secret_value(
        SecretId=SECRET, SecretString=READING_KEY
    )


def watch() -> dict[str, int]:
    """Return the counts of a run of the watch."""
    found: dict[str, int] = live.watch.handler.handle({}, None)["counts"]
    return found


def bulk() -> dict[str, int]:
    """Return the counts of a stretch of `verify --on-aws`."""
    found = live.bulk.handler.handle(SEGMENT, None)
    names = {name.replace("_", " "): name for name in found if name not in ("start", "again")}
    return {name: found[at] for name, at in names.items() if name != "wrong" and found[at]}


def call(kind: str) -> Callable[[], dict[str, int]]:
    """Return a call of a handler."""
    return {"watch": watch, "bulk": bulk}[kind]


@pytest.mark.parametrize("kind", ["watch", "bulk"])
def test_a_new_key_is_used_by_the_next_call(watched: Watched, kind: str) -> None:
    handle, arrivals = call(kind), Arrivals()
    watched.momento.service.interfere = arrivals
    assert handle() == {"in sync": 1}
    watched.momento.service.keys.add("the-next-key", READ_RULES)
    secrets = client("secretsmanager", watched.weather.dynamodb.meta.endpoint_url)
    secrets.put_secret_value(SecretId=SECRET, SecretString="the-next-key")
    assert handle() == {"in sync": 1}
    assert [one.headers["authorization"] for one in arrivals] == [READING_KEY, "the-next-key"]


@pytest.mark.parametrize("kind", ["watch", "bulk"])
def test_a_new_template_is_used_by_the_next_call(watched: Watched, kind: str) -> None:
    """An entry of the former template is stale then, and one of the new template is right."""
    handle = call(kind)
    assert handle() == {"in sync": 1}
    pipes = watched.weather.pipes
    name = f"{PIPELINE}-cache-put-pipe"
    before: Any = pipes.describe_pipe(Name=name)
    target = before["TargetParameters"]
    changed = {**target, "InputTemplate": '{"another": "value"}'}
    try:
        pipes.update_pipe(Name=name, RoleArn=before["RoleArn"], TargetParameters=changed)
        assert handle() == {"stale": 1}
        watched.deliver("Oslo")
        assert handle() == {"in sync": 1}
    finally:
        pipes.update_pipe(Name=name, RoleArn=before["RoleArn"], TargetParameters=target)


def test_failures_of_an_earlier_stretch_do_not_count(watched: Watched) -> None:
    """One key that Momento does not answer is unknown; only several in a row end a stretch."""
    for number in range(FAILURES - 1):
        watched.weather.put(f"place {number}")
    names = ["Oslo", *(f"place {number}" for number in range(FAILURES - 1))]
    arrivals = Arrivals()
    for name in names:
        watched.deliver(name)
        arrivals.answer(name, 500, 500)
    watched.momento.service.interfere = arrivals
    with pytest.raises(SilentMomentoError, match="Momento does not answer"):
        bulk()
    arrivals.answer("Oslo", 500, 500)
    assert bulk() == {"unknown": 1, "in sync": FAILURES - 1}


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_key_that_is_replaced_during_a_stretch_is_no_final_error(
    watched: Watched, *, is_replaced: bool
) -> None:
    """The state machine calls again then, and the next call has the new key."""
    secrets = client("secretsmanager", watched.weather.dynamodb.meta.endpoint_url)

    async def refuse(request: Request) -> Response | None:
        if is_replaced and request.headers["authorization"] == READING_KEY:
            watched.momento.service.keys.add("the-next-key", READ_RULES)
            secrets.put_secret_value(SecretId=SECRET, SecretString="the-next-key")
        return Response("revoked", status_code=401)

    watched.momento.service.interfere = refuse
    with pytest.raises(WatchError, match="HTTP 401 revoked: the key in the watch's") as raised:
        bulk()
    assert isinstance(raised.value, KeyReplacedError) is is_replaced
    watched.momento.service.interfere = None
    assert bulk() == {"in sync": 1}


def test_the_state_machine_tries_again_what_may_succeed_later() -> None:
    """Lambda gives an error the name of its class."""
    names = [one.__name__ for one in (SilentMomentoError, KeyReplacedError)]
    assert not {*names} & {*FINAL}
    assert WatchError.__name__ in FINAL
    assert {*names, WatchError.__name__} <= {*OWN_ERRORS}
