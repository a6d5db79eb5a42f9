"""What an execution of a Standard state machine calls on this machine: DynamoDB, Lambda, S3."""

import asyncio
import base64
import json
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from eventpipes import Connection
from eventpipes.deployed import read_state_machine
from eventpipes.stream_record import as_json
from eventpipes.workflow import HttpCall, MapRun, StateMachine, TaskError
from eventpipes.workflow.sdk_task import INVOKE, SCAN
from eventpipes.workflow.state_error import TIMEOUT

from ..deliveries.sender import Attempt
from ..deliveries.step import tell_nobody
from ..deliveries.surroundings import Surroundings
from .batch_steps import BatchSteps
from .workflow_services import WorkflowServices

NAMES: Final = {"BOOL": "Bool", "NULL": "Nul", "SS": "Ss", "NS": "Ns", "BS": "Bs"}
"""How Step Functions' SDK integration names these types inside of maps and lists."""
SLOWER: Final = 10
"""A stretch may take this many times longer than on AWS: all children share this machine."""
_Answered = TypeVar("_Answered")


class ExecutionServices(WorkflowServices):
    """The services of one execution of a Standard or an Express state machine."""

    def __init__(
        self,
        shared: Surroundings,
        http: httpx.AsyncClient,
        stop: threading.Event,
        changed: Callable[[MapRun], None],
        machine: Mapping[str, Any] | None = None,
    ) -> None:
        """`machine` is the Express state machine, as DescribeStateMachine returns it."""
        connections: Mapping[str, Connection] = {}
        if machine is not None:
            events = shared.client("events")
            target = read_state_machine(machine, "REQUEST_RESPONSE", events, shared.read_secret)
            connections = target.connections
        super().__init__(
            client=http,
            queue=shared.client("sqs"),
            connections=connections,
            authorizations=shared.authorizations,
            timing=shared.timing,
            redirect=shared.redirect,
            stop=stop,
            steps=BatchSteps("", (), most={}, requests_of=lambda _: (), tell=tell_nobody),
        )
        self._shared = shared
        self._changed = changed
        self._parsed: dict[str, StateMachine] = {}

    async def call(self, arn: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ANN401, ASYNC109 - as Services has it
        """Call AWS.

        Raises:
            TaskError: the call fails, or takes too long.
            Stopped: the local cloud stops.

        """
        self._check_stop()
        if arn == SCAN:
            return await asyncio.to_thread(self._scan, arguments)
        if arn == INVOKE:
            return await asyncio.to_thread(self._invoke, arguments)
        try:
            async with asyncio.timeout(SLOWER * timeout):
                return await self._start_sync_execution(arguments)
        except TimeoutError:
            raise TaskError(TIMEOUT, f"no answer in {timeout:g} s") from None

    def _scan(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        given = dict(arguments)
        if "ExclusiveStartKey" in given:
            given["ExclusiveStartKey"] = _key(given["ExclusiveStartKey"])
        page = _asked("DynamoDb", lambda: self._shared.client("dynamodb").scan(**given))
        answer = {
            "Count": page["Count"],
            "ScannedCount": page["ScannedCount"],
            "Items": [
                {name: _as_sdk(value) for name, value in as_json(item).items()}
                for item in page["Items"]
            ],
        }
        if "LastEvaluatedKey" in page:
            answer["LastEvaluatedKey"] = as_json(page["LastEvaluatedKey"])
        return answer

    def _invoke(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        event = json.dumps(arguments.get("Payload", {}))
        run = _asked(
            "Lambda", lambda: self._shared.functions.run(str(arguments["FunctionName"]), event)
        )
        self._check_stop()  # the processes of functions end with the local cloud
        if not run.succeeded:
            last = next((line for line in reversed(run.output.splitlines()) if line), "")
            name, _, message = last.partition(": ")
            kind = name.rpartition(".")[2].rstrip(":") or "Lambda.Unknown"
            cause = {"errorMessage": message or last, "errorType": kind}  # as Lambda has them
            raise TaskError(kind, json.dumps(cause))
        return {"ExecutedVersion": "$LATEST", "Payload": run.answer, "StatusCode": 200}

    async def _start_sync_execution(self, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        arn = str(arguments["StateMachineArn"])
        states = self._shared.client("stepfunctions")
        described = await asyncio.to_thread(
            _asked, "Sfn", lambda: states.describe_state_machine(stateMachineArn=arn)
        )
        definition = described["definition"]
        if definition not in self._parsed:
            self._parsed[definition] = StateMachine.parse(definition)
        services = await asyncio.to_thread(
            ExecutionServices, self._shared, self.client, self.stop, self._changed, described
        )
        given, name = json.loads(arguments["Input"]), str(uuid.uuid4())
        execution = await self._parsed[definition].run(
            given, services, name=name, arn=arn, keep_history=False
        )
        answer = {"ExecutionArn": f"{arn}:{name}", "Status": execution.status}
        if execution.status == "SUCCEEDED":
            return answer | {"Output": json.dumps(execution.output)}
        return answer | {"Error": execution.error or "", "Cause": execution.cause or ""}

    def _note(self, call: HttpCall, attempt: Attempt) -> None:
        """Keep nothing about a request: there may be a million of them, and nobody looks."""

    async def send_message(self, queue_url: str, body: str) -> str:
        """Send a dead letter, and return its id; raise TaskError if SQS refuses it."""
        id_ = await super().send_message(queue_url, body)
        self.letters.clear()  # for the same reason
        return id_

    async def read_object(self, bucket: str, key: str) -> bytes:
        """Return an object of S3; raise TaskError if there is none."""
        s3 = self._shared.client("s3")
        return await asyncio.to_thread(
            _asked, "S3", lambda: bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        )

    async def write_object(self, bucket: str, key: str, content: bytes) -> None:
        """Write an object of S3; raise TaskError if that is refused."""
        s3 = self._shared.client("s3")
        await asyncio.to_thread(
            _asked, "S3", lambda: s3.put_object(Bucket=bucket, Key=key, Body=content)
        )

    def map_run(self, run: MapRun) -> None:
        """Tell that a Map run has changed."""
        self._changed(run)


def _asked(service: str, call: Callable[[], _Answered]) -> _Answered:
    """Return what a call answers.

    Raises:
        TaskError: it fails; the error has the name that Step Functions gives it.

    """
    try:
        return call()
    except ClientError as error:
        name = error.response["Error"]["Code"].removesuffix("Exception")
        raise TaskError(f"{service}.{name}Exception", str(error)) from None
    except BotoCoreError as error:
        raise TaskError(f"{service}.SdkClientException", str(error)) from None


def _key(key: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item's key as boto3 takes it: with bytes instead of Base64."""
    return {
        name: {"B": base64.b64decode(value["B"])} if "B" in value else value
        for name, value in key.items()
    }


def _as_sdk(value: Mapping[str, Any], *, inside: bool = False) -> dict[str, Any]:
    """Return an attribute's value as the SDK integration returns it."""
    ((type_, inner),) = value.items()
    if type_ == "M":
        return {"M": {name: _as_sdk(member, inside=True) for name, member in inner.items()}}
    if type_ == "L":
        return {"L": [_as_sdk(member, inside=True) for member in inner]}
    return {NAMES.get(type_, type_) if inside else type_: inner}
