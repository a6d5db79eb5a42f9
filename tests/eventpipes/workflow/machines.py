"""State machines for tests, and services that follow a script."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from eventpipes.workflow import (
    Execution,
    HttpAnswer,
    HttpCall,
    MapRun,
    StateMachine,
    TaskError,
)

MACHINE_ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:changes"
CONNECTION = "arn:aws:events:eu-west-1:123456789012:connection/momento/7f31"
START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DONE = HttpAnswer(204, "No Content", {}, "")


def definition(**states: Any) -> dict[str, Any]:
    """Return a definition that starts with the first state."""
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}


def http(**fields: Any) -> dict[str, Any]:
    """Return an HTTP Task that ends, with other fields or arguments (in `arguments`)."""
    arguments = {
        "Method": "PUT",
        "ApiEndpoint": "https://cache.example/cache/c",
        "InvocationConfig": {"ConnectionArn": CONNECTION},
        **fields.pop("arguments", {}),
    }
    end = {} if "Next" in fields else {"End": True}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::http:invoke",
        "Arguments": arguments,
        **end,
        **fields,
    }


def letter(message: object, **fields: Any) -> dict[str, Any]:
    """Return a Task that sends a message to a queue and ends, with other fields."""
    arguments = {"QueueUrl": "https://queue", "MessageBody": message}
    end = {} if "Next" in fields else {"End": True}
    resource = "arn:aws:states:::sqs:sendMessage"
    return {"Type": "Task", "Resource": resource, "Arguments": arguments, **end, **fields}


def answer(status: int, text: str = "", **headers: str) -> HttpAnswer:
    """Return an answer with a status."""
    return HttpAnswer(status, f"reason {status}", {"Content-Type": "text/plain", **headers}, text)


@dataclass
class Script:
    """Services whose answers are given in order; the last one is repeated. Their clock is still."""

    answers: list[HttpAnswer | TaskError] = field(default_factory=lambda: [DONE])
    respond: Callable[[HttpCall], HttpAnswer | TaskError] | None = None
    takes: float = 0.0
    clock: datetime = START
    calls: list[HttpCall] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    aws: Callable[[str, Mapping[str, Any]], Any] | None = None
    map_runs: list[dict[str, Any]] = field(default_factory=list)
    most_at_once: int = 0
    _running: int = 0

    async def http(self, call: HttpCall) -> HttpAnswer:
        """Answer the next answer, after the others had a chance to run."""
        self.calls.append(call)
        self._running += 1
        self.most_at_once = max(self.most_at_once, self._running)
        try:
            for _ in range(3):
                await asyncio.sleep(0)
        finally:
            self._running -= 1
        self.clock += timedelta(seconds=min(self.takes, call.timeout))
        if self.takes >= call.timeout:
            raise TaskError("States.Timeout", "no answer")
        if self.respond is not None:
            said = self.respond(call)
        else:
            said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(said, TaskError):
            raise said
        return said

    async def send_message(self, queue_url: str, body: str) -> str:
        """Keep the message."""
        self.messages.append((queue_url, body))
        return "message-1"

    async def call(self, arn: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ASYNC109 - as Services has it
        """Return what `aws` returns, after the others had a chance to run."""
        del timeout
        await asyncio.sleep(0)
        assert self.aws is not None
        return self.aws(arn, arguments)

    async def read_object(self, bucket: str, key: str) -> bytes:
        """Return an object."""
        if (bucket, key) not in self.objects:
            raise TaskError("S3.NoSuchKeyException", key)
        return self.objects[bucket, key]

    async def write_object(self, bucket: str, key: str, content: bytes) -> None:
        """Keep an object."""
        self.objects[bucket, key] = content

    def map_run(self, run: MapRun) -> None:
        """Keep what DescribeMapRun would answer."""
        self.map_runs.append(run.described())

    async def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.slept.append(seconds)
        self.clock += timedelta(seconds=seconds)

    def now(self) -> datetime:
        """Return the time."""
        return self.clock

    def random(self) -> float:
        """Return a half."""
        return 0.5


def run(
    states: dict[str, Any], input_: object = None, services: Script | None = None, **top: Any
) -> Execution:
    """Run an execution of these states to its end."""
    machine = StateMachine.parse({**definition(**states), **top})
    running = machine.run(input_, services or Script(), name="one", arn=MACHINE_ARN)
    return asyncio.run(running)


def output(states: dict[str, Any], input_: object = None) -> Any:
    """Return the output of an execution that succeeds."""
    execution = run(states, input_)
    assert execution.status == "SUCCEEDED", execution
    return execution.output


def passing(**fields: Any) -> dict[str, Any]:
    """Return a Pass state that ends unless it has a Next."""
    end = {} if "Next" in fields else {"End": True}
    return {"Type": "Pass", **end, **fields}


def retried(*retriers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return a state machine with a task that has these retriers."""
    return {"H": http(Retry=list(retriers), **fields)}
