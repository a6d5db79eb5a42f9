"""The executions of Standard state machines in the local AWS, which the runner runs.

moto starts an execution and never ends it. The runner tells how far it is
(`localcloud.aws.execution_news`). This module answers DescribeMapRun, ListMapRuns and
RedriveExecution from that.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.core.utils import utcnow
from moto.stepfunctions.exceptions import ResourceNotFound
from moto.stepfunctions.models import stepfunctions_backends
from moto.stepfunctions.responses import StepFunctionResponse
from werkzeug.wrappers import Request, Response

RUNNING: Final = "RUNNING"
UNSUCCESSFUL: Final = frozenset({"ABORTED", "FAILED", "TIMED_OUT"})
_map_runs: Final[dict[str, dict[str, Any]]] = {}
_redrives: Final[dict[str, int]] = {}


@Request.application
def answer(request: Request) -> Response:
    """Answer the request of `execution_news.tell` in the server."""
    news = request.get_json(force=True)
    executions = [
        execution
        for backend in stepfunctions_backends[DEFAULT_ACCOUNT_ID].values()
        for machine in backend.state_machines
        for execution in machine.executions
        if execution.execution_arn == news["executionArn"]
    ]
    for execution in executions:
        for run in news.get("mapRuns", ()):
            _note(run)
        if execution.status == RUNNING and news.get("status", RUNNING) != RUNNING:
            execution.status = news["status"]
            execution.stop_date = utcnow()
            execution.output = news.get("output")
            execution.output_details = {"included": True}  # type: ignore[assignment]  # as AWS has it
            execution.error, execution.cause = news.get("error"), news.get("cause")
    return Response() if executions else Response("there is no such execution", 404)


def _note(run: Mapping[str, Any]) -> None:
    known = _map_runs.setdefault(run["mapRunArn"], {"startDate": utcnow().timestamp()})
    known.update(run)
    known.pop("stopDate", None)
    if run["status"] != RUNNING:
        known["stopDate"] = utcnow().timestamp()


def apply() -> None:
    """Correct moto in this process."""

    def describe_map_run(self: StepFunctionResponse) -> str:
        arn = self._get_param("mapRunArn")
        if arn not in _map_runs:
            raise ResourceNotFound(f"Resource not found: '{arn}'")
        return json.dumps(_map_runs[arn])

    def list_map_runs(self: StepFunctionResponse) -> str:
        arn = self._get_param("executionArn")
        execution = self.stepfunction_backend.describe_execution(arn)
        runs = [
            {
                "executionArn": arn,
                "mapRunArn": run["mapRunArn"],
                "stateMachineArn": execution.state_machine_arn,
                **{name: run[name] for name in ("startDate", "stopDate") if name in run},
            }
            for run in _map_runs.values()
            if run["executionArn"] == arn
        ]
        return json.dumps({"mapRuns": runs})

    def redrive_execution(self: StepFunctionResponse) -> str:
        arn = self._get_param("executionArn")
        execution = self.stepfunction_backend.describe_execution(arn)
        if execution.status not in UNSUCCESSFUL:
            kind = "ExecutionNotRedrivable"
            message = f"Execution is {execution.status} and cannot be redriven"
            return json.dumps({"__type": kind, "message": message})
        _redrives[arn] = _redrives.get(arn, 0) + 1
        execution.status = RUNNING
        execution.stop_date = execution.error = execution.cause = execution.output = None
        return json.dumps({"redriveDate": utcnow().timestamp()})

    for call in (describe_map_run, list_map_runs, redrive_execution):
        setattr(StepFunctionResponse, call.__name__, call)
