"""The weather resources, a dead-letter queue, and a Momento and its clients."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from localcloud import LocalAws
from localcloud.momento.service import LocalMomento
from tests.localcloud import weather_pipes
from tests.localcloud.arrivals import Arrivals
from tests.localcloud.bus_cloud import BusCloud
from tests.localcloud.post import Queue

KEY = "the-api-key"
CACHE = "weather"


@pytest.fixture
def cloud(local_aws: LocalAws) -> Iterator[BusCloud]:
    """Return the weather resources without pipes; a bus and its rules may be added."""
    with BusCloud(local_aws) as cloud:
        yield cloud


@pytest.fixture(scope="module")
def momento() -> Iterator[LocalMomento]:
    """Return a Momento with the caches of the tests and of the weather pipes."""
    with LocalMomento(api_key=KEY, caches=(CACHE, weather_pipes.CACHE)) as running:
        yield running


@pytest.fixture(scope="module")
def queue(local_aws: LocalAws) -> Iterator[Queue]:
    queue = Queue(local_aws)
    yield queue
    queue.sqs.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that calls are recorded in."""
    return tmp_path_factory.mktemp("calls") / "calls.jsonl"


@pytest.fixture
def arrivals(momento: LocalMomento) -> Arrivals:
    """Return the requests from now on."""
    arrivals = Arrivals()
    momento.service.interfere = arrivals
    return arrivals


@pytest.fixture
def http(momento: LocalMomento) -> Iterator[httpx.Client]:
    """Return a client that sends the API key in the header; the cache is empty."""
    cache = momento.service.caches[CACHE]
    cache.items.clear()
    cache.topics.clear()
    headers = {"Authorization": KEY}
    with httpx.Client(base_url=momento.endpoint, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def anyone(momento: LocalMomento) -> Iterator[httpx.Client]:
    """Return a client without a key."""
    with httpx.Client(base_url=momento.endpoint, timeout=60) as client:
        yield client


def message(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the message of an error."""
    return answer.status_code, answer.json()["message"]
