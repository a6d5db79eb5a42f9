"""What is deployed: whether the pipes run, and how many dead letters wait."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ops.deployment import GONE, OPERATIONS
from ops.doctor.aws import Client
from ops.doctor.check import Check, failure, ok, warning
from stacks.settings import Settings

NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
UNDER_WAY = ("CREATING", "UPDATING", "STARTING", "STOPPING", "DELETING")


def examine(settings: Settings, client: Client) -> Iterator[Check]:
    """Yield a check for each pipe and one for the queue; one only if nothing is deployed."""
    try:
        found = list(_pipes(settings, client("pipes")))
        if not found:
            yield ok("pipes", "none is deployed yet: ./help.sh deploy")
            return
        yield from found
        yield from _dead_letters(settings, client("sqs"))
    except (BotoCoreError, ClientError) as error:
        yield failure("pipes", f"AWS cannot be asked: {error}")


def _pipes(settings: Settings, pipes: Any) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    missing = []
    names = [f"{settings.name_prefix}-{operation}-pipe" for operation in OPERATIONS]
    for name in names:
        try:
            yield _pipe(pipes.describe_pipe(Name=name))
        except ClientError as error:
            if error.response["Error"]["Code"] not in GONE:
                raise
            missing.append(name)
    if missing and len(missing) < len(names):
        yield failure("pipes", f"{', '.join(missing)}: not deployed, others are; ./help.sh deploy")


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
        f"{state}, and should be {desired}{reason}; Terraform shows no drift then. Mend the cause,"
        " start it in the EventBridge console, and run ./help.sh verify --repair",
    )


def _dead_letters(settings: Settings, sqs: Any) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    name = f"{settings.name_prefix}-dlq"
    wanted = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    try:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in NO_QUEUE:
            raise
        yield failure("dead letters", f"there is no queue {name}: ./help.sh deploy")
        return
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=wanted)["Attributes"]
    waiting = sum(int(answer.get(each, 0)) for each in wanted)
    if waiting:
        yield warning(
            "dead letters",
            f"about {waiting} wait in {name}; their records leave the stream after 24 hours:"
            " ./help.sh redrive",
        )
    else:
        yield ok("dead letters", f"none waits in {name}")
