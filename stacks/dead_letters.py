"""The queue for records that could not be delivered."""

from constructs import Construct

from stacks.bindings import SqsQueue
from stacks.statement import Statement

RETENTION_SECONDS = 14 * 86_400
"""The longest SQS keeps a message; the record it points at is gone after a day."""


class DeadLetters(Construct):
    """A standard queue, encrypted by SQS (EventBridge Pipes takes no FIFO queue)."""

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        super().__init__(scope, id_)
        self.resource = SqsQueue(
            self,
            "queue",
            name=name,
            message_retention_seconds=RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
        )
        self.arn = self.resource.arn
        self.url = self.resource.url

    def send(self) -> Statement:
        """Return what a pipe needs to put a record's place into the queue."""
        return Statement(sid="SendDeadLetters", actions=["sqs:SendMessage"], resources=[self.arn])
