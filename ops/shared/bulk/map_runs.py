"""The deployed state machine of a run, its executions and their Map runs."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from live.errors import LiveError
from ops.shared.errors import OpsError

RUNNING, SUCCEEDED = "RUNNING", "SUCCEEDED"
ENDED: Final = ("FAILED", "ABORTED", "TIMED_OUT")
NO_RUN: Final = "there is no run to resume: leave --resume out"


@dataclass(frozen=True)
class MapRunProgress:
    """How far a run is: segments that are done, failed and in all."""

    done: int = 0
    failed: int = 0
    total: int = 0


@dataclass
class MapRuns:
    """Starts, follows and redrives executions of one state machine."""

    states: Any
    machine_arn: str

    @classmethod
    def of(cls, states: Any, name: str) -> "MapRuns":  # noqa: ANN401 - a boto3 client
        """Return the executions of the state machine with this name.

        Raises:
            LiveError: it is not deployed.

        """
        for page in states.get_paginator("list_state_machines").paginate():
            for machine in page["stateMachines"]:
                if machine["name"] == name:
                    return cls(states, machine["stateMachineArn"])
        raise LiveError(
            f"the state machine {name} is not deployed: set BULK=true in .env, run"
            " ./help.sh deploy, and then this command again"
        )

    def start(self, segments: int) -> str:
        """Start a run, and return the execution's ARN.

        Raises:
            OpsError: another run is under way.

        """
        newest = self._newest()
        if newest is not None and newest["status"] == RUNNING:
            raise OpsError(
                f"the run {newest['name']} is under way: follow it with --resume, or end it with"
                f" aws stepfunctions stop-execution --execution-arn {newest['executionArn']}"
            )
        name = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
        started = self.states.start_execution(
            stateMachineArn=self.machine_arn,
            name=f"{name}-{time.time_ns() % 1_000_000}",
            input=f'{{"segments": {segments}}}',
        )
        arn: str = started["executionArn"]
        return arn

    def children(self) -> int:
        """Return how many children of a run work at the same time, as the machine is deployed."""
        described = self.states.describe_state_machine(stateMachineArn=self.machine_arn)
        definition = json.loads(described["definition"])
        return int(definition["States"][definition["StartAt"]]["MaxConcurrency"])

    def resume(self) -> str:
        """Return the newest execution's ARN; redrive it if it has failed.

        Raises:
            OpsError: there is no execution, or AWS cannot redrive it.

        """
        newest = self._newest()
        if newest is None:
            raise OpsError(NO_RUN)
        arn: str = newest["executionArn"]
        if newest["status"] in ENDED:
            try:
                self.states.redrive_execution(executionArn=arn)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ExecutionNotRedrivable":
                    raise
                raise OpsError(
                    f"{error.response['Error']['Message']}: leave --resume out to start again"
                ) from None
        return arn

    def describe(self, arn: str) -> Mapping[str, Any]:
        """Return an execution."""
        execution: Mapping[str, Any] = self.states.describe_execution(executionArn=arn)
        return execution

    def progress(self, arn: str) -> MapRunProgress:
        """Return how far an execution's Map run is."""
        run = self._map_run(arn)
        counts = self.states.describe_map_run(mapRunArn=run)["itemCounts"] if run else {}
        failed = sum(counts.get(name, 0) for name in ("failed", "timedOut", "aborted"))
        return MapRunProgress(counts.get("succeeded", 0), failed, counts.get("total", 0))

    def was_redriven(self, arn: str) -> bool:
        """Return whether an execution was stopped for some time, and then redriven."""
        run = self._map_run(arn)
        return run is not None and self.states.describe_map_run(mapRunArn=run)["redriveCount"] > 0

    def follow(
        self, arn: str, tell: Callable[[MapRunProgress], None], pause: Callable[[], bool]
    ) -> Mapping[str, Any] | None:
        """Return an execution at its end; None if `pause` says that nobody waits any more."""
        while True:
            described = self.describe(arn)
            tell(self.progress(arn))
            if described["status"] != RUNNING:
                return described
            if pause():
                return None

    def _newest(self) -> Mapping[str, Any] | None:
        answer = self.states.list_executions(stateMachineArn=self.machine_arn, maxResults=1)
        return next(iter(answer["executions"]), None)

    def map_run_id(self, arn: str) -> str | None:
        """Return the id of an execution's Map run, which its results have in their keys."""
        run = self._map_run(arn)
        return None if run is None else run.rpartition(":")[2]

    def _map_run(self, arn: str) -> str | None:
        """Return the ARN of an execution's only Map run; None before it has begun."""
        runs = self.states.list_map_runs(executionArn=arn)["mapRuns"]
        return next((str(run["mapRunArn"]) for run in runs), None)
