"""Delete dead letters that nobody wants to replay."""

from collections.abc import Callable, Collection

from live.aws import asking_aws
from live.dead_letters import QueueMessage
from live.deployment import Deployment
from live.letter_queue import LetterQueue
from live.redrive.redrive import FRUITLESS


def discard(
    deployment: Deployment,
    chosen: Collection[str] | None = None,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> int:
    """Delete the messages with these ids (default: all) from the queues; return how many.

    `tell` gets the id of each deleted message.

    Raises:
        LiveError: AWS cannot be asked, or refuses.

    """
    deleted: set[str] = set()

    with asking_aws():
        for arn in deployment.queues:
            queue = LetterQueue.of(arn, deployment.client("sqs"))
            others: dict[str, QueueMessage] = {}
            fruitless = 0
            while fruitless < FRUITLESS and (page := queue.receive()):
                before = len(others) + len(deleted)
                for message in page:
                    if chosen is None or message.id in chosen:
                        queue.delete(message)
                        deleted.add(message.id)
                        tell(message.id)
                    else:
                        others[message.id] = message
                fruitless = 0 if len(others) + len(deleted) > before else fruitless + 1
                if chosen is not None and deleted.issuperset(chosen):
                    break
            queue.give_back(list(others.values()))
    return len(deleted)
