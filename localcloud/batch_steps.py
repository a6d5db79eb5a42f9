"""The steps of the records in a batch, which a state machine gets in one execution.

An execution does not say for which record a task sends a request. So each record's requests are
computed, and a request is told for every record that makes it, as the results are. Computing takes
time. It is done after an execution, or before if a request fails, so that its retries are seen.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from eventpipes import Request
from eventpipes.workflow import HttpCall
from localcloud.dead_letter import Written
from localcloud.sender import Attempt
from localcloud.step import RecordSteps, Tell

StateRequest = tuple[Request, str | None]
"""A request, and the name of the task that sends it."""


class BatchSteps:
    """Tells the steps of a batch's records.

    `most` is how often each task attempts at most. `requests_of` computes a record's requests.
    """

    def __init__(
        self,
        pipe: str,
        batch: Sequence[Written],
        *,
        most: Mapping[str, int],
        requests_of: Callable[[Mapping[str, Any]], Sequence[StateRequest]],
        tell: Tell,
    ) -> None:
        self._most = most
        self._batch = [RecordSteps(pipe, record, created, tell) for record, created in batch]
        self._requests_of = requests_of
        self._untold: list[tuple[HttpCall, Attempt, int]] = []

    def sent(self, call: HttpCall, attempt: Attempt, number: int) -> None:
        """Tell an attempt in an execution: at once if it failed, else when the execution ends."""
        self._untold.append((call, attempt, number))
        if not attempt.succeeded:
            self.flush()

    def waiting(self, call: HttpCall, attempt: Attempt, number: int, seconds: float) -> None:
        """Tell that a task waits before its next attempt."""
        for steps, _ in self._of(call):
            steps.waiting(
                seconds,
                attempt.failure,
                number=number,
                most=self._most.get(call.state),
                state=call.state,
            )

    def waiting_together(self, seconds: float, why: str, *, number: int, most: int | None) -> None:
        """Tell that all records wait, because the pipe sends them to the state machine again."""
        for steps in self._batch:
            steps.waiting(seconds, why, number=number, most=most)

    def flush(self) -> None:
        """Tell the attempts that were not told yet."""
        untold, self._untold = self._untold, []
        for call, attempt, number in untold:
            for steps, request in self._of(call):
                most = self._most.get(call.state)
                steps.attempt(request, attempt, number=number, most=most, state=call.state)

    def _of(self, call: HttpCall) -> list[tuple[RecordSteps, Request]]:
        """Return the records that make a request; the only record of a batch makes all."""
        sent = request_of(call)
        found = [
            (steps, request)
            for steps in self._batch
            for request, _ in self._requests_of(steps.record)
            if same(request, sent)
        ]
        return found or [(steps, sent) for steps in self._batch[:1] if len(self._batch) == 1]


def request_of(call: HttpCall) -> Request:
    """Return the request of a call, without the headers that no comparison needs."""
    return Request(call.method, call.url, {}, call.body)


def same(one: Request, other: Request) -> bool:
    """Say whether two requests are the same, but for a TTL, which depends on the time."""
    return (one.method, _place(one.url)) == (other.method, _place(other.url)) and json.loads(
        one.body or "null"
    ) == json.loads(other.body or "null")


def _place(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    parts = urlsplit(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    return parts.path, tuple(
        (name, value) for name, (value, *_) in sorted(query.items()) if name != "ttl_seconds"
    )


def attempts_of_tasks(machine: Mapping[str, Any]) -> dict[str, int]:
    """Return how often each task with Retry is attempted at most in one execution, by its name."""
    found: dict[str, int] = {}
    for name, state in machine["States"].items():
        if retriers := state.get("Retry"):
            found[name] = 1 + max(one.get("MaxAttempts", 3) for one in retriers)
        if "ItemProcessor" in state:
            found |= attempts_of_tasks(state["ItemProcessor"])
    return found
