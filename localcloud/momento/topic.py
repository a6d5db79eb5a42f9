"""A topic: its last messages with their numbers, as a subscriber gets them."""

import base64
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

KEPT_MESSAGES = 1_000
"""The number of messages that are kept. For older ones, a subscriber gets a discontinuity."""


@dataclass
class LocalTopic:
    """A topic's last messages. The page changes when the sequence starts again."""

    page: int
    next_number: int = 0
    messages: deque[tuple[int, bytes, bool]] = field(
        default_factory=lambda: deque(maxlen=KEPT_MESSAGES)
    )

    def publish(self, body: bytes, *, binary: bool) -> None:
        """Append a message."""
        self.messages.append((self.next_number, body, binary))
        self.next_number += 1

    def discontinuity(self, number: int, page: int) -> dict[str, Any] | None:
        """Return the discontinuity if a subscriber can no longer get this message, or None."""
        oldest = self.messages[0][0] if self.messages else self.next_number
        if page == self.page and oldest <= number <= self.next_number:
            return None
        return {
            "discontinuity": {
                "last_topic_sequence": number,
                "new_topic_sequence": oldest,
                "new_sequence_page": self.page,
            }
        }

    def since(self, number: int) -> Sequence[tuple[int, bytes, bool]]:
        """Return the messages from a number on."""
        return [message for message in self.messages if message[0] >= number]

    def item(self, message: tuple[int, bytes, bool]) -> dict[str, Any]:
        """Return a message as a subscriber gets it. Text that is not UTF-8 is binary."""
        number, body, binary = message
        try:
            value = None if binary else {"text": body.decode()}
        except UnicodeDecodeError:
            value = None
        return {
            "item": {
                "topic_sequence_number": number,
                "sequence_page": self.page,
                "value": value or {"binary": base64.b64encode(body).decode()},
            }
        }
