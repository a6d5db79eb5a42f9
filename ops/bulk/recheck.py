"""Bring the keys that were written during a run to the table's state.

A run puts an item as it was when its page was read. If the item is written in the meantime, and
its pipe is faster, the run overwrites the newer value. So each key that the stream says was written
since the run began is compared with the table again, as redrive, warm and verify do it.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event
from typing import Final

from live.converge import Converger, Own, entry
from live.deployment import Deployment
from live.items import Item, key_text
from live.momento import Momento, RefusedError, UnansweredError
from live.stream import StreamReader
from eventpipes import Requests

STREAM_SECONDS: Final = 86_400
"""A stream keeps a record for a day."""
BEFORE_SECONDS: Final = 120
"""So long before a page is sent it may have been read, with all attempts."""
EVERY_SECONDS: Final = 3_600
"""How often a long run's keys are compared, long before the stream loses their records."""
WORKERS: Final = 16


@dataclass
class BulkRecheck:
    """Compares the keys that were written since a time; `compared` counts those of all runs."""

    deployment: Deployment
    momento: Momento
    stop: Event
    compared: int = 0
    problems: list[str] = field(default_factory=list)

    def run(self, since: float) -> float:
        """Compare what was written since a time, and return the time until which it is done."""
        begun = time.time()
        if begun - since > STREAM_SECONDS:
            self.problems.append(
                f"what was written {(begun - since) / 3_600:.0f} hours ago is no longer in the"
                " stream: run ./help.sh verify --on-aws --repair"
            )
        keys: dict[str, Item] = {}
        former: dict[str, list[Item]] = {}
        stream = StreamReader(self.deployment.client("dynamodbstreams"))
        for record in stream.all(self.deployment.stream_arn):
            images = record["dynamodb"]
            if float(images["ApproximateCreationDateTime"]) < since - BEFORE_SECONDS:
                continue
            key = self.deployment.table.key_of(images["Keys"])
            keys[key_text(key)] = key
            if "OldImage" in images:
                former.setdefault(key_text(key), []).append(images["OldImage"])
        converger = Converger(self.deployment, self.momento)
        with ThreadPoolExecutor(WORKERS) as workers:
            work = [(key, former.get(name, [])) for name, key in keys.items()]
            self.compared += sum(workers.map(lambda each: self._converge(converger, *each), work))
        return begun

    def _converge(self, converger: Converger, key: Item, former: Sequence[Item]) -> bool:
        """Bring a key to the table's state, with the entries that it had before its changes.

        Return whether that was possible.
        """
        if self.stop.is_set():
            return False
        try:
            deletes = {entry(one): one for image in former for one in converger.removal(key, image)}
            sent = Requests(tuple(deletes.values()))
            own = Own(None, sent, before=next(iter(former), None))
            converger.converge(key, own if deletes else None)
        except (RefusedError, UnansweredError) as error:
            self.problems.append(f"{key_text(key)}: {error}")
            return False
        return True
