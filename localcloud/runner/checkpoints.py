"""The last record of each shard that a pipe has handled; a restarted runner continues there."""

import threading


class Checkpoints:
    """The last sequence number that was handled, by pipe and shard."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, str] = {}

    def last(self, pipe: str, shard: str) -> str | None:
        """Return the last sequence number that this pipe has handled in this shard."""
        with self._lock:
            return self._last.get(f"{pipe}/{shard}")

    def reached(self, pipe: str, shard: str, sequence_number: str) -> None:
        """Remember that this record is finished: delivered, filtered out or a dead letter."""
        with self._lock:
            self._last[f"{pipe}/{shard}"] = sequence_number

    def has_reached(self, pipe: str, sequence_number: str) -> bool:
        """Return whether a pipe has finished this record, by the pipe's name.

        A number is larger than those before it in its shard.
        """
        with self._lock:
            return any(
                place.startswith(f"{pipe}@") and int(last) >= int(sequence_number)
                for place, last in self._last.items()
            )
