"""The weather pipes running on one machine, with their requests and deliveries."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import pytest
from starlette.requests import Request
from starlette.responses import Response

import localcloud.runner.runner
from localcloud import LocalAws
from localcloud.deliveries.delivery import Delivery
from localcloud.deliveries.sender import Timing
from localcloud.deliveries.step import Step, ended
from localcloud.momento.service import LocalMomento
from localcloud.runner.checkpoints import Checkpoints
from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import Arrivals, until
from tests.localcloud.weather_pipes import API_KEY, CACHE, WeatherPipes, empty

FAST = Timing(timeout=60.0, first_wait=0.01, longest_wait=0.05, second=0.01)
"""A second of Retry-After or of a record's age is a hundredth of one; no request times out."""


class RunnerCloud:
    """An emptied AWS, a Momento, and the runners between them.

    A context manager. `arrivals` are the requests that came to Momento, `deliveries` and
    `steps` what the runners said of each record.
    """

    api_key, cache_name = API_KEY, CACHE

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.arrivals = Arrivals()
        self.deliveries: list[Delivery] = []
        self.steps: list[Step] = []
        self.checkpoints = Checkpoints()
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        empty(self.aws.endpoint)
        patch = self._exit.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(localcloud.runner.runner, "WATCH_SECONDS", 0.3)
        momento = LocalMomento(api_key=self.api_key, caches=(self.cache_name,))
        self.momento = self._exit.enter_context(momento)
        self.momento.service.interfere = self._interfere
        self.create_resources()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def create_resources(self) -> None:
        """Create what is in the AWS from the start."""

    async def _interfere(self, request: Request) -> Response | None:
        return await self.arrivals(request)

    def _runner(self, timing: Timing = FAST) -> Runner:
        return Runner(
            endpoint=self.aws.endpoint,
            redirect=self.momento.endpoint,
            checkpoints=self.checkpoints,
            timing=timing,
            on_delivery=self._ended,
            on_step=self.steps.append,
        )

    def _ended(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self.steps.append(ended(delivery))


class WeatherCloud(RunnerCloud):
    """The weather pipes' resources."""

    def create_resources(self) -> None:
        """Create the resources without the pipes."""
        self.weather = WeatherPipes(self.aws.endpoint)

    def runner(self) -> Runner:
        """Return a runner that continues where the last runner ended."""
        return self._runner()

    @contextmanager
    def running(self, *pipes: str, **source: Any) -> Iterator[Runner]:
        """Run these pipes (default: all), which are created with changes to their stream."""
        with self.runner() as runner:
            runner.wait_until_reading(*self.weather.create_pipes(pipes or None, **source))
            yield runner

    def of(self, pipe: str, *outcomes: str) -> list[Delivery]:
        """Return the deliveries of a pipe, or those with these outcomes."""
        return [
            delivery
            for delivery in list(self.deliveries)
            if delivery.pipe == pipe and (not outcomes or delivery.outcome in outcomes)
        ]

    def wait_for(self, pipe: str, count: int, *outcomes: str) -> list[Delivery]:
        """Wait for so many deliveries of a pipe, and return them."""
        until(lambda: len(self.of(pipe, *outcomes)) >= count)
        return self.of(pipe, *outcomes)

    def dead_letters(self, count: int) -> list[dict[str, Any]]:
        """Receive so many messages from the dead-letter queue."""
        letters: list[dict[str, Any]] = []

        def enough() -> bool:
            letters.extend(self.weather.dead_letters())
            return len(letters) >= count

        until(enough)
        return letters


def locations(deliveries: Sequence[Delivery]) -> list[str]:
    return [delivery.keys["Location"]["S"] for delivery in deliveries]
