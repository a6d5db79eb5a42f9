"""Dead-letter queues: receive, hold, count and delete their messages."""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from live.dead_letters import QueueMessage

PAGE = 10
"""The most messages that SQS returns, changes or deletes in one request."""
ENOUGH = 50
"""The most messages that `peek` returns."""
HOLD_SECONDS = 60
WAIT_SECONDS = 1
"""With a wait of one second or more, SQS asks all its servers."""


class LetterQueue:
    """A queue of dead letters.

    A received message is hidden from other readers for `hold` seconds, and while `held` holds it.
    If the process dies, the message becomes visible again.
    """

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - a boto3 client
        *,
        name: str,
        account: str | None = None,
        hold: int = HOLD_SECONDS,
    ) -> None:
        self._client = client
        self._hold = hold
        self._name = name
        self._owner = {"QueueOwnerAWSAccountId": account} if account else {}

    @classmethod
    def of(cls, arn: str, client: Any, *, hold: int = HOLD_SECONDS) -> Self:  # noqa: ANN401 - a boto3 client
        """Return the queue with this ARN."""
        account, name = arn.split(":")[4:6]
        return cls(client, name=name, account=account, hold=hold)

    @cached_property
    def _url(self) -> str:
        answer = self._client.get_queue_url(QueueName=self._name, **self._owner)
        return str(answer["QueueUrl"])

    def receive(self, most: int = PAGE) -> list[QueueMessage]:
        """Return some of the waiting messages, and hide them from other readers."""
        return self._receive(min(most, PAGE), self._hold, WaitTimeSeconds=WAIT_SECONDS)

    def peek(self, enough: int = ENOUGH) -> tuple[int, list[QueueMessage]]:
        """Return about how many messages wait, and some of them, without hiding them.

        Their receive count increases. SQS returns a sample of the queue, in any order.
        """
        waiting, _ = self.count()
        seen: dict[str, QueueMessage] = {}
        while len(seen) < min(waiting, enough):
            before = len(seen)
            seen |= {message.id: message for message in self._receive(PAGE, 0)}
            if len(seen) == before:
                break
        return max(waiting, len(seen)), list(seen.values())

    def delete(self, message: QueueMessage) -> None:
        """Delete a message. If it was already deleted, this is not an error."""
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def give_back(self, messages: Sequence[QueueMessage]) -> None:
        """Make messages visible to other readers again."""
        self._change(messages, 0)

    @contextmanager
    def held(self, in_hand: dict[str, QueueMessage]) -> Iterator[None]:
        """Keep the messages in a dictionary hidden, including messages that are added later."""
        done = threading.Event()

        def extend() -> None:
            while not done.wait(self._hold / 3):
                self._change(list(in_hand.copy().values()), self._hold)

        thread = threading.Thread(target=extend, name="hold", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def count(self) -> tuple[int, int]:
        """Return about how many messages wait, and how many are hidden."""
        waiting, hidden = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
        attributes = self._client.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=[waiting, hidden]
        )["Attributes"]
        return int(attributes[waiting]), int(attributes[hidden])

    def _receive(self, most: int, hidden: int, **wait: int) -> list[QueueMessage]:
        """Return some of the waiting messages, which are `hidden` for so many seconds."""
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=most,
            VisibilityTimeout=hidden,
            MessageAttributeNames=["All"],
            **wait,
        )
        return [_message(received) for received in answer.get("Messages", [])]

    def _change(self, messages: Sequence[QueueMessage], seconds: int) -> None:
        """Change how long messages stay hidden. Errors, such as for a deleted message, are ignored.

        If the change fails, the message becomes visible again, and is replayed again.
        """
        for start in range(0, len(messages), PAGE):
            entries = [
                {"Id": str(number), "ReceiptHandle": each.receipt, "VisibilityTimeout": seconds}
                for number, each in enumerate(messages[start : start + PAGE])
            ]
            with contextlib.suppress(BotoCoreError, ClientError):
                self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)


def _message(received: Mapping[str, Any]) -> QueueMessage:
    attributes = received.get("MessageAttributes", {})
    return QueueMessage(
        id=received["MessageId"],
        receipt=received["ReceiptHandle"],
        body=received["Body"],
        attributes={name: value.get("StringValue", "") for name, value in attributes.items()},
    )
