"""Checks of the deployed pipelines: their pipes run, and how many dead letters wait."""

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from eventpipes.operations import OPERATIONS
from live.dead_letters import names_no_record
from live.letter_queue import LetterQueue
from live.pipelines import CHANGES, WEATHER, Pipeline, list_pipelines
from ops.doctor.aws import Client
from ops.doctor.check import Check, CheckState, failure, ok, warning
from stacks.settings import Settings

NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
UNDER_WAY = ("CREATING", "UPDATING", "STARTING", "STOPPING", "DELETING")
FEW = 10
"""A longer queue has more than CreatePipe's test messages, so it is not read."""


def examine(settings: Settings, client: Client) -> Iterator[Check]:
    """Yield a check for each pipeline or pipe with a problem, and for the queues.

    A few messages are read, to tell dead letters from messages that name no record.

    It is a single check if nothing is deployed.
    """
    try:
        pipelines = list_pipelines(client("pipes"), settings.name_prefix)
        if not pipelines:
            yield ok("pipes", "no pipe is deployed yet: ./help.sh deploy")
            return
        queues: dict[str, str] = {}
        for pipeline in pipelines.values():
            pipes = [client("pipes").describe_pipe(Name=name) for name in pipeline.pipes.values()]
            yield from _pipeline(settings, pipeline, pipes)
            queues |= dict.fromkeys(filter(None, map(_queue, pipes)), pipeline.name)
        yield from _dead_letters(client("sqs"), queues)
    except (BotoCoreError, ClientError) as error:
        yield failure("pipes", f"AWS cannot be asked: {error}")


def _pipeline(
    settings: Settings, pipeline: Pipeline, pipes: Sequence[dict[str, Any]]
) -> Iterator[Check]:
    checks = [_pipe(pipe) for pipe in pipes]
    if all(check.state is CheckState.OK for check in checks):
        runs = "runs" if len(checks) == 1 else "run"
        yield ok(pipeline.name, f"{', '.join(pipeline.pipes)} {runs}")
    else:
        yield from checks
    missing = [operation for operation in OPERATIONS if operation not in pipeline.pipes]
    is_weather = (settings.stack, pipeline.name) == (WEATHER, settings.name_prefix)
    if is_weather and missing and CHANGES not in pipeline.pipes:
        names = ", ".join(f"{pipeline.name}-{operation}-pipe" for operation in missing)
        yield failure("pipes", f"{names}: not deployed, but others are: ./help.sh deploy")


def _pipe(pipe: dict[str, Any]) -> Check:
    name, state, desired = pipe["Name"], pipe["CurrentState"], pipe["DesiredState"]
    reason = f": {pipe['StateReason']}" if pipe.get("StateReason") else ""
    if state == desired == "RUNNING":
        return ok(name, "running")
    if state in UNDER_WAY:
        return warning(name, f"{state.lower()}{reason}; look again in a minute")
    if state == desired:
        return warning(
            name, f"stopped on purpose{reason}; records are lost after 24 hours: ./help.sh deploy"
        )
    return failure(
        name,
        f"{state}, and should be {desired}{reason}; Terraform shows no drift then. Repair the"
        " cause, start it in the EventBridge console, and run ./help.sh verify --repair",
    )


def _queue(pipe: dict[str, Any]) -> str | None:
    """Return the ARN of a pipe's dead-letter queue; the rules behind the pipe have the same."""
    stream = pipe.get("SourceParameters", {}).get("DynamoDBStreamParameters", {})
    arn: str | None = stream.get("DeadLetterConfig", {}).get("Arn")
    return arn


def _dead_letters(sqs: Any, queues: dict[str, str]) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    empty = []
    for arn, pipeline in queues.items():
        name = arn.split(":")[5]
        queue = LetterQueue.of(arn, sqs)
        try:
            waiting = sum(queue.count())
        except ClientError as error:
            if error.response["Error"]["Code"] not in NO_QUEUE:
                raise
            yield failure("dead letters", f"there is no queue {name}: ./help.sh deploy")
            continue
        if not waiting:
            empty.append(name)
            continue
        which = f" --pipeline {pipeline}" if len(queues) > 1 else ""
        without_record = _without_record(queue) if waiting <= FEW else 0
        if without_record:
            yield warning(
                "dead letters",
                f"{without_record} in {name} without a record, so nothing is lost with it;"
                f" CreatePipe may leave one: ./help.sh redrive --discard-no-record{which}",
            )
        if waiting > without_record:
            yield failure(
                "dead letters",
                f"about {waiting - without_record} wait in {name}; their records leave the stream"
                f" after 24 hours: ./help.sh redrive{which}",
            )
    if empty:
        where = empty[0] if len(empty) == 1 else f"{len(empty)} queues"
        yield ok("dead letters", f"no dead letter waits in {where}")


def _without_record(queue: LetterQueue) -> int:
    """Count the messages without a record, or return 0 if they may not be read.

    The plan role may not read messages, because dead letters hold data.
    """
    try:
        return sum(map(names_no_record, queue.peek(FEW)[1]))
    except ClientError:
        return 0
