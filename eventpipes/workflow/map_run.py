"""A Map run: the child executions of a distributed Map, and how far they are.

See AWS: "Viewing a Distributed Map Run execution in Step Functions", "Redriving Map Runs in Step
Functions executions", and in the API reference "DescribeMapRun".
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from eventpipes.workflow.distribution import DistributedFields, Writer, manifest
from eventpipes.workflow.execution import Trail, timestamp
from eventpipes.workflow.expression import Scope
from eventpipes.workflow.size import to_text
from eventpipes.workflow.state_error import RUNTIME, StateError

MAX_EVENTS: Final = 25_000
"""The most events of a Standard execution's history."""
PENDING, RUNNING, SUCCEEDED = "PENDING", "RUNNING", "SUCCEEDED"
FAILED, TIMED_OUT, ABORTED = "FAILED", "TIMED_OUT", "ABORTED"
EXCEEDED: Final = "States.ExceedToleratedFailureThreshold"
READER_FAILED: Final = "States.ItemReaderFailed"
WRITER_FAILED: Final = "States.ResultWriterFailed"
_PART: Final = 4 * 1024 * 1024
"""The approximate number of characters in a file of results. AWS writes up to 5 GB."""


@dataclass
class Position:
    """The state that an execution is in, so that a redrive can continue there."""

    state: str | None = None
    input: Any = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Child:
    """A child execution of a Map run, for one item or one batch of items."""

    name: str
    input: Any
    items: int
    status: str = PENDING
    output: Any = None
    error: str | None = None
    cause: str | None = None
    started: datetime | None = None
    stopped: datetime | None = None
    position: Position = field(default_factory=Position)


class MapRun:
    """The children of a distributed Map. `redrives` counts the redrives."""

    def __init__(
        self, execution_arn: str, distribution: DistributedFields, concurrency: int
    ) -> None:
        arn = execution_arn.rpartition(":")[0]
        self.id = str(uuid.uuid4())
        self.arn = f"{arn.replace(':execution:', ':mapRun:')}/{distribution.label}:{self.id}"
        self.execution_arn = execution_arn
        self._children = f"{arn}/{distribution.label}"
        self.distribution = distribution
        self.concurrency = concurrency
        self.children: list[Child] = []
        self.status = RUNNING
        self.redrives = 0
        self._counts: Counter[str] = Counter()
        self._items: Counter[str] = Counter()

    def add(self, inputs: Iterable[tuple[Any, int]]) -> None:
        """Add children; each has its input and the number of its items."""
        for input_, items in inputs:
            self.children.append(Child(str(uuid.uuid4()), input_, items))
            self._counts[PENDING] += 1
            self._items[PENDING] += items

    def mark(self, child: Child, status: str) -> None:
        """Change a child's status."""
        for counter, number in ((self._counts, 1), (self._items, child.items)):
            counter[child.status] -= number
            counter[status] += number
        child.status = status

    def redrive(self) -> None:
        """Begin again with the children that did not succeed."""
        self.redrives += 1
        self.status = RUNNING
        for child in self.left:
            self.mark(child, PENDING)
            if self.distribution.is_express:
                child.position = Position()

    @property
    def left(self) -> list[Child]:
        """The children that have not succeeded."""
        return [child for child in self.children if child.status != SUCCEEDED]

    @property
    def is_over(self) -> bool:
        """Whether more items have failed than the Map tolerates."""
        failed = self._items[FAILED] + self._items[TIMED_OUT]
        return failed > 0 and self.distribution.fails(failed, self._items.total())

    def child_arn(self, child: Child) -> str:
        """Return the ARN of a child execution."""
        return f"{self._children}:{child.name}"

    def context_of(self, child: Child) -> dict[str, Any]:
        """Return the member Execution of a child's context object."""
        started = "" if child.started is None else timestamp(child.started)
        arn = self.child_arn(child)
        return {"Id": arn, "Input": child.input, "Name": child.name, "StartTime": started}

    def trail(self, clock: Callable[[], datetime]) -> "CountedTrail":
        """Return the history of a child. Only a Standard execution has a limit of events."""
        return CountedTrail(clock, most=None if self.distribution.is_express else MAX_EVENTS)

    def described(self) -> dict[str, Any]:
        """Return the answer of DescribeMapRun, without its times."""
        return {
            "mapRunArn": self.arn,
            "executionArn": self.execution_arn,
            "status": self.status,
            "maxConcurrency": self.concurrency,
            "toleratedFailurePercentage": self.distribution.tolerated_percentage or 0.0,
            "toleratedFailureCount": self.distribution.tolerated_count or 0,
            "redriveCount": self.redrives,
            "itemCounts": _counted(self._items),
            "executionCounts": _counted(self._counts),
        }

    def written(self, writer: Writer, scope: Scope) -> "ResultFiles":
        """Return the files of the results."""
        bucket, prefix = writer.bucket.evaluate(scope), writer.prefix.evaluate(scope)
        if not isinstance(bucket, str) or not isinstance(prefix, str):
            raise StateError(WRITER_FAILED, "Bucket or Prefix is not text")
        folder = "/".join(part for part in (prefix.rstrip("/"), self.id) if part)
        files: dict[str, bytes] = {}
        named: dict[str, list[tuple[str, int]]] = {FAILED: [], PENDING: [], SUCCEEDED: []}
        for status, listed in named.items():
            for number, part in enumerate(self._parts(status)):
                key = f"{folder}/{status}_{number}.json"
                files[key] = part
                listed.append((key, len(part)))
        key = f"{folder}/manifest.json"
        files[key] = manifest(bucket, self.arn, named)
        return ResultFiles(bucket, key, files)

    def _parts(self, status: str) -> Iterable[bytes]:
        """Yield the results of a status, in files. Children that failed otherwise are failed."""
        part: list[str] = []
        size = 0
        for child in self.children:
            shown = child.status if child.status in (SUCCEEDED, PENDING) else FAILED
            if shown != status:
                continue
            text = to_text(self._result(child))
            part.append(text)
            size += len(text)
            if size > _PART:
                yield f"[{','.join(part)}]".encode()
                part, size = [], 0
        if part:
            yield f"[{','.join(part)}]".encode()

    def _result(self, child: Child) -> dict[str, Any]:
        machine = self._children.partition("/")[0].replace(":execution:", ":stateMachine:")
        result = {
            "ExecutionArn": self.child_arn(child),
            "Input": to_text(child.input),
            "InputDetails": {"Included": True},
            "Name": child.name,
            "StateMachineArn": machine,
            "Status": child.status,
        }
        if child.started is not None:
            result["StartDate"] = child.started.isoformat()
        if child.stopped is not None:
            result["StopDate"] = child.stopped.isoformat()
        if child.status == SUCCEEDED:
            result |= {"Output": to_text(child.output), "OutputDetails": {"Included": True}}
        elif child.error is not None:
            result |= {"Error": child.error, "Cause": child.cause or ""}
        return result


