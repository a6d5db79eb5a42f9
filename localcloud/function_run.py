"""Run a deployed Lambda function once, in a process of its own, and write its log and metrics."""

import io
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import boto3

from . import function_code
from .log_writer import LogEntry, LogWriter

PROCESS: Final = Path(__file__).with_name("function_process.py")
PACKAGES: Final = Path(boto3.__file__).resolve().parents[1]
LONGEST: Final = 1_000_000
"""Characters of a run's output that its log keeps."""


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

    Each run is a new process, as after a cold start. The local cloud's Python runs it.
    """

    def __init__(
        self,
        client: Callable[[str], Any],
        log: LogWriter,
        place: Endpoints,
    ) -> None:
        self._client = client
        self._endpoint = place.endpoint
        self._region = place.region
        self._redirect = place.redirect
        self._log = log

    def run(self, arn: str, event: str) -> FunctionRun:
        """Run the function with this ARN, and wait for its end."""
        name = arn.rpartition(":")[2]
        deployed = self._client("lambda").get_function_configuration(FunctionName=name)
        with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as answer:
            with zipfile.ZipFile(io.BytesIO(function_code.fetch(self._endpoint, name))) as code:
                code.extractall(folder)
            run = self._process(deployed, folder, event, answer.name)
            if run.succeeded:
                run = replace(run, answer=json.loads(answer.read() or "null"))
        self._write_log(deployed, run)
        self._count(run)
        return run

    def _process(
        self, deployed: Mapping[str, Any], folder: str, event: str, answer: str
    ) -> FunctionRun:
        name = deployed["FunctionName"]
        try:
            done = subprocess.run(
                [
                    *(sys.executable, "-I", "-S"),
                    *(PROCESS, folder, deployed["Handler"], PACKAGES, answer),
                ],
                cwd=folder,
                env=self._environment(deployed),
                input=event,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=deployed["Timeout"],
                check=False,
            )
        except subprocess.TimeoutExpired:
            return FunctionRun(
                name, succeeded=False, output=f"Task timed out after {deployed['Timeout']} seconds"
            )
        return FunctionRun(name, succeeded=done.returncode == 0, output=done.stdout)

    def _environment(self, deployed: Mapping[str, Any]) -> dict[str, str]:
        """Return the function's variables, the credentials of its role, and the local addresses."""
        own = deployed.get("Environment", {}).get("Variables", {})
        taken = self._client("sts").assume_role(
            RoleArn=deployed["Role"], RoleSessionName=deployed["FunctionName"]
        )["Credentials"]
        return {
            **own,
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
            "AWS_SESSION_TOKEN": taken["SessionToken"],
            "AWS_LAMBDA_FUNCTION_NAME": deployed["FunctionName"],
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
            **({"MOMENTO_ENDPOINT_URL": self._redirect} if self._redirect else {}),
        }

    def _write_log(self, deployed: Mapping[str, Any], run: FunctionRun) -> None:
        group = deployed.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{run.name}"
        now = time.time()
        stream = time.strftime("%Y/%m/%d/[$LATEST]local", time.gmtime(now))
        for line in run.output[:LONGEST].splitlines():
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
