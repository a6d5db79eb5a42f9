"""Which messages of a dead-letter queue are not dead letters of a pipeline."""

from live.dead_letters import DeadLetter
from live.deployment import Deployment, table_of
from live.terminal import short


def foreign(letter: DeadLetter | None, deployment: Deployment) -> str:
    """Return why a message is not a dead letter of a pipeline, or "" if it is.

    Its letters are those of its pipes, its rules and its workflow, and those of `warm --on-aws`.
    """
    if letter is None:
        return "it is not a dead letter of a DynamoDB stream's pipe, its rules or its workflow"
    if letter.arn not in deployment.by_arn and not deployment.is_bulk(letter.arn):
        return short(f"it comes from another pipe, rule or state machine: {letter.arn}")
    if letter.stream_arn and table_of(letter.stream_arn) != deployment.table.name:
        return short(f"it comes from another table's stream: {letter.stream_arn}")
    return ""
