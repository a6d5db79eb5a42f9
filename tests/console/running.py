"""The shop on one machine, with its pipes running, and the page's server."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

import httpx
import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response

import localcloud.momento.service
import localcloud.runner.feed
import localcloud.runner.runner
from console.settings import ConsoleSettings
from console.web import page
from localcloud import LocalAws
from localcloud.app_server import KEEP_ALIVE_SECONDS
from localcloud.applied import Applied, client
from localcloud.momento.service import LocalMomento
from localcloud.runner.feed import DeliveryFeed
from localcloud.runner.runner import Runner
from stacks.settings import Settings
from tests.conftest import ENDPOINT
from tests.console.shop import API_KEY, CACHE, PREFIX, STACK, TOPICS, document
from tests.localcloud.arrivals import Arrivals, until
from tests.localcloud.weather_cloud import FAST
from tests.localcloud.weather_pipes import empty
from tests.running_weather import polls

SECRET = "planted-77aa-secret-that-must-not-be-seen"  # noqa: S105 - nobody's


class Puts(Arrivals):
    """The requests to Momento; only those that put get the answers of a test."""

    async def __call__(self, request: Request) -> Response | None:
        """Record a request, and answer it if it puts and a response was set for its key."""
        return await super().__call__(request) if request.method == "PUT" else None


class Shop:
    """The stack's resources, a Momento, the runner and its feed; `arrivals` are the puts.

    Without `has_feed`, the page gets no feed, as on AWS.
    """

    has_feed = True

    def __init__(
        self, aws: LocalAws, made: "Made", momento: LocalMomento, feed: DeliveryFeed
    ) -> None:
        self.aws, self.made, self.momento, self.feed = aws, made, momento, feed
        self.arrivals = Puts()
        momento.service.interfere = self.arrivals
        self.dynamodb = client("dynamodb", aws.endpoint)
        self.sqs = client("sqs", aws.endpoint)
        empty(aws.endpoint)
        self.create()
        pipes = client("pipes", aws.endpoint).list_pipes()["Pipes"]
        self.pipes = [one["Name"] for one in pipes]
        self.runner: Runner

    def create(self) -> None:
        """Create the stack's resources."""
        Applied(self.made.document, self.aws.endpoint, momento_api_key=API_KEY).create()

    def start_runner(self) -> None:
        """Start a runner, and wait until it reads all pipes."""
        self.runner = runner = Runner(
            endpoint=self.aws.endpoint,
            redirect=self.momento.endpoint,
            timing=FAST,
            on_delivery=self.feed.add,
            on_step=self.feed.tell,
        )
        runner.__enter__()
        self.feed.heartbeat = lambda: runner.heartbeat
        runner.wait_until_reading(*self.pipes)

    def stop_runner(self) -> None:
        """Stop the runner, and wait for its end."""
        self.runner.__exit__(None, None, None)

    def start_momento(self) -> None:
        """Start another Momento at the address of the one before, without its entries."""
        port = int(self.momento.endpoint.rpartition(":")[2])
        self.momento = LocalMomento(api_key=API_KEY, caches=(CACHE,), port=port)
        self.momento.service.interfere = self.arrivals
        self.momento.__enter__()

    def stop_momento(self) -> None:
        """Stop Momento, and wait for its end."""
        self.end_polls()
        self.momento.__exit__()

    @property
    def settings(self) -> ConsoleSettings:
        """The settings of the page."""
        env = {
            "AWS_ENDPOINT_URL": self.aws.endpoint,
            "MOMENTO_ENDPOINT_URL": self.momento.endpoint,
            "MOMENTO_API_KEY": API_KEY,
        }
        if self.has_feed:
            env["PIPE_DELIVERIES_URL"] = f"{self.feed.endpoint}/steps"
        given = {"NAME_PREFIX": PREFIX, "STACK": self.made.stack, "MOMENTO_CACHE_NAME": CACHE}
        stack = Settings(**given, **env, MOMENTO_API_ENDPOINT=ENDPOINT)  # type: ignore[arg-type]  # by the variables' names
        return ConsoleSettings(stack=stack, env=env)

    def end_polls(self) -> None:
        """End the polls of the topics, which end with a message only."""
        for topic in self.made.topics:
            with suppress(httpx.TransportError):  # a Momento that has ended has no polls
                httpx.post(
                    f"{self.momento.endpoint}/topics/{CACHE}/{topic}",
                    headers={"Authorization": API_KEY, "Content-Type": "text/plain"},
                    content="the end",
                    timeout=60,
                ).raise_for_status()

    def put(self, table: str, item: dict[str, Any]) -> None:
        """Write an item past the page."""
        self.dynamodb.put_item(TableName=table, Item=item)