@dataclass(frozen=True)
class ResultFiles:
    """The files that a ResultWriter writes, and the key of their manifest."""

    bucket: str
    key: str
    files: Mapping[str, bytes]


def inputs_of(
    distribution: DistributedFields, items: Sequence[Any], scope: Scope
) -> Iterable[tuple[Any, int]]:
    """Yield the input of each child, and how many items it has."""
    chosen = [_selected(distribution, item, index, scope) for index, item in enumerate(items)]
    if distribution.batcher is None:
        yield from ((item, 1) for item in chosen)
        return
    given = distribution.batcher.input
    more = {} if given is None else {"BatchInput": given.evaluate(scope)}
    for batch in distribution.batcher.batches(chosen):
        yield {"Items": batch, **more}, len(batch)


def _selected(distribution: DistributedFields, item: object, index: int, scope: Scope) -> Any:  # noqa: ANN401 - JSON
    if distribution.selector is None:
        return item
    context = {**scope.states["context"], "Map": {"Item": {"Index": index, "Value": item}}}
    states = {**scope.states, "context": context}
    return distribution.selector.evaluate(Scope(scope.variables, states, scope.now, scope.random))


class CountedTrail(Trail):
    """The history of a child execution: it is only counted, so that a million fit into memory."""

    def __init__(self, clock: Callable[[], datetime], *, most: int | None) -> None:
        super().__init__([], clock)
        self._most = most
        self._number = [0]

    def note(self, kind: str, **details: object) -> datetime:
        """Count an event.

        Raises:
            StateError: a Standard execution has too many.

        """
        del details
        self._number[0] += 1
        if self._most is not None and self._number[0] > self._most and "Failed" not in kind:
            raise StateError(
                RUNTIME,
                f"the execution reached the maximum number of history events ({self._most})",
            )
        return self.clock()

    def branch(self) -> "CountedTrail":
        """Return the trail itself: all branches count together."""
        return self


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    total = sum(counts.values())
    return {
        "pending": counts.get(PENDING, 0),
        "running": counts.get(RUNNING, 0),
        "succeeded": counts.get(SUCCEEDED, 0),
        "failed": counts.get(FAILED, 0),
        "timedOut": counts.get(TIMED_OUT, 0),
        "aborted": counts.get(ABORTED, 0),
        "total": total,
        "resultsWritten": 0,
        "failuresNotRedrivable": 0,
        "pendingRedrive": 0,
    }
