"""The whole local cloud: AWS, Momento, and the runner between them."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Self

from eventpipes import Definition, RuleDefinition
from eventpipes.momento_names import request_names

from .aws.aws import LocalAws
from .deliveries.delivery import Delivery
from .momento.limits import MAX_TTL_SECONDS
from .momento.service import Limits, LocalMomento
from .runner.checkpoints import Checkpoints
from .runner.feed import DeliveryFeed
from .runner.runner import Runner

MOMENTO_API_ENDPOINT = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"
"""The stack's endpoint if the settings have none. Requests go to the local Momento."""
API_KEY = "local-api-key"
API_KEY_VERSION = "024f6c9"
"""The version for Terraform without `ops`; `momento_pipes.momento.update_connection` makes it."""
READ_API_KEY = "local-read-api-key"
READ_RULES = (
    {"type": "cache", "permissions": ["read"], "caches": "*", "items": "*"},
    {"type": "topic", "permissions": ["read"], "caches": "*", "topics": "*"},
)


class LocalCloud:
    """A context manager that runs the local cloud; `environment()` returns its variables."""

    def __init__(
        self,
        *,
        port: int | None = None,
        region: str | None = None,
        caches: tuple[str, ...] = (),
        momento_limits: Limits | None = None,
        max_ttl_seconds: int = MAX_TTL_SECONDS,
        on_delivery: Callable[[Delivery], None] = lambda _: None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare the local cloud.

        `port` is the port of the AWS API (default: a free port). `region` is used if the
        environment has no region. `caches` exist from the start; the cache of a pipe or a rule
        exists as soon as the pipe or the rule is deployed. With `momento_limits`, Momento answers
        429 over these limits, and `warn` is called if there are too many caches.
        """
        self.aws = LocalAws(port=port)
        self.momento = LocalMomento(
            api_key=API_KEY, caches=caches, max_ttl_seconds=max_ttl_seconds, limits=momento_limits
        )
        self.momento.service.keys.add(READ_API_KEY, READ_RULES)
        self.feed = DeliveryFeed()
        self.checkpoints = Checkpoints()
        self._region = region
        self._on_delivery = on_delivery
        self._warn = warn
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.aws)
            stack.enter_context(self.momento)
            stack.enter_context(self.feed)
            self.runner = stack.enter_context(
                Runner(
                    endpoint=self.aws.endpoint,
                    region=self.environment()["AWS_REGION"],
                    redirect=self.momento.endpoint,
                    checkpoints=self.checkpoints,
                    on_delivery=self._report,
                    on_step=self.feed.tell,
                    on_start=self._create_cache,
                )
            )
            self.feed.heartbeat = lambda: self.runner.heartbeat
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def _report(self, delivery: Delivery) -> None:
        self.feed.add(delivery)
        self._on_delivery(delivery)

    def _create_cache(self, definition: Definition | RuleDefinition) -> None:
        """Create the caches that a pipe or a rule names; for Momento, a person creates them."""
        limits = self.momento.service.limits
        caches = [names.cache for names in request_names(definition) if names.cache]
        for name in dict.fromkeys(caches):
            if not self.momento.service.create_cache(name) and limits:
                self._warn(
                    f"{definition.name} sends to the cache {name}, but Momento gives an account"
                    f" only {limits.caches} caches in a region: it answers 404"
                )

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return `base` (default: this process's environment) with the local cloud's variables.

        The stack gets the real Momento's endpoint, as for AWS. `MOMENTO_ENDPOINT_URL`, like
        `AWS_ENDPOINT_URL`, is the address of the local Momento. `PIPE_DELIVERIES_URL` is the
        address of the steps in the feed.
        """
        inherited = os.environ if base is None else base
        if self._region and not (
            inherited.get("AWS_REGION") or inherited.get("AWS_DEFAULT_REGION")
        ):
            inherited = {**inherited, "AWS_REGION": self._region}
        return self.aws.environment(inherited) | {
            "MOMENTO_API_ENDPOINT": inherited.get("MOMENTO_API_ENDPOINT") or MOMENTO_API_ENDPOINT,
            "MOMENTO_API_KEY": API_KEY,
            "MOMENTO_READ_API_KEY": READ_API_KEY,
            "MOMENTO_ENDPOINT_URL": self.momento.endpoint,
            "PIPE_DELIVERIES_URL": f"{self.feed.endpoint}/steps",
            "TF_VAR_momento_api_key": API_KEY,
            "TF_VAR_momento_api_key_version": API_KEY_VERSION,
            "TF_VAR_iam_settle_seconds": "0",
        }
