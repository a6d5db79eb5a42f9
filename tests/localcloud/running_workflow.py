"""A workflow that runs on a local AWS, and what Momento and the runner saw."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import pytest
from starlette.requests import Request
from starlette.responses import Response

import localcloud.runner.runner
from localcloud import LocalAws
from localcloud.applied import client
from localcloud.deliveries.delivery import Delivery
from localcloud.deliveries.sender import Timing
from localcloud.deliveries.step import Step, ended
from localcloud.momento.service import LocalMomento
from localcloud.runner.checkpoints import Checkpoints
from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import Arrivals
from tests.localcloud.weather_pipes import empty
from tests.localcloud.workflow_cloud import API_KEY, CACHE, WorkflowCloud

FAST = Timing(timeout=60.0, first_wait=0.01, longest_wait=0.05, second=0.01)
Answer = Callable[[Request], Response | None]


class Running:
    """A workflow's cloud with a Momento and a runner; `messages` are those that Momento took."""

    def __init__(self, aws: LocalAws, **settings: str) -> None:
        empty(aws.endpoint)
        self.cloud = WorkflowCloud(aws.endpoint, **settings)
        self.deliveries: list[Delivery] = []
        self.steps: list[Step] = []
        self.arrivals = Arrivals()
        self.messages: list[dict[str, str]] = []
        self.answer: Answer = lambda _: None
        self.checkpoints = Checkpoints()
        self._aws = aws
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        patch = self._exit.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(localcloud.runner.runner, "WATCH_SECONDS", 0.3)
        self.momento = self._exit.enter_context(LocalMomento(api_key=API_KEY, caches=(CACHE,)))
        self.momento.service.interfere = self._interfere
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    async def _interfere(self, request: Request) -> Response | None:
        await self.arrivals(request)
        answer = self.answer(request)
        if answer is None and request.method == "POST":
            self.messages.append(json.loads(await request.body()))
        return answer

    @contextmanager
    def runner(self, timing: Timing = FAST) -> Iterator[Runner]:
        """Run the pipe."""
        with Runner(
            endpoint=self._aws.endpoint,
            redirect=self.momento.endpoint,
            checkpoints=self.checkpoints,
            timing=timing,
            on_delivery=self._ended,
            on_step=self.steps.append,
        ) as runner:
            runner.wait_until_reading(self.cloud.pipe)
            yield runner

    def _ended(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)
        self.steps.append(ended(delivery))

    def drained(self) -> bool:
        """Say whether the pipe is done with every record."""
        last = self.cloud.records()[-1]["dynamodb"]["SequenceNumber"]
        pipes = client("pipes", self._aws.endpoint)
        created = pipes.describe_pipe(Name=self.cloud.pipe)["CreationTime"]
        identity = f"{self.cloud.pipe}@{created}"
        return bool(self.checkpoints.last(identity, self.cloud.shard) == last)

    def cache(self) -> dict[str, Any]:
        """Return the cache, its values parsed."""
        items = self.momento.service.caches[CACHE].items.items()
        return {key.decode(): json.loads(item.value) for key, item in items}
