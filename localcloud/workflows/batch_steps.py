"""The steps of the records in a batch, which a state machine gets in one execution.

An execution does not say for which record a task sends a request. So each record's requests are
computed, and a request is told for every record that makes it, as the results are. Computing takes
time. It is done after an execution, or before if a request fails, so that its retries are seen.
"""

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from eventpipes import Request
from eventpipes.definition_states import definition_states
from eventpipes.workflow import HttpCall

from ..deliveries.dead_letter import WrittenRecord
from ..deliveries.sender import Attempt
from ..deliveries.step import RecordSteps, Tell

TTL: Final = "ttl_seconds"


@dataclass(frozen=True)
class TaskRequest:
    """A request, and the name of the task that sends it, if it is known."""

    request: Request
    state: str | None = None

    @cached_property
    def identity(self) -> Hashable:
        """A value that is equal for requests that differ only in their headers or a TTL.

        A TTL depends on the time.
        """
        parts = urlsplit(self.request.url)
        query = parse_qs(parts.query, keep_blank_values=True)
        pairs = frozenset((name, value) for name, (value, *_) in query.items() if name != TTL)
        return (
            self.request.method,
            parts.path,
            pairs,
            _hashable(json.loads(self.request.body or "null")),
        )


class BatchSteps:
    """Tells the steps of a batch's records.

    `most` is how often each task attempts at most. `requests_of` computes a record's requests.
    """

    def __init__(
        self,
        pipe: str,
        batch: Sequence[WrittenRecord],
        *,
        most: Mapping[str, int],
        requests_of: Callable[[Mapping[str, Any]], Sequence[TaskRequest]],
        tell: Tell,
    ) -> None:
        self._most = most
        self._batch = [RecordSteps(pipe, record, created, tell) for record, created in batch]
        self._requests_of = requests_of
        self._untold: list[tuple[TaskRequest, Attempt, int]] = []

    def sent(self, sent: TaskRequest, attempt: Attempt, number: int) -> None:
        """Tell an attempt in an execution: at once if it failed, else when the execution ends."""
        self._untold.append((sent, attempt, number))
        if not attempt.succeeded:
            self.flush()

    def waiting(self, sent: TaskRequest, attempt: Attempt, number: int, seconds: float) -> None:
        """Tell that a task waits before its next attempt."""
        why, most = attempt.failure, self._most.get(sent.state or "")
        for steps, _ in self._of(sent):
            steps.waiting(seconds, why, number=number, most=most, state=sent.state)

    def waiting_together(self, seconds: float, why: str, *, number: int, most: int | None) -> None:
        """Tell that all records wait, because the pipe sends them to the state machine again."""
        for steps in self._batch:
            steps.waiting(seconds, why, number=number, most=most)

    def flush(self) -> None:
        """Tell the attempts that were not told yet."""
        untold, self._untold = self._untold, []
        for sent, attempt, number in untold:
            most = self._most.get(sent.state or "")
            for steps, request in self._of(sent):
                steps.attempt(request, attempt, number=number, most=most, state=sent.state)

    def _of(self, sent: TaskRequest) -> list[tuple[RecordSteps, Request]]:
        """Return the records that make a request; the only record of a batch makes all."""
        makers = [
            (steps, made.request)
            for steps in self._batch
            for made in self._requests_of(steps.record)
            if made.identity == sent.identity
        ]
        if not makers and len(self._batch) == 1:
            return [(self._batch[0], sent.request)]
        return makers


def request_of(call: HttpCall) -> TaskRequest:
    """Return the request of a call, without its headers."""
    return TaskRequest(Request(call.method, call.url, {}, call.body), call.state)


def _hashable(value: Any) -> Hashable:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        return frozenset((name, _hashable(member)) for name, member in value.items())
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def attempts_of_tasks(machine: Mapping[str, Any]) -> dict[str, int]:
    """Return how often each task with Retry is attempted at most in one execution, by its name."""
    return {
        name: 1 + max(retrier.get("MaxAttempts", 3) for retrier in state["Retry"])
        for name, state in definition_states(machine)
        if state.get("Retry")
    }
