"""Run deployed Lambda functions in processes that stay, and write their logs and metrics."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..aws.aws import local_variables
from ..log_writer import LogEntry, LogWriter
from . import code as function_code
from .environment import FunctionEnvironment

MOST: Final = 8
"""The most processes. AWS has at most 1,000 environments in a Region, if nobody asks for more."""
IDLE_SECONDS: Final = 600.0
"""The time after which an unused process ends."""


@dataclass(frozen=True)
class Endpoints:
    """The AWS API and its region, and the origin of the local Momento."""

    endpoint: str
    region: str
    redirect: str | None


@dataclass(frozen=True)
class FunctionRun:
    """A run: the function's name, whether it succeeded, what it printed, and its answer."""

    name: str
    succeeded: bool
    output: str
    answer: Any = None


class Functions:
    """Runs functions as they are deployed: their zip file, environment, role and time-out.

    A process stays after a run, and the next run of the function uses it again, as Lambda uses an
    execution environment (`localcloud.functions.environment`). There is a new one if none is free,
    and if the function has changed. At most `MOST` processes exist; a run waits for one.
    """

    def __init__(
        self,
        client: Callable[[str], Any],
        log: LogWriter,
        endpoints: Endpoints,
    ) -> None:
        self._client = client
        self._at = endpoints
        self._log = log
        self._idle: list[tuple[str, FunctionEnvironment]] = []
        """The free environments, each with the definition that it has; the last was used last."""
        self._busy: set[FunctionEnvironment] = set()
        self._starting = 0
        self._changed = threading.Condition()
        self._closed = False

    def run(self, arn: str, event: str) -> FunctionRun:
        """Run the function with this ARN, and wait for its end."""
        name = arn.rpartition(":")[2]
        deployed = self._client("lambda").get_function_configuration(FunctionName=name)
        deployed.pop("ResponseMetadata", None)
        definition = json.dumps(deployed, sort_keys=True, default=str)
        environment = self._taken(definition, deployed)
        if environment is None:
            return FunctionRun(name, succeeded=False, output="the local cloud has stopped")
        try:
            answer, printed = environment.run(event)
        finally:
            self._give_back(definition, environment)
        succeeded = answer is not None and "answer" in answer
        result = (answer or {}).get("answer")
        run = FunctionRun(name, succeeded=succeeded, output=printed, answer=result)
        self._write_log(deployed, run)
        self._count(run)
        return run

    def end_idle(self, seconds: float = IDLE_SECONDS) -> None:
        """End the processes that were unused for `IDLE_SECONDS`."""
        before = time.monotonic() - seconds
        with self._changed:
            old = [each for each in self._idle if each[1].idle_since <= before]
            self._idle = [each for each in self._idle if each not in old]
        for _, environment in old:
            environment.close()

    def close(self) -> None:
        """End all processes. A run that is under way fails, and later ones, too."""
        with self._changed:
            self._closed = True
            for environment in self._busy:
                environment.stop()
            self._changed.notify_all()
        self.end_idle(0)

    def _taken(self, definition: str, deployed: Mapping[str, Any]) -> FunctionEnvironment | None:
        """Return a process for a run, or None after `close`."""
        with self._changed:
            while not self._closed and (free := self._free(definition)) is None:
                if self._make_room():
                    self._starting += 1
                    break
                self._changed.wait()
            if self._closed:
                return None
            if free is not None:
                self._busy.add(free)
                return free
        try:
            made = FunctionEnvironment(
                function_code.fetch(self._at.endpoint, deployed["FunctionName"]),
                deployed["Handler"],
                deployed["Timeout"],
                self._environment(deployed),
            )
        except BaseException:
            with self._changed:
                self._starting -= 1
                self._changed.notify_all()
            raise
        with self._changed:
            self._starting -= 1
            self._busy.add(made)
            if self._closed:
                made.stop()
        return made

    def _free(self, definition: str) -> FunctionEnvironment | None:
        """Take the free environment with this definition that was used last."""
        for at in reversed(range(len(self._idle))):
            if self._idle[at][0] == definition:
                return self._idle.pop(at)[1]
        return None

    def _make_room(self) -> bool:
        """Return whether one more process may start. One that nobody needs may have to end."""
        if len(self._idle) + len(self._busy) + self._starting < MOST:
            return True
        if not self._idle:
            return False
        self._idle.pop(0)[1].close()
        return True

    def _give_back(self, definition: str, environment: FunctionEnvironment) -> None:
        with self._changed:
            self._busy.discard(environment)
            kept = environment.usable and not self._closed
            if kept:
                self._idle.append((definition, environment))
            self._changed.notify_all()
        if not kept:
            environment.close()

    def _environment(self, deployed: Mapping[str, Any]) -> dict[str, str]:
        """Return the function's variables, the credentials of its role, and the local addresses."""
        own = deployed.get("Environment", {}).get("Variables", {})
        taken = self._client("sts").assume_role(
            RoleArn=deployed["Role"], RoleSessionName=deployed["FunctionName"]
        )["Credentials"]
        return {
            **own,
            **local_variables(self._at.endpoint, self._at.region),
            "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
            "AWS_SESSION_TOKEN": taken["SessionToken"],
            "AWS_LAMBDA_FUNCTION_NAME": deployed["FunctionName"],
            **({"MOMENTO_ENDPOINT_URL": self._at.redirect} if self._at.redirect else {}),
        }

    def _write_log(self, deployed: Mapping[str, Any], run: FunctionRun) -> None:
        group = deployed.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{run.name}"
        now = time.time()
        stream = time.strftime("%Y/%m/%d/[$LATEST]local", time.gmtime(now))
        for line in run.output.splitlines():
            if line:
                self._log.put(LogEntry(group, stream, int(now * 1000), line))

    def _count(self, run: FunctionRun) -> None:
        """Send Lambda's metrics of a run (Lambda, "Types of metrics for Lambda functions")."""
        self._client("cloudwatch").put_metric_data(
            Namespace="AWS/Lambda",
            MetricData=[
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": "FunctionName", "Value": run.name}],
                    "Value": value,
                    "Unit": "Count",
                }
                for name, value in (("Invocations", 1), ("Errors", int(not run.succeeded)))
            ],
        )
