"""What the stack gives the function in its environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from live.watch.errors import WatchError

NAMESPACE = "MomentoPipelines"
"""The namespace of the watch's metrics in CloudWatch."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """The pipeline, and what a run may do.

    `pipes` has the names of the pipes by operation. `secret` is the ARN of the secret with the key
    that reads. A run looks at `items` items, sends at most `requests` requests to Momento, and
    waits `settle` seconds before a difference counts.
    """

    pipeline: str
    pipes: Mapping[str, str]
    secret: str
    region: str
    items: int
    requests: int
    settle: float
    redirect: str | None = None
    """The origin of the local cloud's Momento."""

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        """Return what the environment gives.

        Raises:
            WatchError: a variable is missing or wrong.

        """
        try:
            return cls(
                pipeline=environment["WATCH_PIPELINE"],
                pipes=json.loads(environment["WATCH_PIPES"]),
                secret=environment["WATCH_SECRET"],
                region=environment["AWS_REGION"],
                items=int(environment["WATCH_ITEMS"]),
                requests=int(environment["WATCH_REQUESTS"]),
                settle=float(environment["WATCH_SETTLE_SECONDS"]),
                redirect=environment.get("MOMENTO_ENDPOINT_URL") or None,
            )
        except (KeyError, ValueError) as error:
            raise WatchError(
                f"the function's environment is not the stack's ({error!r}): run ./help.sh deploy"
            ) from None
