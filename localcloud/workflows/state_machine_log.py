"""The execution log of a state machine, written to its log group at its level.

See AWS: "Using CloudWatch Logs to log execution history in Step Functions".
"""

import json
import time
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from eventpipes.workflow import Execution, HistoryEvent

from ..log_writer import LogEntry, LogWriter

if TYPE_CHECKING:
    from types_boto3_stepfunctions import SFNClient

READ_SECONDS = 1.0
"""The seconds after which a state machine's settings are read again."""
MAX_PAYLOAD = 248 * 1024
"""The most bytes of an escaped input or output. A longer text is cut."""
PAYLOADS = ("input", "output", "assignedVariables", "parameters")
FATAL = frozenset({"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"})
ERROR_ENDS = ("Failed", "TimedOut", "Aborted")


@dataclass
class StateMachineLog:
    """Writes the history of the executions of one state machine.

    It uses the deployed level, log group and setting for payloads.
    """

    arn: str
    _: KW_ONLY
    states: "SFNClient"
    writer: LogWriter

    def __post_init__(self) -> None:
        self._machine: Mapping[str, Any] = {}
        self._read_at = float("-inf")

    def write(self, execution: Execution, name: str) -> None:
        """Write the events of an execution that the level includes."""
        machine = self._read()
        settings = machine.get("loggingConfiguration") or {}
        level = settings.get("level", "OFF")
        groups = [
            destination["cloudWatchLogsLogGroup"]["logGroupArn"]
            for destination in settings.get("destinations") or ()
        ]
        if level == "OFF" or not groups:
            return
        group = groups[0].split(":log-group:")[1].removesuffix(":*")
        stream = _stream(machine["name"], execution.started)
        data = bool(settings.get("includeExecutionData"))
        arn = f"{self.arn.replace(':stateMachine:', ':express:')}:{name}"
        for event in execution.history:
            if _is_logged(event.type, level):
                details = _details(event.details, data=data)
                if event.type == "ExecutionStarted":
                    details["roleArn"] = machine["roleArn"]
                at = int(event.at.timestamp() * 1000)
                message = {
                    "id": str(event.id),
                    "type": event.type,
                    "details": details,
                    "previous_event_id": str(_previous(event)),
                    "event_timestamp": str(at),
                    "execution_arn": arn,
                    "redrive_count": "0",
                }
                self.writer.put(LogEntry(group, stream, at, json.dumps(message)))

    def _read(self) -> Mapping[str, Any]:
        """Return the state machine, or the last known one if the API does not answer."""
        if time.monotonic() - self._read_at > READ_SECONDS:
            try:
                self._machine = self.states.describe_state_machine(stateMachineArn=self.arn)
            except (BotoCoreError, ClientError):
                return self._machine
            self._read_at = time.monotonic()
        return self._machine


def _is_logged(type_: str, level: str) -> bool:
    """Return whether a level logs an event; see the table of AWS's page."""
    if level == "ALL":
        return True
    if level == "ERROR":
        return type_ == "FailStateEntered" or type_.endswith(ERROR_ENDS)
    return type_ in FATAL


def _previous(event: HistoryEvent) -> int:
    """Return the id of the previous event. For the first state, AWS has 0 and not 1."""
    return 0 if event.previous_id == 1 else event.previous_id


def _details(details: Mapping[str, Any], *, data: bool) -> dict[str, Any]:
    logged: dict[str, Any] = {}
    for name, value in details.items():
        if name not in PAYLOADS:
            logged[name] = value
        elif data and name == "parameters":
            logged[name] = _text(value)
        elif data and name == "assignedVariables":
            logged[name] = {variable: _text(held) for variable, held in value.items()}
            logged[f"{name}Details"] = {"truncated": False}
        elif data:
            logged[name], cut = _cut(_text(value))
            logged[f"{name}Details"] = {"truncated": cut}
    return logged


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _cut(text: str) -> tuple[str, bool]:
    """Return the beginning of a payload, and whether it was cut."""
    kept = text
    while (size := len(json.dumps(kept).encode()) - 2) > MAX_PAYLOAD:
        kept = kept[: min(len(kept) * MAX_PAYLOAD // size, len(kept) - 1)]
    return kept, kept != text


def _stream(name: str, at: datetime) -> str:
    """Return the log stream for a time: AWS begins a new one about every ten minutes."""
    moment = at.astimezone(UTC)
    tens = moment.minute // 10 * 10
    return f"states/{name}/{moment:%Y-%m-%d-%H}-{tens:02}/00000000"
