"""The execution logs of pipes, written to the pipe's log group at the pipe's level.

See AWS: "Logging Amazon EventBridge Pipes".
"""

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eventpipes import Definition
from eventpipes.outcome import masked

from ..log_writer import LogEntry, LogWriter
from .delivery import Delivery

LEVELS = {"OFF": 0, "ERROR": 1, "INFO": 2, "TRACE": 3}


End = Literal["Succeeded", "PartiallyFailed", "Failed"]


@dataclass(frozen=True, kw_only=True)
class LoggedRun:
    """One run of a pipe's state machine, for a batch of records.

    `input` is what the state machine got, `output` its answer, and `began` the time of its start in
    seconds since 1970. `end` says what became of the batch, and `why` why some or all of it failed.
    """

    records: Sequence[Mapping[str, Any]]
    input: object
    output: object
    began: float
    end: End
    why: str = ""


class ExecutionLog:
    """Writes the execution logs of pipes."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer

    def write(self, definition: Definition, delivery: Delivery) -> None:
        """Log a delivery at the pipe's level; filtered records are not logged, as on AWS.

        The deliveries of a state machine are not those of its pipe: see `write_run`.
        """
        if delivery.outcome != "filtered" and definition.state_machine is None:
            self._put(definition, _entries(definition, delivery))

    def write_run(self, definition: Definition, run: LoggedRun) -> None:
        """Log a run of the pipe's state machine: the pipe's execution is one for the batch."""
        self._put(definition, _entries_of_run(definition, run))

    def _put(self, definition: Definition, entries: Sequence[Mapping[str, Any]]) -> None:
        group = definition.logging.log_group_arn
        level = LEVELS[definition.logging.level]
        if group is None or level == 0:
            return
        name = group.split(":log-group:")[1].removesuffix(":*")
        now = int(time.time() * 1000)
        head = {"resourceArn": definition.arn, "executionId": str(uuid.uuid4())}
        for entry in entries:
            if LEVELS[entry["logLevel"]] <= level:
                text = json.dumps({**head, **entry})
                self._writer.put(LogEntry(name, definition.name, now, text))


def entry(kind: str, level: str, at: float, **more: object) -> dict[str, Any]:
    """Return an entry of an execution, with the level at which AWS logs it."""
    timestamp = int(at * 1000)
    return {"timestamp": timestamp, "messageType": kind, "logLevel": level, **more}


def _entries_of_run(definition: Definition, run: LoggedRun) -> list[dict[str, Any]]:
    """Return the log entries of a batch that a pipe gives to its state machine."""
    data, now = definition.logging.execution_data, time.time()
    asked: dict[str, object] = {}
    if data:
        asked["awsRequest"] = json.dumps({"input": json.dumps(run.input)})
        asked["awsResponse"] = json.dumps({"output": json.dumps(run.output)})
    batch = {"payload": json.dumps(run.records)} if data else {}
    payload = {"payload": json.dumps(run.input)} if data else {}
    begin = [
        entry("ExecutionStarted", "INFO", run.began, **batch),
        entry("TargetStageEntered", "INFO", run.began, **payload),
        entry("TargetInvocationStarted", "TRACE", run.began),
    ]
    if run.end == "Succeeded":
        return [
            *begin,
            entry("TargetInvocationSucceeded", "TRACE", now, **asked),
            entry("TargetStageSucceeded", "INFO", now, **payload),
            entry("ExecutionSucceeded", "INFO", now),
        ]
    error = {"message": run.why}
    return [
        *begin,
        entry(f"TargetInvocation{run.end}", "ERROR", now, error=error, **asked),
        entry(f"TargetStage{run.end}", "ERROR", now, error=error),
        entry(f"Execution{run.end}", "ERROR", now, error=error),
    ]


def _entries(definition: Definition, delivery: Delivery) -> list[dict[str, Any]]:
    """Return the log entries of one execution, each with the level at which AWS logs it.

    They have payloads, requests and responses only if the pipe logs execution data. The payload of
    the first entry is the batch of records, here one record. The payload of the target stage is
    what is sent. Each entry has the time of its step, although all are written at the end.
    """
    data = definition.logging.execution_data
    request = delivery.request
    delivered = delivery.outcome == "delivered"
    now = time.time()
    began = delivery.attempts[0].began if delivery.attempts else now
    events = {"payload": json.dumps([delivery.record])} if data else {}
    sent = request.body if request else json.dumps(delivery.event) if delivery.event else ""
    payload = {"payload": sent} if data and sent else {}
    steps = [
        entry("ExecutionStarted", "INFO", began, **events),
        entry("TargetStageEntered", "INFO", began, **payload),
    ]
    for attempt in delivery.attempts:
        details: dict[str, object] = {}
        if data and request:
            details["awsRequest"] = {
                "method": request.method,
                "url": request.url,
                "headers": masked(request.headers),
            }
            details["awsResponse"] = attempt.response or attempt.problem
        ended = attempt.began + attempt.seconds
        steps.append(entry("TargetInvocationStarted", "TRACE", attempt.began))
        if attempt.succeeded:
            steps.append(entry("TargetInvocationSucceeded", "TRACE", ended, **details))
        else:
            details["error"] = {"httpStatusCode": attempt.status, "message": attempt.problem}
            steps.append(entry("TargetInvocationFailed", "ERROR", ended, **details))
    if delivered:
        steps.append(entry("TargetStageSucceeded", "INFO", now, **payload))
        steps.append(entry("ExecutionSucceeded", "INFO", now))
    else:
        error = {"message": delivery.reason}
        steps.append(entry("TargetStageFailed", "ERROR", now, error=error))
        steps.append(entry("ExecutionFailed", "ERROR", now, error=error))
    return steps
