"""A deployed pipeline with BULK=true, on a local AWS with its runner and a Momento."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Self

import httpx

from localcloud import LocalAws
from localcloud.applied import Applied, client
from localcloud.deliveries.sender import Timing
from localcloud.momento.service import LocalMomento
from localcloud.runner.runner import Runner
from momento_pipes.watch import package
from tests import commands
from tests.localcloud.arrivals import Arrivals
from tests.localcloud.weather_cloud import FAST
from tests.localcloud.weather_pipes import ENDPOINT, empty
from tests.localcloud.workflow_cloud import API_KEY, CACHE, document

READING_KEY = "the-reading-key"
READ_RULES = ({"type": "cache", "permissions": ["read"], "caches": "*", "items": "*"},)
TABLE = "shop-items"
BATCH = 25
"""Items that BatchWriteItem takes."""


@dataclass
class BulkCloud:
    """The deployed stack. `settings` change its settings; it is a context manager."""

    aws: LocalAws
    timing: Timing = FAST
    settings: Mapping[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        empty(self.aws.endpoint)
        self._exit = ExitStack()
        self.momento = self._exit.enter_context(LocalMomento(api_key=API_KEY, caches=(CACHE,)))
        self.momento.service.keys.add(READING_KEY, READ_RULES)
        self.arrivals = Arrivals()
        self.momento.service.interfere = self.arrivals
        made = json.loads(json.dumps(document(**{"BULK": "true", **self.settings})))
        self.resources: Mapping[str, Any] = made["resource"]
        for function in self.resources["aws_lambda_function"].values():
            function["filename"] = str(package.file())
        for pipe in self.resources["aws_pipes_pipe"].values():
            pipe["desired_state"] = "STOPPED"  # only the run fills the cache
        self._applied = Applied(made, self.aws.endpoint, momento_api_key=API_KEY)
        self._applied.create("aws_sfn_state_machine", "aws_pipes_pipe", "aws_iam_role_policy")
        self.dynamodb = client("dynamodb", self.aws.endpoint)
        (secret,) = self.resources["aws_secretsmanager_secret"].values()
        client("secretsmanager", self.aws.endpoint).put_secret_value(
            SecretId=secret["name"], SecretString=READING_KEY
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def run_all(self) -> Runner:
        """Start the runner; it ends with the cloud."""
        return self._exit.enter_context(
            Runner(endpoint=self.aws.endpoint, redirect=self.momento.endpoint, timing=self.timing)
        )

    def fill(self, count: int) -> None:
        """Write so many items."""
        with ThreadPoolExecutor(4) as pool:
            for _ in pool.map(self._write, range(0, count, BATCH), [count] * -(-count // BATCH)):
                pass

    def _write(self, first: int, count: int) -> None:
        last = min(first + BATCH, count)
        requests = [{"PutRequest": {"Item": item(at)}} for at in range(first, last)]
        self.dynamodb.batch_write_item(RequestItems={TABLE: requests})

    def cached(self) -> dict[str, str]:
        """Return what the cache holds."""
        return dict(_texts(self.momento))

    def cache(self, method: str, key: str, text: str = "") -> None:
        """Send a request about an entry, past everything else."""
        where = {"key": key} | ({"ttl_seconds": "600"} if method == "PUT" else {})
        url = f"{self.momento.endpoint}/cache/{CACHE}"
        headers = {"Authorization": API_KEY}
        httpx.request(method, url, params=where, content=text, headers=headers, timeout=60)

    def command(self, *words: str, folder: Path, code: int | None = None) -> CompletedProcess[str]:
        """Run a command of help.sh on this cloud, which has to end with a code."""
        done = commands.run(*words, env=self.environment(), folder=folder, width=120)
        assert code in (None, done.returncode), done.stdout + done.stderr
        return done

    def environment(self) -> dict[str, str]:
        """Return the settings and the local addresses."""
        return {
            **self.aws.environment({}),
            "MOMENTO_API_ENDPOINT": ENDPOINT,
            "MOMENTO_CACHE_NAME": CACHE,
            "MOMENTO_ENDPOINT_URL": self.momento.endpoint,
            "MOMENTO_API_KEY": API_KEY,
            "MOMENTO_READ_API_KEY": READING_KEY,
            "NAME_PREFIX": "shop",
            "STACK": "own",
            "BULK": "true",
            **self.settings,
        }


def item(number: int) -> dict[str, Any]:
    return {"Id": {"S": f"item {number}"}, "Version": {"N": str(number)}}


def body(number: int) -> dict[str, str]:
    """Return what the cache holds of an item."""
    return {"Id": f"item {number}", "Version": str(number)}


def _texts(momento: LocalMomento) -> Iterator[tuple[str, str]]:
    for key, entry in list(momento.service.caches[CACHE].items.items()):
        yield key.decode(), entry.value.decode()