@dataclass(frozen=True)
class Made:
    """A synthesized stack, its name, and the topics that its pipelines publish to."""

    document: Mapping[str, Any]
    stack: str
    topics: Sequence[str]


@contextmanager
def running(aws: LocalAws, topology: str, log_level: str = "OFF") -> Iterator[Shop]:
    """Run the shop, whose pipes log at a level."""
    with running_stack(aws, Made(document(topology, log_level), STACK, TOPICS)) as shop:
        yield shop


@contextmanager
def running_stack(aws: LocalAws, made: Made) -> Iterator[Shop]:
    """Run a stack with the prefix of the shop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(localcloud.runner.runner, "WATCH_SECONDS", 0.3)
        patch.setattr(localcloud.runner.feed, "LONG_POLL_SECONDS", 0.2)
        patch.setattr(localcloud.momento.service, "LONG_POLL_SECONDS", 600.0)
        with (
            LocalMomento(api_key=API_KEY, caches=(CACHE,)) as momento,
            DeliveryFeed() as feed,
        ):
            shop = Shop(aws, made, momento, feed)
            patch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
            patch.setenv("AWS_ACCESS_KEY_ID", "local")
            patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
            patch.setenv("MOMENTO_ENDPOINT_URL", momento.endpoint)
            shop.start_runner()
            try:
                yield shop
            finally:
                shop.stop_runner()
                if shop.momento is not momento:
                    shop.momento.__exit__()


@contextmanager
def served(shop: Shop, *forms: Any) -> Iterator[str]:
    """Serve the page; yield where."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            page(shop.settings, forms),
            log_level="critical",
            timeout_graceful_shutdown=1,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        until(lambda: server.started and polls(shop.momento) == len(shop.made.topics))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
            shop.end_polls()
            until(lambda: not following())


def following(about: str = "") -> list[threading.Thread]:
    """Return the threads that follow something for a page, or only those of one kind."""
    return [one for one in threading.enumerate() if one.name.startswith(f"_follow_{about}")]


class Visitor:
    """An open page: it keeps the events of a pipeline."""

    def __init__(self, url: str, pipeline: str, last: str = "") -> None:
        self._url, self._pipeline, self._last = url, pipeline, last
        self.events: list[tuple[str, str, Any]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        headers = {"Last-Event-ID": self._last} if self._last else {}
        query = {"pipeline": self._pipeline}
        with (
            httpx.Client(timeout=60) as http,
            http.stream("GET", f"{self._url}/api/events", params=query, headers=headers) as answer,
        ):
            name = id_ = ""
            for line in answer.iter_lines():
                kind, _, text = line.partition(": ")
                match kind:
                    case "id":
                        id_ = text
                    case "event":
                        name = text
                    case "data":
                        self.events.append((id_, name, json.loads(text)))
                if self._over.is_set():
                    return

    def of(self, name: str) -> list[Any]:
        """Return the data of the events of a name."""
        return [data for _, one, data in list(self.events) if one == name]

    def wait(self, name: str, fits: Callable[[Any], object] = lambda _: True) -> Any:
        """Wait for an event that fits; return its data, the newest one."""
        until(lambda: any(fits(data) for data in self.of(name)))
        return [data for data in self.of(name) if fits(data)][-1]
