"""The weather pipes running on one machine, with their requests and deliveries."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import pytest

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


class WeatherCloud:
    """The weather pipes' resources on an emptied AWS, a Momento, and the runner between them.

    A context manager. `arrivals` are the requests that came to Momento, `deliveries` and
    `steps` what the runners said of each record.
    """

    def __init__(self, aws: LocalAws, timing: Timing = FAST) -> None:
        self.aws = aws
        self.timing = timing
        self.arrivals = Arrivals()
        self.deliveries: list[Delivery] = []
        self.steps: list[Step] = []
        self.checkpoints = Checkpoints()
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        empty(self.aws.endpoint)
        with ExitStack() as stack:
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(localcloud.runner.runner, "WATCH_SECONDS", 0.3)
            self.weather = WeatherPipes(self.aws.endpoint)
            self.momento = stack.enter_context(LocalMomento(api_key=API_KEY, caches=(CACHE,)))
            self.momento.service.interfere = self.arrivals
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def runner(self) -> Runner:
        """Return a runner that continues where the last runner ended."""
        return Runner(
            endpoint=self.aws.endpoint,
            redirect=self.momento.endpoint,
            checkpoints=self.checkpoints,
            timing=self.timing,
            on_delivery=self._ended,
            on_step=self.steps.append,
        )

    @contextmanager
    def running(self, *pipes: str, **source: Any) -> Iterator[Runner]:
        """Run these pipes (default: all), which are created with changes to their stream."""
        with self.runner() as runner:
            runner.wait_until_reading(*self.weather.create_pipes(pipes or None, **source))
            yield runner

    def _ended(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self.steps.append(ended(delivery))

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
    """Return the location of each delivery's record."""
    return [delivery.keys["Location"]["S"] for delivery in deliveries]
