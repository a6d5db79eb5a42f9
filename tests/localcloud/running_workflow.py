"""A workflow that runs on a local AWS, and what Momento and the runner saw."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from localcloud import LocalAws
from localcloud.applied import client
from localcloud.deliveries.sender import Timing
from localcloud.runner.runner import Runner
from tests.localcloud.weather_cloud import FAST, RunnerCloud
from tests.localcloud.workflow_cloud import API_KEY, CACHE, WorkflowCloud

Answer = Callable[[Request], Response | None]


class Running(RunnerCloud):
    """A workflow's cloud with a Momento and a runner; `messages` are those that Momento took."""

    api_key, cache_name = API_KEY, CACHE

    def __init__(self, aws: LocalAws, **settings: str) -> None:
        super().__init__(aws)
        self._settings = settings
        self.messages: list[dict[str, str]] = []
        self.answer: Answer = lambda _: None

    def create_resources(self) -> None:
        """Create the stack's resources."""
        self.cloud = WorkflowCloud(self.aws.endpoint, **self._settings)

    async def _interfere(self, request: Request) -> Response | None:
        await self.arrivals(request)
        answer = self.answer(request)
        if answer is None and request.method == "POST":
            self.messages.append(json.loads(await request.body()))
        return answer

    @contextmanager
    def runner(self, timing: Timing = FAST) -> Iterator[Runner]:
        """Run the pipe."""
        with self._runner(timing) as runner:
            runner.wait_until_reading(self.cloud.pipe)
            yield runner

    def drained(self) -> bool:
        """Say whether the pipe is done with every record."""
        last = self.cloud.records()[-1]["dynamodb"]["SequenceNumber"]
        pipes = client("pipes", self.aws.endpoint)
        created = pipes.describe_pipe(Name=self.cloud.pipe)["CreationTime"]
        identity = f"{self.cloud.pipe}@{created}"
        return bool(self.checkpoints.last(identity, self.cloud.shard) == last)

    def cache(self) -> dict[str, Any]:
        """Return the cache, its values parsed."""
        items = self.momento.service.caches[CACHE].items.items()
        return {key.decode(): json.loads(item.value) for key, item in items}
