"""The queue for records that could not be delivered."""

from collections.abc import Sequence
from functools import cached_property

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.access.statement import Statement, policy_document
from momento_pipes.bindings import SqsQueue, SqsQueuePolicy
from momento_pipes.monitoring.metric import Metric
from momento_pipes.named_construct import NamedConstruct

RETENTION_SECONDS = 14 * 86_400
"""The longest time that SQS keeps a message. The stream keeps its record for only a day."""


class DeadLetterQueue(NamedConstruct):
    """A standard queue, encrypted by SQS or with the key. EventBridge Pipes allows no FIFO queue.

    See AWS: "Amazon SQS key management".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        protection: Protection = DEMO,
    ) -> None:
        super().__init__(scope, id_)
        self._key = protection.key
        self.resource = SqsQueue(
            self,
            "queue",
            name=name,
            message_retention_seconds=RETENTION_SECONDS,
            sqs_managed_sse_enabled=None if protection.key else True,
            kms_master_key_id=protection.key_arn,
            lifecycle=protection.lifecycle,
        )

    @cached_property
    def url(self) -> str:
        """The queue's URL."""
        url: str = self.resource.url
        return url

    def send(self) -> Sequence[Statement]:
        """Return the permissions that a pipe needs to send dead letters to the queue."""
        send = Statement(sid="SendDeadLetters", actions=["sqs:SendMessage"], resources=[self.arn])
        if self._key is None:
            return [send]
        actions = ("kms:Decrypt", "kms:GenerateDataKey")
        return [send, self._key.use("EncryptDeadLetters", *actions, service="sqs")]

    def accept_from(self, rule_arns: Sequence[str], *, account: Account) -> SqsQueuePolicy:
        """Allow these rules of an event bus to send dead letters. They do not use a role for it.

        See AWS: "Granting permissions to the dead-letter queue".
        """
        if self._key is not None:
            self._key.encrypt_dead_letters()
        send = Statement(
            sid="SendDeadLetters",
            principal={"Service": "events.amazonaws.com"},
            actions="sqs:SendMessage",
            resources=self.arn,
            conditions={
                "StringEquals": {"aws:SourceAccount": account.id},
                "ArnEquals": {"aws:SourceArn": rule_arns},
            },
        )
        return SqsQueuePolicy(self, "policy", queue_url=self.url, policy=policy_document(send))

    def metric(self, name: str, statistic: str = "Maximum") -> Metric:
        """Return a metric of the queue ("Available CloudWatch metrics for Amazon SQS")."""
        return Metric(
            namespace="AWS/SQS",
            name=name,
            dimensions={"QueueName": self.name},
            statistic=statistic,
        )
