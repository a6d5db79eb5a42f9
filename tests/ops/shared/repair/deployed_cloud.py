"""What a deployed pipeline has in all topologies, and what is done about its dead letters."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from unittest import mock

import pytest

import live.letter_queue
import live.stream
from live.deployment import Deployment
from live.momento.client import Momento
from live.redrive.redrive import Redrive
from live.redrive.replay_results import RedriveSummary
from localcloud.applied import ACCOUNT
from localcloud.momento.service import CachedItem, LocalMomento
from ops.verify.results import VerifySummary
from ops.verify.verify import Verify
from stacks.settings import Settings
from tests import commands
from tests.localcloud.arrivals import Arrivals
from tests.localcloud.contents import shard_of
from tests.ops.shared.repair.patient import PATIENCE

ROOT = Path(__file__).resolve().parents[4]


class DeployedCloud:
    """A pipeline as it is deployed, with nobody running it, and a Momento; a context manager.

    `arrivals` are the requests that came to Momento. `settings` are variables of the environment.
    """

    def __init__(
        self,
        *,
        streams: Any,
        sqs: Any,
        stream_arn: str,
        queue_url: str,
        api_key: str,
        cache: str,
        **settings: str,
    ) -> None:
        self.streams, self.sqs = streams, sqs
        self.stream_arn, self.queue_url = stream_arn, queue_url
        self.cache_name = cache
        self.arrivals = Arrivals()
        self.momento = LocalMomento(api_key=api_key, caches=(cache,))
        self._settings = settings
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.momento)
            self._folder = stack.enter_context(tempfile.TemporaryDirectory())
            self.momento.service.interfere = self.arrivals
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            for name, value in self._settings.items():
                patch.setenv(name, value)
            patch.setenv("MOMENTO_ENDPOINT_URL", self.momento.endpoint)
            patch.setattr(live.letter_queue, "WAIT_SECONDS", 0)
            patch.setattr(live.stream, "EMPTY_PAGES", 1)  # the local AWS returns none too early
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @cached_property
    def shard(self) -> str:
        """The stream's only shard."""
        return shard_of(self.streams, self.stream_arn)

    def cache(self) -> dict[str, str]:
        """Return the cache's values, by key."""
        items = self.momento.service.caches[self.cache_name].items
        return {key.decode(): item.value.decode() for key, item in list(items.items())}

    def fill(self, key: str, value: str) -> None:
        """Put something into the cache, past everything else."""
        items = self.momento.service.caches[self.cache_name].items
        items[key.encode()] = CachedItem(value.encode(), time.monotonic() + 3_600)

    def messages(self, topic: str) -> list[str]:
        """Return the messages of a topic."""
        found = self.momento.service.caches[self.cache_name].topics.get(topic)
        return [text.decode() for _, text, _ in found.messages] if found else []

    def waiting(self) -> tuple[int, int]:
        """Return how many messages wait in the queue, and how many are hidden."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        return int(found["Attributes"][names[0]]), int(found["Attributes"][names[1]])

    def letter_of(
        self, pipe: str, first: str, last: str, *, size: int, moment: str, place: dict[str, Any]
    ) -> dict[str, Any]:
        """Return a pipe's dead letter about records from one number to another, with changes."""
        return {
            "context": {
                "partnerResourceArn": f"arn:aws:pipes:us-east-1:{ACCOUNT}:pipe/{pipe}",
                "condition": "RetryAttemptsExhausted",
            },
            "version": "1.0",
            "timestamp": moment,
            "DDBStreamBatchInfo": {
                "shardId": self.shard,
                "startSequenceNumber": first,
                "endSequenceNumber": last,
                "approximateArrivalOfFirstRecord": moment,
                "approximateArrivalOfLastRecord": moment,
                "batchSize": size,
                "streamArn": self.stream_arn,
            }
            | place,
        }

    def deployment(self, pipeline: str | None = None) -> Deployment:
        """Return what is deployed: a pipeline, by default the stack's."""
        return Deployment(Settings.load(), pipeline)

    def sender(self, deployment: Deployment, **options: Any) -> Momento:
        """Return a sender that does not wait long between attempts."""
        return Momento(
            rates=deployment.rates(100_000),
            redirect=self.momento.endpoint,
            **({"first_wait": 0.01, "timeout": PATIENCE} | options),
        )

    def redrive(
        self, *, only: str | None = None, pipeline: str | None = None, **options: Any
    ) -> RedriveSummary:
        """Settle the dead letters."""
        with self.deployment(pipeline) as deployment, self.sender(deployment) as sender:
            chosen = None if only is None else deployment.chosen(only)
            return Redrive(deployment, sender, only=chosen, **options).run()

    def verify(self, pipeline: str | None = None, **options: Any) -> VerifySummary:
        """Compare the table with the cache, with little patience."""
        with self.deployment(pipeline) as deployment, self.sender(deployment) as sender:
            return Verify(deployment, sender, **({"settle": 0.05} | options)).run()

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one of the commands to its end, in this process."""
        with mock.patch("live.momento.client.TIMEOUT_SECONDS", PATIENCE):
            return commands.run(*arguments, folder=Path(self._folder), width=120)

    def command(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start one of the commands in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.ops.shared.repair.patient", *arguments],
            cwd=self._folder,  # neither a .env nor somebody's progress is there
            env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "120"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def wrong(summary: VerifySummary) -> list[tuple[str, str]]:
    """Return the keys that are wrong, with their state."""
    return sorted((one.key, one.state) for one in summary.wrong)
