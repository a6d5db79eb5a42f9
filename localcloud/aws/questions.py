"""Answer TestEventPattern and TestState, which tell what a pattern or a state does.

The answers come from `eventpipes` and prove nothing about AWS: they are for tests of the commands
that ask. TestState shows the request of the state with the answer 204, and does not send it.

See AWS: EventBridge API, "TestEventPattern"; Step Functions API, "TestState" and "InspectionData".
"""

import json
from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import AWSError, JsonRESTError
from moto.events.responses import EventsHandler
from moto.stepfunctions.responses import StepFunctionResponse

import eventpipes
from eventpipes.errors import EventPipesError
from eventpipes.workflow.services import HttpCall
from eventpipes.workflow.single_state import SingleState, run_state
from eventpipes.workflow.size import to_text

MANDATORY = ("id", "account", "source", "time", "region", "resources", "detail-type")
"""The fields that an event must have."""


class InvalidState(AWSError):  # noqa: N818 - named as AWS names it
    """Step Functions refuses the definition of a state."""

    TYPE = "InvalidDefinition"


def apply() -> None:
    """Answer both calls in this process. moto matches patterns in another way."""
    EventsHandler.test_event_pattern = _test_event_pattern  # type: ignore[assignment, method-assign]  # the answer has another type
    StepFunctionResponse.test_state = _test_state  # type: ignore[attr-defined]  # moto has none


def _test_event_pattern(self: EventsHandler) -> str:
    try:
        event = json.loads(self._get_param("Event"))
    except ValueError:
        event = None
    if not isinstance(event, dict) or any(name not in event for name in MANDATORY):
        raise JsonRESTError(
            "ValidationException", f"Parameter Event is not valid. It needs {', '.join(MANDATORY)}"
        )
    try:
        matches = eventpipes.compile(self._get_param("EventPattern")).matches(event)
    except EventPipesError as error:
        raise JsonRESTError(
            "InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}"
        ) from None
    return json.dumps({"Result": matches})


def _test_state(self: StepFunctionResponse) -> str:
    try:
        result = run_state(
            json.loads(self._get_param("definition")),
            json.loads(self._get_param("input") or "{}"),
            json.loads(self._get_param("variables") or "{}"),
            region=self.region,
        )
    except (EventPipesError, ValueError) as error:
        raise InvalidState(str(error)) from None
    return json.dumps(_answer(result), ensure_ascii=False)


def _answer(result: SingleState) -> dict[str, Any]:
    inspected: dict[str, Any] = {"variables": to_text(result.variables)}
    if result.call is not None:
        inspected["request"] = _request(result.call)
        inspected["response"] = {
            "protocol": "https",
            "statusCode": "204",
            "statusMessage": "No Content",
            "headers": "[]",
            "body": "",
        }
    if result.error is not None:
        return {
            "status": "FAILED",
            "error": result.error,
            "cause": result.cause or "",
            "inspectionData": inspected,
        }
    answer: dict[str, Any] = {
        "status": "SUCCEEDED",
        "output": to_text(result.output),
        "inspectionData": inspected,
    }
    return answer | ({"nextState": result.next} if result.next else {})


def _request(call: HttpCall) -> Mapping[str, str]:
    headers = ", ".join(f"{name}: {value}" for name, value in call.headers.items())
    return {
        "protocol": "https",
        "method": call.method,
        "url": call.url,
        "headers": f"[{headers}]",
        "body": call.body,
    }
