"""The Task sqs:sendMessage sends a message to a queue."""

from dataclasses import dataclass
from typing import Final

from eventpipes.workflow.expression import Scope
from eventpipes.workflow.fields import Fields
from eventpipes.workflow.payload import Payload
from eventpipes.workflow.size import to_text
from eventpipes.workflow.state_error import QUERY_EVALUATION_ERROR, StateError

RESOURCE: Final = "arn:aws:states:::sqs:sendMessage"
_OTHERS: Final = (
    *("DelaySeconds", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId"),
    "MessageSystemAttributes",
)


@dataclass(frozen=True, kw_only=True)
class SendMessage:
    """The arguments of the task. A body that is not text is sent as JSON."""

    queue_url: Payload
    body: Payload

    resource = ("sqs", "sendMessage")

    @classmethod
    def parse(cls, state: Fields) -> "SendMessage":
        """Take the arguments of a state; raise InvalidDefinition or Unsupported."""
        fields = state.arguments()
        task = cls(
            queue_url=Payload.take(fields, "QueueUrl"), body=Payload.take(fields, "MessageBody")
        )
        fields.end(*_OTHERS)
        return task

    def message(self, scope: Scope) -> tuple[str, str]:
        """Return the queue's URL and the body; raise StateError if an expression fails."""
        url, body = self.queue_url.evaluate(scope), self.body.evaluate(scope)
        if not isinstance(url, str):
            raise StateError(QUERY_EVALUATION_ERROR, f"QueueUrl is not text, but {url!r}")
        return url, body if isinstance(body, str) else to_text(body)
