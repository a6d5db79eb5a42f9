"""Bring the keys that were written during a run to the table's state.

A run puts an item as it was when its page was read. If the item is written in the meantime, and
its pipe is faster, the run overwrites the newer value. So each key that the stream says was written
since the run began is compared with the table again, as redrive, warm and verify do it.
"""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Final

from eventpipes import Requests
from live.converge import Converger, Own, entry
from live.deployment import Deployment
from live.items import Item, key_text
from live.momento.client import Momento, RefusedError, UnansweredError
from live.stream import CLOCK_SECONDS, StreamReader
from live.whole_key import deletes_by_whole_key
from ops.shared.bulk.written_keys import WrittenKeys
from ops.shared.repair.scan import WORKERS

STREAM_SECONDS: Final = 86_400
"""A stream keeps a record for a day."""
PAGE_SECONDS: Final = 260
"""The longest time from the read of a page to its last request: an execution begins requests for
195 seconds, and one lasts 65 seconds at most with its attempts. A test compares it."""
BEFORE_SECONDS: Final = PAGE_SECONDS + CLOCK_SECONDS
"""How far a look goes back before the last one: older values may have been sent after it."""
EVERY_SECONDS: Final = 3_600
"""How often a long run's keys are compared, long before the stream loses their records."""


class BulkRecheck:
    """Compares the keys that were written since a time; `compared` counts those of all looks.

    A look reads the stream where the one before ended, except for the records that may have been
    overwritten since.
    """

    def __init__(self, deployment: Deployment, momento: Momento, stop: Event) -> None:
        self._deployment = deployment
        self._stop = stop
        self._converger = Converger(deployment, momento)
        self._stream = StreamReader(deployment.client("dynamodbstreams"))
        self._places: dict[str, str] = {}
        self._looks: list[tuple[float, dict[str, str]]] = []
        self._written = WrittenKeys(self._converger, by_whole_key=deletes_by_whole_key(deployment))
        self.compared = 0
        self.problems: list[str] = []

    def close(self) -> None:
        """Remove the temporary file of the keys."""
        self._written.close()

    def run(self, since: float) -> float:
        """Compare what was written since a time, and return the time until which it is done.

        After Ctrl-C, it ends soon, and one of the `problems` says so.
        """
        begun = time.time()
        if begun - since > STREAM_SECONDS:
            self.problems.append(
                f"what was written {(begun - since) / 3_600:.0f} hours ago is no longer in the"
                " stream: run ./help.sh verify --on-aws --repair"
            )
        self._read(since, begun)
        with ThreadPoolExecutor(WORKERS) as workers:
            for page in self._written.pages():
                if self._stop.is_set():
                    break
                self.compared += sum(workers.map(lambda each: self._converge(*each), page))
        if self._stop.is_set():
            self.problems.append(
                "not all keys that were written meanwhile were compared again: run"
                " ./help.sh warm --on-aws --resume"
            )
        return begun

    def places_before(self, at: float) -> dict[str, str]:
        """Return a sequence number for each shard, up to which all records are older than a time.

        It is from one of the looks, and empty if all of them were later.
        """
        return next((places for time_, places in reversed(self._looks) if time_ <= at), {})

    def _read(self, since: float, begun: float) -> None:
        self._written.clear()
        before = begun - BEFORE_SECONDS
        for record in self._stream.since(
            self._deployment.stream_arn,
            since - BEFORE_SECONDS,
            again=before,
            places=self._places,
            stop=self._stop,
        ):
            images = record["dynamodb"]
            key = self._deployment.table.key_of(images["Keys"])
            self._written.add(key, images.get("OldImage"))
        self._looks.append((before, dict(self._places)))
        self._looks = [look for look in self._looks if look[0] > begun - STREAM_SECONDS]

    def _converge(self, key: Item, former: Sequence[Item]) -> bool:
        """Bring a key to the table's state, with the entries that it had before its changes.

        Return whether that was possible.
        """
        if self._stop.is_set():
            return False
        converger = self._converger
        try:
            deletes = {
                entry(request): request
                for image in former
                for request in converger.removal(key, image)
            }
            sent = Requests(tuple(deletes.values()))
            own = Own(None, sent, before=next(iter(former), None))
            converger.converge(key, own if deletes else None)
        except (RefusedError, UnansweredError) as error:
            self.problems.append(f"{key_text(key)}: {error}")
            return False
        return True
