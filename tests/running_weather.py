"""The weather pipes, which run between a local AWS and a local Momento."""

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import httpx
import pytest

import live.cloud
import live.momento.client
import live.tour
import localcloud.momento.service
from live.aws import Aws
from live.momento.cache import Cache
from live.momento.client import Momento
from localcloud import LocalAws
from localcloud.deliveries.delivery import Delivery
from localcloud.momento.service import LocalMomento
from localcloud.runner.feed import DeliveryFeed
from localcloud.runner.runner import Runner
from stacks.settings import Settings
from tests.conftest import ENDPOINT
from tests.localcloud.arrivals import until
from tests.localcloud.weather_cloud import FAST, WeatherCloud
from tests.localcloud.weather_pipes import API_KEY, CACHE, TOPIC
from weather.settings import WeatherSettings
from weather.table import WeatherTable

THREADS = re.compile(r"^_follow|\(_listen\)$")
"""The names of the threads that read in the background."""
SECRET = "planted-3e9a-secret-that-must-not-be-seen"  # noqa: S105 - nobody's


@dataclass(frozen=True)
class RunningWeather:
    """The local cloud whose weather pipes run, and the settings of its clients."""

    cloud: WeatherCloud
    runner: Runner
    feed: DeliveryFeed
    settings: WeatherSettings
    deliveries: list[Delivery]
    """The delivery of each record in each pipe."""

    @cached_property
    def table(self) -> WeatherTable:
        """A client of the table."""
        return WeatherTable(Aws(self.settings.stack.region), self.settings.table)

    @cached_property
    def cache(self) -> Cache:
        """A client of the cache."""
        return Cache(momento(), self.settings.access(), self.settings.stack.cache_name)

    @property
    def deliveries_url(self) -> str:
        """The URL of the feed of deliveries."""
        return f"{self.feed.endpoint}/steps"

    def polls(self) -> int:
        """Return the number of requests that wait for the topic's next message."""
        return polls(self.cloud.momento)

    def settle(self) -> None:
        """Wait until each pipe has delivered the last record of the stream."""
        last = self.cloud.weather.records()[-1]["dynamodb"]["SequenceNumber"]
        pipes = {one.name for one in self.cloud.weather.definitions}
        until(lambda: {one.pipe for one in self.deliveries if one.sequence_number == last} == pipes)

    def with_settings(self, **changes: str) -> "RunningWeather":
        """Return a copy with other settings, by their variables' names."""
        return replace(self, settings=settings_of(**{**self.settings.env, **changes}))


@pytest.fixture(autouse=True, scope="session")
def no_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Hide a local cloud that is up and its feed from the tests."""
    with pytest.MonkeyPatch.context() as patch:
        nowhere = tmp_path_factory.mktemp("nowhere") / "local-cloud.env"
        patch.setattr(live.cloud, "LOCAL_CLOUD", nowhere)
        patch.delenv("PIPE_DELIVERIES_URL", raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def patience() -> Iterator[None]:
    """Wait long for answers, so that a slow machine fails no test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live.momento.client, "TIMEOUT_SECONDS", 60.0)
        patch.setattr(live.tour, "PATIENCE_SECONDS", 120.0)
        yield


@pytest.fixture(autouse=True, scope="module")
def closed_clients() -> Iterator[None]:
    """Close the HTTP clients, which the commands leave to the end of their process."""
    made: list[httpx.Client] = []
    begin = httpx.Client.__init__

    def noted(client: httpx.Client, **options: Any) -> None:
        begin(client, **options)
        made.append(client)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "__init__", noted)
        yield
    wait_for_the_end()
    for client in made:
        client.close()


def polls(momento: LocalMomento) -> int:
    """Return the number of requests that wait for a message of any topic."""
    waiting = momento.service._published._waiters  # noqa: SLF001 - asyncio's
    return len(waiting)


@contextmanager
def unbroken_poll(momento: LocalMomento) -> Iterator[None]:
    """Wait until a poll of a topic has begun; it ends with a message only.

    A poll that ends without a message gives no position. Messages before the next poll are missed.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(localcloud.momento.service, "LONG_POLL_SECONDS", 600.0)
        yield
        until(lambda: polls(momento) > 0)


def wait_for_the_end() -> None:
    """Wait until no thread reads in the background: none may lose its client while it runs."""
    until(lambda: not [one for one in threading.enumerate() if THREADS.search(one.name)])


def settings_of(**values: str) -> WeatherSettings:
    """Return settings with these variables."""
    given = {"MOMENTO_API_ENDPOINT": ENDPOINT} | values
    return WeatherSettings(stack=Settings(**given), env=values)  # type: ignore[arg-type]  # by the variables' names


def momento() -> Momento:
    """Return a client of the local Momento. It asks once and uses no proxy."""
    return Momento(is_local=True)


@pytest.fixture(scope="module")
def running(local_aws: LocalAws) -> Iterator[RunningWeather]:
    """Return the running pipes of an empty table."""
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        cloud = stack.enter_context(WeatherCloud(local_aws))
        patch.setenv("MOMENTO_ENDPOINT_URL", cloud.momento.endpoint)
        feed = stack.enter_context(DeliveryFeed())
        settings = settings_of(
            AWS_ENDPOINT_URL=local_aws.endpoint,
            AWS_ACCESS_KEY_ID="local",
            AWS_SECRET_ACCESS_KEY=SECRET,
            MOMENTO_API_KEY=API_KEY,
            MOMENTO_ENDPOINT_URL=cloud.momento.endpoint,
            MOMENTO_CACHE_NAME=CACHE,
            MOMENTO_TOPIC_NAME=TOPIC,
        )
        deliveries: list[Delivery] = []

        def tell(delivery: Delivery) -> None:
            deliveries.append(delivery)
            feed.add(delivery)

        runner = stack.enter_context(
            Runner(
                endpoint=local_aws.endpoint,
                redirect=cloud.momento.endpoint,
                timing=FAST,
                on_delivery=tell,
                on_step=feed.tell,
            )
        )
        feed.heartbeat = lambda: runner.heartbeat
        runner.wait_until_reading(*cloud.weather.create_pipes())
        yield RunningWeather(cloud, runner, feed, settings, deliveries)
