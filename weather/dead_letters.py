"""What waits in the pipes' dead-letter queue, without taking it out."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from weather.settings import WeatherSettings
from weather.table import Aws, explained

PAGE = 10
ENOUGH = 50
"""Letters that are shown; SQS gives a sample of the queue, not its order."""


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A record's place in the stream, and why it is not delivered."""

    message_id: str
    pipe: str
    condition: str
    shard_id: str
    sequence_number: str
    arrived: str

    def as_json(self) -> dict[str, str]:
        """Return it for the page."""
        return asdict(self)


class DeadLetters:
    """Looks into the queue.

    A letter is received with no visibility time-out, so others see it as before; its receive
    count rises.
    """

    def __init__(self, aws: Aws, settings: WeatherSettings) -> None:
        self._settings = settings
        self._url = ""
        with explained(settings):
            self._client = aws.client("sqs")

    def list(self) -> tuple[int, list[DeadLetter]]:
        """Return how many wait, about, and some of them.

        Raises:
            WeatherError: the queue cannot be read.

        """
        with explained(self._settings):
            if not self._url:
                name = self._settings.dead_letter_queue
                self._url = self._client.get_queue_url(QueueName=name)["QueueUrl"]
            waiting = self._waiting()
            found: dict[str, DeadLetter] = {}
            while len(found) < min(waiting, ENOUGH):
                before = len(found)
                answer = self._client.receive_message(
                    QueueUrl=self._url, MaxNumberOfMessages=PAGE, VisibilityTimeout=0
                )
                for letter in map(_letter, answer.get("Messages", [])):
                    found[letter.message_id] = letter
                if len(found) == before:
                    break
        letters = sorted(found.values(), key=lambda letter: letter.arrived, reverse=True)
        return max(waiting, len(letters)), letters

    def _waiting(self) -> int:
        name = "ApproximateNumberOfMessages"
        answer = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=[name])
        return int(answer["Attributes"][name])


def _letter(message: dict[str, Any]) -> DeadLetter:
    """Return what a message tells; what is somebody else's has empty fields."""
    try:
        body = json.loads(message["Body"])
    except (ValueError, RecursionError):
        body = None
    place, context = _part(body, "DDBStreamBatchInfo"), _part(body, "context")
    return DeadLetter(
        message_id=message["MessageId"],
        pipe=_text(context, "partnerResourceArn").rsplit("/", 1)[-1],
        condition=_text(context, "condition"),
        shard_id=_text(place, "shardId"),
        sequence_number=_text(place, "startSequenceNumber"),
        arrived=_text(place, "approximateArrivalOfFirstRecord"),
    )


def _part(holder: object, name: str) -> dict[str, Any]:
    part = holder.get(name) if isinstance(holder, dict) else None
    return part if isinstance(part, dict) else {}


def _text(holder: Mapping[str, Any], name: str) -> str:
    found = holder.get(name)
    return found if isinstance(found, str) else ""
