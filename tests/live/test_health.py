"""The health of each part, when it is stopped and started again."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import Mock

import pytest

import live.health
import live.probes
from live.deliveries import Feed
from live.errors import LiveError
from live.health import CHECK_SECONDS, DOWN, OK, UNKNOWN, Health, PartState, UnknownError
from live.momento.client import Access
from live.probes import ANSWER_SECONDS, AWS_RUNS, probes
from localcloud.momento.service import LocalMomento
from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import until, unused_port
from tests.localcloud.weather_cloud import FAST
from tests.localcloud.weather_pipes import API_KEY, CACHE, PUBLISH, PUT
from tests.running_weather import RunningWeather

SOON = 3.0
"""The seconds within which a fault is seen."""
PARTS = {"aws", "momento", "runner", "pipes", "connection"}


def connection(running: RunningWeather) -> str:
    """Return the name of the connection."""
    (one,) = {one.destination.connection.name for one in running.cloud.weather.definitions}
    return one


@pytest.fixture
def health(running: RunningWeather) -> Iterator[Health]:
    """Return the health of the running pipes, where all is well."""
    feed = Feed(running.deliveries_url)
    asked = probes(
        "us-east-1",
        pipes=[PUT, PUBLISH],
        connections=[connection(running)],
        momento=running.settings.access(),
        cache=CACHE,
        feed=feed,
    )
    with Health(asked, seconds=0.2) as health:
        until(lambda: states(health) == dict.fromkeys(PARTS, OK))
        yield health
    until(lambda: not [one for one in threading.enumerate() if one.name == "health"])
    feed.close()


def states(health: Health) -> dict[str, str]:
    """Return the state of each part."""
    return {name: part.state for name, part in health.parts.items()}


def soon(health: Health, name: str, state: str, *words: str) -> PartState:
    """Wait until a part has a state, and words in its problem; return it."""

    def seen() -> bool:
        part = health.parts[name]
        return part.state == state and all(word in part.problem for word in words)

    until(seen, SOON)
    return health.parts[name]


@contextmanager
def standing_still(process: int) -> Iterator[None]:
    """Stop a process, and let it go on."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


def test_a_fault_is_seen_in_time() -> None:
    assert CHECK_SECONDS + ANSWER_SECONDS < SOON


def test_an_aws_that_stands_still_is_down(health: Health, running: RunningWeather) -> None:
    """Then the pipes and the connection are unknown. Momento and the runner are well."""
    server = running.cloud.aws._process  # noqa: SLF001 - to stop it
    assert server is not None
    with standing_still(server.pid):
        part = soon(health, "aws", DOWN, "nothing answers at http://127.0.0.1", "./help.sh up")
        assert part.checked is not None
        assert part.since <= part.checked
        for name in ("pipes", "connection"):
            soon(health, name, UNKNOWN, "AWS does not answer")
        assert health.parts["momento"].state == OK
    for name in PARTS:
        soon(health, name, OK)
    assert health.parts["aws"].since > part.since


def test_a_momento_that_is_stopped_is_down(health: Health, running: RunningWeather) -> None:
    momento = running.cloud.momento
    port = int(momento.endpoint.rpartition(":")[2])
    momento.__exit__()
    try:
        soon(health, "momento", DOWN, f"Momento at {momento.endpoint}", "no connection")
        assert health.parts["aws"].state == OK
        with LocalMomento(api_key=API_KEY, caches=(), port=port):
            soon(health, "momento", DOWN, "there is no such cache", "./help.sh cache create")
        with LocalMomento(api_key="another", caches=(CACHE,), port=port):
            soon(health, "momento", DOWN, "the API key is wrong")
    finally:
        momento._port = port  # noqa: SLF001 - the others know this one
        momento.__enter__()
    soon(health, "momento", OK)


def test_a_runner_that_is_stopped_is_down(health: Health, running: RunningWeather) -> None:
    """Its pipes are unknown only if it does not answer."""
    beat = running.feed.heartbeat
    runner = Runner(
        endpoint=running.cloud.aws.endpoint, redirect=running.cloud.momento.endpoint, timing=FAST
    )
    running.feed.heartbeat = lambda: runner.heartbeat
    try:
        with runner:
            soon(health, "runner", OK)
            soon(health, "pipes", OK)
        soon(health, "runner", DOWN, "the runner has ended: ./help.sh up starts it")
        running.feed.heartbeat = None
        soon(health, "runner", DOWN, "the runner is not there", "./help.sh up")
        soon(health, "pipes", UNKNOWN, "the runner, which runs the pipes, is not there")
    finally:
        running.feed.heartbeat = beat
    soon(health, "runner", OK)
    soon(health, "pipes", OK)


def test_a_pipe_that_is_stopped_is_down(health: Health, running: RunningWeather) -> None:
    pipes = running.cloud.weather.pipes
    pipes.stop_pipe(Name=PUT)
    soon(health, "pipes", DOWN, f"the pipe {PUT} is STOPPED: start it")
    pipes.start_pipe(Name=PUT)
    soon(health, "pipes", OK)


