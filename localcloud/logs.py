"""The execution logs of pipes, written to the pipe's log group at the pipe's level.

See AWS: "Logging Amazon EventBridge Pipes".
"""

import json
import time
import uuid
from typing import Any

from eventpipes import Definition
from eventpipes.outcome import masked
from .delivery import Delivery
from .log_writer import LogEntry, LogWriter

LEVELS = {"OFF": 0, "ERROR": 1, "INFO": 2, "TRACE": 3}


class ExecutionLog:
    """Writes the execution logs of pipes."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer

    def write(self, definition: Definition, delivery: Delivery) -> None:
        """Log a delivery at the pipe's level; filtered records are not logged, as on AWS."""
        group = definition.logging.log_group_arn
        level = LEVELS[definition.logging.level]
        if group is None or level == 0 or delivery.outcome == "filtered":
            return
        name = group.split(":log-group:")[1].removesuffix(":*")
        execution, now = str(uuid.uuid4()), int(time.time() * 1000)
        for entry in _entries(definition, delivery, execution):
            if LEVELS[entry["logLevel"]] <= level:
                self._writer.put(LogEntry(name, definition.name, now, json.dumps(entry)))


def _entries(definition: Definition, delivery: Delivery, execution: str) -> list[dict[str, Any]]:
    """Return the log entries of one execution, each with the level at which AWS logs it.

    They have payloads, requests and responses only if the pipe logs execution data. The payload of
    the first entry is the batch of records, here one record. The payload of the target stage is
    what is sent. Each entry has the time of its step, although all are written at the end.
    """
    data = definition.logging.execution_data
    request = delivery.request
    delivered = delivery.outcome in ("delivered", "superseded")  # a later state was sent
    now = time.time()
    began = delivery.attempts[0].began if delivery.attempts else now

    def entry(kind: str, level: str, at: float, **more: object) -> dict[str, Any]:
        return {
            "resourceArn": definition.arn,
            "timestamp": int(at * 1000),
            "executionId": execution,
            "messageType": kind,
            "logLevel": level,
            **more,
        }

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
