"""While the keys are replaced under steady writes, no record is lost, refused or dead-lettered."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ops.key.rotate
from localcloud import LocalAws
from localcloud.deliveries.delivery import Delivery
from ops.key.momento_names import MomentoNames
from ops.key.rotate import Rotation
from stacks.settings import Settings
from tests.localcloud.arrivals import Arrivals, until
from tests.localcloud.running_workflow import Running
from tests.localcloud.weather_cloud import WeatherCloud
from tests.localcloud.weather_pipes import CACHE, DELETE, PUBLISH, PUT, TOPIC
from tests.localcloud.workflow_cloud import CACHE as WORKFLOW_CACHE
from tests.localcloud.workflow_cloud import TOPIC as WORKFLOW_TOPIC
from tests.ops.key.rotating import SENDS, Rotating, in_folder

KEYS = 20
SETTLED = 10
"""After so many requests of a pipe with the new key, none with the old one is under way."""


@pytest.fixture(autouse=True)
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Settings.model_config, "env_file", in_folder(tmp_path))
    monkeypatch.setattr(ops.key.rotate, "POLL_SECONDS", 0.01)


@contextmanager
def steady(write: Callable[[int], None]) -> Iterator[None]:
    """Write one change after the other, until the end."""
    over = threading.Event()

    def go() -> None:
        for number in itertools.count():
            if over.is_set():
                return
            write(number)

    writer = threading.Thread(target=go)
    writer.start()
    try:
        yield
    finally:
        over.set()
        writer.join()


def are_settled(arrivals: Arrivals, old: str) -> bool:
    """Say whether each pipe has sent so many requests in a row without the old key."""
    keys: dict[str, list[str]] = {"PUT": [], "POST": [], "DELETE": []}
    for one in list(arrivals):
        keys[one.method].append(one.headers["authorization"])
    return all(len(sent) >= SETTLED and old not in sent[-SETTLED:] for sent in keys.values())


def rotate(rotating: Rotating, arrivals: Arrivals) -> None:
    """Rotate once the old key sends; check that the pipes then send with the new one only.

    The time of grace lasts until the pipes have got the new key, however slow the machine is.
    """
    old = rotating.old[SENDS].secret
    until(lambda: any(one.headers["authorization"] == old for one in list(arrivals)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rotation, "_wait", lambda *_: until(lambda: are_settled(arrivals, old)))
        rotating.rotate()
    rotating.must_be_done()
    before = len(arrivals)
    until(lambda: len(arrivals) > before + 5 * SETTLED)
    assert rotating.keys.find(old) is None


def refused(deliveries: list[Delivery]) -> list[Delivery]:
    """Return the deliveries that were refused once, or did not succeed."""
    return [
        one
        for one in deliveries
        if one.outcome not in ("delivered", "filtered", "superseded")
        or any(not attempt.succeeded for attempt in one.attempts)
    ]


@contextmanager
def three_pipes(local_aws: LocalAws) -> Iterator[tuple[WeatherCloud, Rotating]]:
    """Run the weather pipes, and return their cloud and its keys."""
    with WeatherCloud(local_aws) as cloud, cloud.runner() as runner:
        names = MomentoNames(caches=frozenset({CACHE}), topics=frozenset({(CACHE, TOPIC)}))
        rotating = Rotating(cloud.momento, local_aws.endpoint, cloud.weather.connection, names)
        runner.wait_until_reading(*cloud.weather.create_pipes())
        yield cloud, rotating


def test_three_pipes_miss_nothing(local_aws: LocalAws) -> None:
    with three_pipes(local_aws) as (cloud, rotating):

        def write(number: int) -> None:
            if number % 3 == 2:
                cloud.weather.delete(f"place {(number - 1) % KEYS}")
            else:
                cloud.weather.put(f"place {number % KEYS}", MaxTemp=number)

        with steady(write):
            rotate(rotating, cloud.arrivals)
        written = [one["dynamodb"]["SequenceNumber"] for one in cloud.weather.records()]
        for pipe in (PUT, DELETE, PUBLISH):
            found = cloud.wait_for(pipe, len(written))
            assert [one.sequence_number for one in found] == written
        assert refused(cloud.deliveries) == []
        assert cloud.weather.dead_letters() == []


def test_a_workflow_misses_nothing(local_aws: LocalAws) -> None:
    """A batch that the new key interrupts is sent again, so a message may come twice."""
    with Running(local_aws) as running:
        cache, topic = WORKFLOW_CACHE, WORKFLOW_TOPIC
        names = MomentoNames(caches=frozenset({cache}), topics=frozenset({(cache, topic)}))
        rotating = Rotating(running.momento, local_aws.endpoint, running.cloud.connection, names)

        def write(number: int) -> None:
            if number % 3 == 2:
                running.cloud.delete(f"key {(number - 1) % KEYS}")
            else:
                running.cloud.put(f"key {number % KEYS}", number)

        with running.runner():
            with steady(write):
                rotate(rotating, running.arrivals)
            until(running.drained)
        assert running.cloud.letters() == []
        assert refused(running.deliveries) == []
        numbers = [one["dynamodb"]["SequenceNumber"] for one in running.cloud.records()]
        assert {message["at"] for message in running.messages} == set(numbers)
        assert running.cache() == running.cloud.items()


def test_a_key_that_is_revoked_too_early_is_seen(local_aws: LocalAws) -> None:
    """The tests above can fail: here the old key goes before the new one is deployed."""
    with three_pipes(local_aws) as (cloud, rotating):
        old = rotating.old[SENDS].secret

        def deploy(key: str) -> None:
            rotating.keys.revoke(old)
            cloud.weather.put("Oslo")
            until(lambda: len(cloud.arrivals) > 0)
            until(lambda: rotating.state() == "DEAUTHORIZED")
            rotating.update(key)

        rotating.rotate(deploy=deploy)
        cloud.wait_for(PUT, 1)
        assert refused(cloud.deliveries)
