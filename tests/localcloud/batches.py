"""Delivers batches of records to a small state machine, on a local AWS with a queue and a log."""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from eventpipes import Definition, Pipe
from eventpipes.definition import Connection, Secret, StateMachineTarget
from eventpipes.synthesized import definitions
from localcloud import LocalAws
from localcloud.applied import client
from localcloud.deliveries.authorization import Authorizations
from localcloud.deliveries.delivery import Delivery
from localcloud.deliveries.sender import Timing
from localcloud.deliveries.step import Step
from localcloud.log_writer import LogWriter
from localcloud.workflows.batch_deliverer import BatchDeliverer
from localcloud.workflows.state_machine_log import StateMachineLog
from tests.eventpipes.workflow.machines import definition, http, passing
from tests.localcloud.post import QUEUE_ARN, SHARD, Queue
from tests.localcloud.workflow_cloud import API_KEY, CACHE, document

FAST = Timing(first_wait=0.001, longest_wait=0.002)
CONNECTION_ARN = "arn:aws:events:us-east-1:123456789012:connection/momento/1"
ROLE_ARN = "arn:aws:iam::123456789012:role/workflow"
GROUP = "/aws/vendedlogs/states/batches"
PUT = http(
    arguments={
        "ApiEndpoint": f"https://momento.example/cache/{CACHE}",
        "InvocationConfig": {"ConnectionArn": CONNECTION_ARN},
        "QueryParameters": {
            "key": "{% $states.input.dynamodb.Keys.Id.S %}",
            "ttl_seconds": "60",
        },
        "RequestBody": "{% $states.input.dynamodb.SequenceNumber %}",
    },
    Catch=[
        {"ErrorEquals": ["States.Http.StatusCode.404"], "Next": "Fail the execution"},
        {
            "ErrorEquals": ["States.ALL"],
            "Output": "{% $states.input.eventID %}",
            "Next": "Leave it",
        },
    ],
    Output="",
)
PUT_EACH = definition(
    **{
        "Each record": {
            "Type": "Map",
            "Items": "{% $states.input %}",
            "MaxConcurrency": 1,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Put",
                "States": {
                    "Put": PUT,
                    "Fail the execution": {"Type": "Fail", "Error": "Gone", "Cause": "404"},
                    "Leave it": passing(),
                },
            },
            "Output": {
                "batchItemFailures": "{% [$states.result[$ != ''].{'itemIdentifier': $}] %}"
            },
            "End": True,
        }
    }
)
"""Puts the entry of each record, and names those that failed; a 404 fails the execution."""


def answering(output: object) -> dict[str, Any]:
    """Return a state machine that sends nothing and whose output this is."""
    return definition(Answer=passing(Output=output))


def record(number: int, *, text: str = "") -> dict[str, Any]:
    """Return a stream record of a new item."""
    key = {"Id": {"S": f"key {number}"}}
    return {
        "eventID": f"event {number}",
        "eventName": "INSERT",
        "dynamodb": {
            "Keys": key,
            "NewImage": key | {"Text": {"S": text}},
            "SequenceNumber": str(1_000 + number),
        },
    }


class Batches:
    """A deliverer of batches to a state machine; `stop` stops it."""

    def __init__(self, aws: LocalAws, queue: Queue, redirect: str) -> None:
        self._aws = aws
        self._queue = queue
        self._redirect = redirect
        self._states = client("stepfunctions", aws.endpoint)
        self.logs = client("logs", aws.endpoint)
        self.stop = threading.Event()
        self.steps: list[Step] = []
        self._logging: dict[str, Any] = {"level": "OFF"}
        self._arn = ""

    def __enter__(self) -> Self:
        self.logs.create_log_group(logGroupName=GROUP)
        return self

    def __exit__(self, *_: object) -> None:
        if self._arn:
            self._states.delete_state_machine(stateMachineArn=self._arn)
        self.logs.delete_log_group(logGroupName=GROUP)
        self._states.close()
        self.logs.close()

    def log_at(self, level: str, *, data: bool) -> None:
        """Log what is executed from now on."""
        (group,) = self.logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
        place = {"cloudWatchLogsLogGroup": {"logGroupArn": group["arn"]}}
        self._logging = {"level": level, "includeExecutionData": data, "destinations": [place]}

    def _definition(self, machine: Mapping[str, Any], source: Mapping[str, Any]) -> Definition:
        (made,) = definitions(document())
        text = json.dumps(machine)
        self._arn = self._states.create_state_machine(
            name="batches",
            definition=text,
            roleArn=ROLE_ARN,
            type="EXPRESS",
            loggingConfiguration=self._logging,
        )["stateMachineArn"]
        connection = Connection(name="momento", headers={"Authorization": Secret(API_KEY)})
        return replace(
            made,
            source=replace(made.source, **{"dead_letter_queue_arn": QUEUE_ARN, **source}),
            state_machine=StateMachineTarget(
                name="batches",
                arn=self._arn,
                definition=text,
                connections={CONNECTION_ARN: connection},
            ),
        )

    @contextmanager
    def deliverer(
        self, machine: Mapping[str, Any] = PUT_EACH, *, timing: Timing = FAST, **source: object
    ) -> Iterator[BatchDeliverer]:
        """Return a deliverer; what it logs is written when it ends."""
        definition = self._definition(machine, source)
        assert definition.state_machine is not None
        writer = LogWriter(self.logs)
        authorizations = Authorizations(lambda name: client(name, self._aws.endpoint), _no_secret)
        writer.start()
        try:
            with BatchDeliverer(
                Pipe(definition),
                definition.state_machine,
                shard=SHARD,
                timing=timing,
                redirect=self._redirect,
                queue=self._queue.sqs,
                stop=self.stop,
                log=StateMachineLog(self._arn, states=self._states, writer=writer),
                authorizations=authorizations,
                tell=self.steps.append,
            ) as deliverer:
                yield deliverer
        finally:
            writer.stop()

    def deliver(
        self,
        records: Sequence[dict[str, Any]],
        machine: Mapping[str, Any] = PUT_EACH,
        *,
        age: float = 0,
        timing: Timing = FAST,
        **source: object,
    ) -> list[Delivery] | None:
        """Deliver records of this age in seconds as one batch."""
        created = datetime.now(UTC) - timedelta(seconds=age)
        with self.deliverer(machine, timing=timing, **source) as deliverer:
            return deliverer.deliver_batch([(one, created) for one in records])

    def entries(self) -> list[dict[str, Any]]:
        """Return the log's entries."""
        events = self.logs.filter_log_events(logGroupName=GROUP)["events"]
        return [json.loads(event["message"]) for event in events]


def _no_secret(_: str) -> Mapping[str, Any]:
    return {}
