"""How far each pipe has read each shard, kept over a restart as AWS keeps it."""

import json
import threading
from pathlib import Path


class Checkpoints:
    """The last sequence number handled, by pipe and shard; in a file if one is given."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._last: dict[str, str] = {}
        if file is not None and file.exists():
            self._last = json.loads(file.read_text(encoding="utf-8"))

    def last(self, pipe: str, shard: str) -> str | None:
        """Return the last sequence number that this pipe has handled in this shard."""
        with self._lock:
            return self._last.get(f"{pipe}/{shard}")

    def reached(self, pipe: str, shard: str, sequence_number: str) -> None:
        """Remember that this record is done with: delivered, filtered out or a dead letter."""
        with self._lock:
            self._last[f"{pipe}/{shard}"] = sequence_number
            if self._file is not None:
                temporary = self._file.with_suffix(".new")
                temporary.write_text(json.dumps(self._last), encoding="utf-8")
                temporary.replace(self._file)
