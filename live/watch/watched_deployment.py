"""The deployed pipeline that the function watches."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from eventpipes.operations import DELETE, PUBLISH, PUT
from live.aws import Aws
from live.deployment import Deployment
from live.pipelines import Pipeline
from live.watch.given import Given

UNUSED = "the-watch-sends-nothing"
"""Stands for the sending key, which the function may not read."""
RATE = 10


class WatchedDeployment(Deployment):
    """The pipeline that the function's environment names. Its requests are read, never sent."""

    def __init__(self, given: Given) -> None:  # the settings' reader is not packed
        self._given = given
        self._region = given.region
        self._allowed = dict.fromkeys((PUT, PUBLISH, DELETE), RATE)
        self._aws = Aws(given.region)
        self._exit = ExitStack()
        self.redirect = given.redirect
        self.reading_key = None

    def _pipeline(self) -> Pipeline:
        return Pipeline(self._given.pipeline, self._given.pipes)

    def _read_secret(self, arn: str) -> Mapping[str, Any]:
        del arn
        return {"api_key_value": UNUSED}
