"""A weather pipeline without running pipes: a test decides what the cache holds."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Self

import httpx
import pytest

from eventpipes.request import redirected
from live.converge import Converger
from live.watch import changed_keys
from live.watch.changed_keys import ChangedKeys, Memory
from live.watch.given import Given
from live.watch.watch import WatchResult, WatchRun
from live.watch.watched_deployment import WatchedDeployment
from localcloud import LocalAws
from localcloud.applied import client
from localcloud.momento.service import LocalMomento
from tests.localcloud.weather_pipes import API_KEY, CACHE, WeatherPipes, empty

READING_KEY = "the-reading-key"
SECRET = "weather-stats-demo-watch-key"  # noqa: S105 - a name
PIPELINE = "weather-stats-demo"
READ_RULES = ({"type": "cache", "permissions": ["read"], "caches": "*", "items": "*"},)


class Watched:
    """A context manager: the deployed weather pipes, a Momento, and the watch's secret.

    `look` runs the watch once, with a memory at the stream's present end.
    """

    def __init__(self, aws: LocalAws) -> None:
        self._aws = aws
        self._exit = ExitStack()
        self.slept: list[float] = []

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(changed_keys, "PAUSE_SECONDS", 0.0)
            for name, value in self._aws.environment().items():
                patch.setenv(name, value)
            empty(self._aws.endpoint)
            self.weather = WeatherPipes(self._aws.endpoint)
            self.weather.create_pipes()
            self.momento = stack.enter_context(LocalMomento(api_key=API_KEY, caches=(CACHE,)))
            self.momento.service.keys.add(READING_KEY, READ_RULES)
            secrets = client("secretsmanager", self._aws.endpoint)
            secrets.create_secret(Name=SECRET, SecretString=READING_KEY)
            secrets.create_secret(Name="empty")
            self._http = stack.enter_context(
                httpx.Client(headers={"Authorization": API_KEY}, timeout=60)
            )
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def given(self, **changed: Any) -> Given:
        """Return the variables of the function's environment."""
        operations = ("cache-put", "topic-publish", "cache-delete")
        pipes = {one: f"{PIPELINE}-{one}-pipe" for one in operations}
        usual: Mapping[str, Any] = {
            "pipeline": PIPELINE,
            "pipes": pipes,
            "secret": SECRET,
            "region": "us-east-1",
            "items": 20,
            "requests": 60,
            "settle": 30.0,
            "redirect": self.momento.endpoint,
        }
        return Given(**{**usual, **changed})

    def memory(self) -> Memory:
        """Return the memory of a watch that has read the stream up to now."""
        memory = Memory()
        with WatchedDeployment(self.given()) as deployment:
            streams = deployment.client("dynamodbstreams")
            ChangedKeys(streams, deployment.stream_arn, deployment.table, memory).read()
        return memory

    def look(
        self,
        memory: Memory,
        *,
        settled: Callable[[], None] = lambda: None,
        now: Callable[[], float] | None = None,
        **changed: Any,
    ) -> WatchResult:
        """Run the watch once; `settled` is called instead of the settling time."""

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            settled()

        times = {} if now is None else {"now": now}
        return WatchRun(self.given(**changed), memory, sleep=sleep, **times).run()

    def deliver(self, location: str) -> None:
        """Send what the pipes would send for an item as it is."""
        with WatchedDeployment(self.given()) as deployment:
            key = {"Location": {"S": location}}
            converger = Converger(deployment, self)
            for request in converger.wanted(key, deployment.table.read(key)):
                url = redirected(request.url, self.momento.endpoint)
                answer = self._http.request(request.method, url, content=request.body)
                answer.raise_for_status()

    def send(self, request: object) -> None:
        """Nothing is sent in this way."""
        raise NotImplementedError

    def cache(self, key: str, body: str) -> None:
        """Put an entry that the pipes would not put."""
        where = {"key": key, "ttl_seconds": "600"}
        url = f"{self.momento.endpoint}/cache/{CACHE}"
        self._http.put(url, params=where, content=body).raise_for_status()

    def forget(self, key: str) -> None:
        """Delete an entry."""
        url = f"{self.momento.endpoint}/cache/{CACHE}"
        self._http.delete(url, params={"key": key}).raise_for_status()

    def clear(self) -> None:
        """Remove all items and entries."""
        for item in self.weather.dynamodb.scan(TableName=self.weather.table)["Items"]:
            self.weather.delete(item["Location"]["S"])
        self.momento.service.caches[CACHE].items.clear()
        self.momento.service.interfere = None
        self.slept.clear()
