"""Run the executions of Standard state machines that were started or redriven in the local AWS."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from eventpipes import EventPipesError
from eventpipes.workflow import Checkpoint, Execution, MapRun, StateMachine

from ..aws import execution_news
from ..deliveries.surroundings import Surroundings
from ..errors import LocalCloudError
from .execution_services import ExecutionServices
from .workflow_services import Stopped

TELL_SECONDS: Final = 0.2
"""How often the progress of an execution is told."""
CALLS: Final = 32
"""The most calls of AWS that an execution makes at the same time. Others wait."""
RUNNING: Final = "RUNNING"


@dataclass
class _RunningExecution:
    """An execution that runs here. It is `done`, and then the local AWS is `told` how it ended."""

    arn: str
    machine: Any
    given: str
    checkpoint: Checkpoint
    stop: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    told: threading.Event = field(default_factory=threading.Event)
    changed: dict[str, MapRun] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)


class Executions:
    """Runs what `refresh` finds: executions that run in the AWS API and not here yet."""

    def __init__(self, endpoint: str, shared: Surroundings) -> None:
        self._endpoint = endpoint
        self._shared = shared
        self._running: dict[str, _RunningExecution] = {}
        self._checkpoints: dict[str, Checkpoint] = {}

    def refresh(self) -> None:
        """Begin new executions, and end those that were stopped.

        What has ended is looked at before AWS is asked. Otherwise an execution that ends meanwhile
        would be listed as running, and begin again.
        """
        self._shared.functions.end_idle()
        ended = [arn for arn, run in self._running.items() if run.told.is_set()]
        states = self._shared.client("stepfunctions")
        listed: dict[str, Any] = {}
        for page in states.get_paginator("list_state_machines").paginate():
            for machine in page["stateMachines"]:
                if machine["type"] != "STANDARD":
                    continue
                pages = states.get_paginator("list_executions").paginate(
                    stateMachineArn=machine["stateMachineArn"], statusFilter=RUNNING
                )
                for answer in pages:
                    listed |= {
                        execution["executionArn"]: machine for execution in answer["executions"]
                    }
        for arn, run in self._running.items():
            if arn not in listed:
                run.stop.set()
        for arn in ended:
            del self._running[arn]
        for arn, machine in listed.items():
            if arn not in self._running:
                self._begin(arn, machine)

    def close(self) -> None:
        """End all executions where they are, and the processes of functions."""
        for run in self._running.values():
            run.stop.set()
        self._shared.functions.close()
        for run in self._running.values():
            for thread in run.threads:
                thread.join()

    def _begin(self, arn: str, machine: Any) -> None:  # noqa: ANN401 - boto3's
        states = self._shared.client("stepfunctions")
        described = states.describe_state_machine(stateMachineArn=machine["stateMachineArn"])
        given = states.describe_execution(executionArn=arn)["input"]
        checkpoint = self._checkpoints.setdefault(arn, Checkpoint())
        run = self._running[arn] = _RunningExecution(arn, described, given, checkpoint)
        run.threads = [
            threading.Thread(target=work, args=(run,), name=arn, daemon=True)
            for work in (self._work, self._tell)
        ]
        for thread in run.threads:
            thread.start()

    def _work(self, run: _RunningExecution) -> None:
        try:
            self._run(run)
        finally:
            run.told.set()

    def _run(self, run: _RunningExecution) -> None:
        """Run an execution to its end, and tell the local AWS how it ended."""
        try:
            machine = StateMachine.parse(run.machine["definition"])
            execution = asyncio.run(self._execute(machine, run))
        except Stopped:
            return
        except EventPipesError as error:
            last: dict[str, Any] = {"status": "FAILED", "error": "States.Runtime"}
            last["cause"] = str(error)
        else:
            last = {"status": execution.status}
            if execution.status == "SUCCEEDED":
                last["output"] = json.dumps(execution.output)
                self._checkpoints.pop(run.arn, None)  # AWS redrives only what did not succeed
            else:
                last |= {"error": execution.error, "cause": execution.cause}
        finally:
            run.done.set()
        run.threads[1].join()
        with suppress(LocalCloudError):  # where it is listed as running, it begins again
            execution_news.tell(self._endpoint, run.arn, **last)

    async def _execute(self, machine: StateMachine, run: _RunningExecution) -> Execution:
        def changed(map_run: MapRun) -> None:
            run.changed[map_run.arn] = map_run

        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(trust_env=False, limits=limits) as http:
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(CALLS))
            services = ExecutionServices(self._shared, http, run.stop, changed)
            return await machine.run(
                json.loads(run.given),
                services,
                name=run.arn.rpartition(":")[2],
                arn=run.machine["stateMachineArn"],
                checkpoint=run.checkpoint,
            )

    def _tell(self, run: _RunningExecution) -> None:
        """Tell the progress until the execution is done, and once more."""
        is_last = False
        while not is_last:
            is_last = run.done.wait(TELL_SECONDS)
            runs = []
            while run.changed:  # the work goes on meanwhile
                runs.append(run.changed.popitem()[1].described())
            if runs:
                with suppress(LocalCloudError):  # the next news has it, too
                    execution_news.tell(self._endpoint, run.arn, mapRuns=runs)
