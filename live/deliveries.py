"""What the pipes do with each record, from the local cloud's feed.

The feed has all records. On AWS, `live.execution_logs` reads the records that a filter matches.
"""

import threading
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import httpx

from live.errors import LiveError
from live.step import ENDED, DeliveryStep, Step, Steps

LONG_POLL_SECONDS = 30.0
ANSWER_SECONDS = 1.2
"""How long the runner may take to say how it is."""

FEED = "PIPE_DELIVERIES_URL"
"""The variable that names the local cloud's feed."""


class Feed(Steps):
    """The local cloud's feed (`localcloud.runner.feed`); `url` is that of its steps."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._after = 0
        self._http = httpx.Client(timeout=LONG_POLL_SECONDS, trust_env=False)

    def steps(self, stop: threading.Event) -> Iterator[Step | None]:
        """Yield the steps that the feed still has, and those from now on."""
        while not stop.is_set():
            yield from self._read()
            yield None

    def items(self) -> Iterator[DeliveryStep]:
        """Yield the deliveries since the last call; wait until there is a step.

        Raises:
            LiveError: the local cloud does not answer.

        """
        return (step for step in self._read() if step["kind"] == ENDED)

    def runner(self) -> Mapping[str, Any]:
        """Return the runner's heartbeat (`localcloud.runner.runner`).

        Raises:
            LiveError: the local cloud does not answer.

        """
        heartbeat: Mapping[str, Any] = self._get("runner", timeout=ANSWER_SECONDS)
        return heartbeat

    def _read(self) -> Iterator[Step]:
        answer = self._get("steps", after=self._after)
        if answer["last"] < self._after:  # the feed has started again
            self._after = 0
            answer = self._get("steps", after=0)
        if missed := answer["dropped"]:
            self._after += missed
            yield {"number": self._after, "kind": "gap", "missed": missed}
        for step in answer["items"]:
            self._after = step["number"]
            yield step

    def _get(self, path: str, *, timeout: float = LONG_POLL_SECONDS, **query: int) -> Any:  # noqa: ANN401 - JSON
        try:
            answer = self._http.get(urljoin(self._url, path), params=query, timeout=timeout)
            return answer.raise_for_status().json()
        except httpx.HTTPError as error:
            raise LiveError(f"the local cloud does not answer: {error}") from None
        except ValueError:
            raise LiveError(
                f"what answers at {self._url} is not the local cloud: start ./help.sh up again"
            ) from None

    def close(self) -> None:
        """Close the connection."""
        self._http.close()
