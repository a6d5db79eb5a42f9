"""The dead letters for the page: the reason, the item, the route, and the change of each."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from console.cause import CONDITIONS, failure_text
from console.change import Change
from console.routing import Routing, route_id
from eventpipes.operations import PUT
from live.aws import asking_aws
from live.dead_letters import DeadLetter, QueueMessage, parse
from live.deployment import Deployment
from live.errors import LiveError
from live.items import key_text
from live.letter_queue import LetterQueue
from live.redrive.foreign import foreign
from live.stream import Record, StreamReader

OF_A_RUN = "warm --on-aws could not put the item: "
FindChange = Callable[[str], Change | None]
"""Returns the change of a sequence number."""


@dataclass
class LetterReader:
    """Reads the dead-letter queues of a pipeline."""

    deployment: Deployment
    routing: Routing
    find: FindChange
    sqs: Any

    def __post_init__(self) -> None:
        self._stream = StreamReader(self.deployment.client("dynamodbstreams"))
        self._records: dict[str, Record | None] = {}

    def read(self) -> dict[str, Any]:
        """Return the letters for the page, the newest first.

        Raises:
            LiveError: AWS cannot be asked.

        """
        messages: list[QueueMessage] = []
        waiting = hidden = 0
        with asking_aws():
            for arn in self.deployment.queues:
                queue = LetterQueue.of(arn, self.sqs)
                count, peeked = queue.peek()
                waiting += count
                hidden += queue.count()[1]
                messages += peeked
        letters = [self._letter(message) for message in messages]
        seen = {message.id for message in messages}
        self._records = {id_: record for id_, record in self._records.items() if id_ in seen}
        return {"waiting": waiting, "hidden": hidden, "letters": newest_first(letters)}

    def _letter(self, message: QueueMessage) -> dict[str, Any]:
        letter = parse(message)
        why = foreign(letter, self.deployment)
        if letter is None or why:
            said = f"This message is not a dead letter of this pipeline: {why}."
            nothing = dict.fromkeys(("key_item", "route", "arrived", "change"))
            return {"id": message.id, "reason": said, "item": "", "replay": False} | nothing
        is_bulk = self.deployment.is_bulk(letter.arn)
        change = None if is_bulk else self.find(letter.first)
        refused = letter.refused
        route = self.routing.of_letter(letter.arn, refused.method if refused else None)
        if is_bulk and PUT in self.deployment.pipes:
            route = route_id(self.deployment.pipes[PUT])
        keys = change.keys if change else self._keys(letter)
        return {
            "id": message.id,
            "reason": OF_A_RUN + _refusal(letter) if is_bulk else _reason(letter, change, route),
            "item": key_text(keys) if keys else "",
            "key_item": keys or None,
            "route": route,
            "arrived": _arrived(letter, change),
            "change": change.id if change else None,
            "number": letter.first,
            "name": letter.name,
            "replay": True,
        }

    def _keys(self, letter: DeadLetter) -> Mapping[str, Any]:
        """Return the key of a letter's record, which is in the letter or still in the stream."""
        record = letter.record or (letter.event or {}).get("detail")
        if record is None:
            record = self._read(letter)
        keys: Mapping[str, Any] = (record or {}).get("dynamodb", {}).get("Keys", {})
        return keys

    def _read(self, letter: DeadLetter) -> Record | None:
        id_ = letter.message.id
        if id_ not in self._records:
            try:
                with asking_aws():
                    records = self._stream.records(
                        letter.stream_arn, letter.shard, letter.first, letter.first
                    )
            except LiveError:
                return None
            self._records[id_] = records[0] if records else None
        return self._records[id_]


def newest_first(letters: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return letters by the time of their records, and their numbers."""
    return sorted(
        letters,
        key=lambda letter: (letter["arrived"] or 0, int(letter.get("number") or 0)),
        reverse=True,
    )


def _arrived(letter: DeadLetter, change: Change | None) -> float | None:
    """Return when the record came; a letter has whole seconds."""
    if change is not None:
        return change.at
    return letter.arrived.timestamp() if letter.arrived else None


def _reason(letter: DeadLetter, change: Change | None, route: str | None) -> str:
    cells = change.cells if change else {}
    failed = [cell for id_, cell in cells.items() if cell.failed and route in (None, id_)]
    if failed and not failed[0].is_by_letter:
        return failure_text(failed[0])
    if failed and failed[0].reason:
        return failed[0].reason
    if letter.refused is not None:
        return f"Momento refused the request: {_refusal(letter)}"
    condition = CONDITIONS.get(letter.condition, letter.condition or "it was given up")
    return f"{letter.name}: {condition}"


def _refusal(letter: DeadLetter) -> str:
    cause = letter.refused.cause if letter.refused else ""
    return f"{letter.condition}: {cause}" if cause else letter.condition
