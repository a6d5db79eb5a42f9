"""How far each pipe has read each shard; over a restart of the runner, as AWS keeps it."""

import threading


class Checkpoints:
    """The last sequence number handled, by pipe and shard."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, str] = {}

    def last(self, pipe: str, shard: str) -> str | None:
        """Return the last sequence number that this pipe has handled in this shard."""
        with self._lock:
            return self._last.get(f"{pipe}/{shard}")

    def reached(self, pipe: str, shard: str, sequence_number: str) -> None:
        """Remember that this record is done with: delivered, filtered out or a dead letter."""
        with self._lock:
            self._last[f"{pipe}/{shard}"] = sequence_number
