"""Send every item of the table to the cache, as the put pipe would."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from live.errors import LiveError
from live.aws import asking_aws
from live.deployment import Deployment
from eventpipes.operations import PUT
from live.converge import Converger
from live.undelivered import UndeliveredRecords
from ops.warm.scan_progress import ScanProgress
from live.momento import RefusedError, UnansweredError, UnusableError, Momento
from live.items import Item, key_text

SENT, LEFT_OUT, REFUSED, FAILED = "sent", "left out", "refused", "failed"
OUTCOMES = (SENT, LEFT_OUT, REFUSED, FAILED)


@dataclass
class WarmSummary:
    """How many items have each outcome, and which items did not reach the cache, and why."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    not_final: int = 0
    """How many keys have a record that a pipe may still deliver."""
    finished: bool = False
    halted: LiveError | None = None

    @property
    def complete(self) -> bool:
        """Whether every item was read, and every item that the pipe sends is in the cache."""
        return self.finished and not self.problems

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "complete": self.complete,
            "finished": self.finished,
            "error": None if self.halted is None else str(self.halted),
            **{name.replace(" ", "_"): self.counts[name] for name in OUTCOMES},
            "may_not_be_final": self.not_final,
            "problems": [
                {"outcome": outcome, "key": key, "why": why} for outcome, key, why in self.problems
            ],
        }


@dataclass
class Warm:
    """One run over the table, a thread for each segment.

    `stop` ends the run after the pages in work; `progress` then has where each segment goes on.
    `tell` gets each item's outcome.
    """

    deployment: Deployment
    sender: Momento
    progress: ScanProgress
    _: KW_ONLY
    stop: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[str], None] = lambda _: None
    page: int = 100

    def __post_init__(self) -> None:
        self._table = self.deployment.table
        self._converger = Converger(self.deployment, self.sender)
        self._lock = threading.Lock()
        self._summary = WarmSummary()

    def run(self) -> WarmSummary:
        """Send all items; return how many were sent and which were not.

        Raises:
            LiveError: the pipeline puts nothing into the cache; or AWS cannot be asked, and the
                file keeps the progress.

        """
        self.deployment.required(PUT, "there is nothing to send to the cache")
        segments = [one for one in range(self.progress.segments) if not self.progress.is_done(one)]
        with asking_aws(), ThreadPoolExecutor(max(1, len(segments))) as pool:
            tasks = [pool.submit(self._segment, segment) for segment in segments]
            for task in tasks:
                task.result()
            if self._summary.counts[SENT]:
                self._summary.not_final = self._not_final()
        self._summary.finished = all(
            self.progress.is_done(one) for one in range(self.progress.segments)
        )
        if self._summary.finished:
            self.progress.forget()
        return self._summary

    def _not_final(self) -> int:
        """Count the keys that a pipe may still write; all of them if the stream cannot be read."""
        try:
            return len(UndeliveredRecords(self.deployment).until())
        except ClientError:
            return self._summary.counts[SENT]

    def _segment(self, segment: int) -> None:
        try:
            start = self.progress.start(segment)
            while not self.stop.is_set():
                keys, start = self._table.page(
                    segment=segment,
                    segments=self.progress.segments,
                    start=start,
                    size=self.page,
                )
                if not all(self._send(key) for key in keys):
                    return  # this page is sent again
                self.progress.reached(segment, start)
                if start is None:
                    return
        except UnusableError as error:
            self._summary.halted = error
            self.stop.set()
        except (BotoCoreError, ClientError):
            self.stop.set()
            raise

    def _send(self, key: Item) -> bool:
        """Bring one key to the table's state; False if the run ended before."""
        if self.stop.is_set():
            return False
        outcome, why = SENT, ""
        try:
            if not self._converger.converge(key, clear=False).requests:
                outcome = LEFT_OUT
        except RefusedError as error:
            outcome, why = REFUSED, error.answer
        except UnansweredError as error:
            if self.stop.is_set():
                return False
            outcome, why = FAILED, str(error)
        with self._lock:
            self._summary.counts[outcome] += 1
            if why:
                self._summary.problems.append((outcome, key_text(key), why))
        self.tell(outcome)
        return True