@pytest.mark.parametrize(
    ("state", "said"),
    [("STOPPED", f"the runner has stopped {PUT}"), ("RETRYING", f"the runner tries {PUT} again")],
)
def test_a_pipe_that_the_runner_cannot_run_is_down(
    health: Health, running: RunningWeather, state: str, said: str
) -> None:
    """AWS says that it runs."""
    found = running.feed.heartbeat
    assert found is not None
    bad = {"name": PUT, "state": state, "reason": "there is a reason", "lag": None}
    running.feed.heartbeat = lambda: {**found(), "pipes": [bad]}
    try:
        soon(health, "pipes", DOWN, f"{said}: there is a reason")
    finally:
        running.feed.heartbeat = found
    soon(health, "pipes", OK)


def test_a_connection_without_authorization_is_down(
    health: Health, running: RunningWeather
) -> None:
    events, name = running.cloud.weather.events, connection(running)
    events.deauthorize_connection(Name=name)
    soon(health, "connection", DOWN, f"the connection {name} is DEAUTHORIZED", "valid API key")
    key = {"ApiKeyName": "Authorization", "ApiKeyValue": API_KEY}
    events.update_connection(Name=name, AuthParameters={"ApiKeyAuthParameters": key})
    soon(health, "connection", OK)


def test_what_is_under_way_is_a_note(
    running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = Mock()
    aws.client().describe_pipe.return_value = {"CurrentState": "UPDATING"}
    aws.client().describe_connection.return_value = {"ConnectionState": "AUTHORIZING"}
    monkeypatch.setattr(live.probes, "Aws", lambda *_: aws)
    found = ask(running, pipes=[PUT], connections=["c"])
    notes = [(found[part].state, found[part].note) for part in ("pipes", "connection")]
    assert notes == [(OK, f"the pipe {PUT} is UPDATING"), (OK, "the connection c is AUTHORIZING")]


def test_what_is_not_deployed_is_down(running: RunningWeather) -> None:
    found = ask(running, pipes=["gone"], connections=["gone", connection(running)])
    assert found["pipes"].problem == "there is no pipe gone: ./help.sh deploy creates it"
    assert found["connection"].problem == "there is no connection gone: ./help.sh deploy creates it"


def test_an_aws_that_ended_is_down(
    running: RunningWeather, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused_port()}")
    found = ask(running, pipes=[PUT], connections=[connection(running)])
    assert found["aws"].state == DOWN
    assert "nothing answers at http://127.0.0.1" in found["aws"].problem
    assert (found["pipes"].state, found["connection"].state) == (UNKNOWN, UNKNOWN)


def test_without_a_feed_aws_runs_the_pipes_and_without_a_key_momento_is_unknown(
    running: RunningWeather,
) -> None:
    found = ask(running, pipes=[PUT], connections=[])
    assert (found["runner"].state, found["runner"].note) == (OK, AWS_RUNS)
    assert (found["momento"].state, found["pipes"].state) == (UNKNOWN, OK)
    assert "set MOMENTO_API_KEY" in found["momento"].problem


def ask(
    running: RunningWeather, *, pipes: list[str], connections: list[str]
) -> dict[str, PartState]:
    """Ask each part once, as on AWS, and without an API key."""
    asked = probes(
        "us-east-1",
        pipes=pipes,
        connections=connections,
        momento=Access(origin=running.settings.access().origin, key=""),
        cache=CACHE,
        feed=None,
    )
    health = Health(asked)
    return {name: health.check(name) for name in asked}


def test_an_invalid_answer_does_not_end_the_checks() -> None:
    errors = [KeyError("pipes"), None, ValueError("no JSON")]

    def ask() -> str:
        if error := errors.pop(0):
            raise error
        return ""

    health = Health({"runner": ask})
    parts = [health.check("runner") for _ in range(3)]
    assert [part.state for part in parts] == [UNKNOWN, OK, UNKNOWN]
    assert parts[2].problem == "the answer is not understood: ValueError('no JSON')"


def test_part_whose_answer_is_late_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The part does not stay well while its answer is missing."""
    monkeypatch.setattr(live.health, "LATE_SECONDS", 0.1)
    answers = threading.Event()
    answers.set()

    def probe() -> str:
        answers.wait()
        return ""

    with Health({"aws": probe}, seconds=0.05) as health:
        until(lambda: states(health) == {"aws": OK})
        answers.clear()
        until(lambda: states(health) == {"aws": UNKNOWN})
        assert "has not answered" in health.parts["aws"].problem
        answers.set()
        until(lambda: states(health) == {"aws": OK})


def test_changes_are_told_once() -> None:
    """The time of a state is that of its beginning."""
    answers: list[LiveError | str] = [
        "",
        "",
        LiveError("gone"),
        LiveError("gone"),
        UnknownError("?"),
    ]
    told: list[tuple[str, str, str]] = []

    def probe() -> str:
        answer = answers.pop(0)
        if isinstance(answer, str):
            return answer
        raise answer

    health = Health(
        {"aws": probe}, on_change=lambda name, part: told.append((name, part.state, part.problem))
    )
    parts = [health.check("aws") for _ in range(5)]
    assert told == [("aws", OK, ""), ("aws", DOWN, "gone"), ("aws", UNKNOWN, "?")]
    assert parts[0].since == parts[1].since < parts[2].since == parts[3].since < parts[4].since
    assert all(part.milliseconds is not None and part.milliseconds >= 0 for part in parts)
