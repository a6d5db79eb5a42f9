"""The state that sends a dead letter, which `redrive` reads."""

from collections.abc import Mapping
from typing import Any

from momento_pipes.workflow.retrier import retrier


def letter(queue_url: str, message: Mapping[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - the language's own
    """Return a Task that sends a message to the dead-letter queue, four times at most.

    `message` has what is known of the refused request: state, error, cause, request, record.
    `fields` are the Task's other fields, such as Next. See AWS: "Send messages to an Amazon SQS
    queue with Step Functions".
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Arguments": {
            "QueueUrl": queue_url,
            "MessageBody": {
                "version": "1",
                "reason": "Refused",
                "stateMachine": "{% $states.context.StateMachine.Id %}",
                "execution": "{% $states.context.Execution.Id %}",
                "timestamp": "{% $now() %}",
                **message,
            },
        },
        "TimeoutSeconds": 5,
        "Retry": [retrier(["States.ALL"], 3)],
        **fields,
    }
