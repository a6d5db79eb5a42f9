"""Send every item of the table to the cache, as the put pipe would."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from eventpipes.operations import PUT
from live.aws import asking_aws
from live.converge import Converger
from live.deployment import Deployment
from live.errors import LiveError
from live.items import Item, key_text
from live.momento.client import Momento, RefusedError, UnansweredError, UnusableError
from live.undelivered import UndeliveredRecords
from ops.shared.repair.report import MOST_DESCRIBED
from ops.shared.repair.scan import PAGE, WORKERS, scan
from ops.shared.repair.scan_progress import ScanProgress

SENT, LEFT_OUT, REFUSED, FAILED = "sent", "left out", "refused", "failed"
OUTCOMES = (SENT, LEFT_OUT, REFUSED, FAILED)


@dataclass
class WarmSummary:
    """How many items have each outcome, and which items did not reach the cache, and why.

    The counts include those of the runs that this one resumes. After the run, the problems are in
    the order of their outcomes, then of their keys.
    """

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    not_final: int = 0
    """How many keys have a record that a pipe may still deliver."""
    finished: bool = False
    halted: LiveError | None = None

    @property
    def complete(self) -> bool:
        """Whether every item was read, and every item that the pipe sends is in the cache."""
        return self.finished and not self.counts[REFUSED] and not self.counts[FAILED]

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "complete": self.complete,
            "finished": self.finished,
            "error": None if self.halted is None else str(self.halted),
            **{name.replace(" ", "_"): self.counts[name] for name in OUTCOMES},
            "may_not_be_final": self.not_final,
            "problems_left_out": self.counts[REFUSED] + self.counts[FAILED] - len(self.problems),
            "problems": [
                {"outcome": outcome, "key": key, "why": why} for outcome, key, why in self.problems
            ],
        }


@dataclass
class Warm:
    """One run over the table.

    `stop` ends the run after the requests in work; `progress` then has where each segment goes on.
    `tell` gets each item's outcome.
    """

    deployment: Deployment
    sender: Momento
    progress: ScanProgress
    _: KW_ONLY
    stop: threading.Event = field(default_factory=threading.Event)
    tell: Callable[[str], None] = lambda _: None
    page: int = PAGE

    def __post_init__(self) -> None:
        self._table = self.deployment.table
        self._converger = Converger(self.deployment, self.sender)
        self._lock = threading.Lock()
        self._summary = WarmSummary(Counter(self.progress.counts))

    def run(self) -> WarmSummary:
        """Send all items; return how many were sent and which were not.

        Raises:
            LiveError: the pipeline puts nothing into the cache; or AWS cannot be asked, and the
                file keeps the progress.

        """
        self.deployment.required(PUT, "there is nothing to send to the cache")
        with asking_aws(), ThreadPoolExecutor(WORKERS) as workers:
            try:
                send = partial(self._send_page, workers)
                scan(self._table, self.progress, self.stop, send, page=self.page)
            except UnusableError as error:
                self._summary.halted = error
            if self._summary.counts[SENT]:
                self._summary.not_final = self._not_final()
        self._summary.problems.sort()
        self._summary.finished = not self.progress.left
        if self._summary.finished:
            self.progress.forget()
        return self._summary

    def _not_final(self) -> int:
        """Count the keys that a pipe may still write; all of them if the stream cannot be read."""
        try:
            return len(UndeliveredRecords(self.deployment).until())
        except ClientError:
            return self._summary.counts[SENT]

    def _send_page(
        self, workers: ThreadPoolExecutor, items: list[Item]
    ) -> Mapping[str, int] | None:
        """Send a page's items; return their outcomes, or None if the run ended before."""
        outcomes = list(workers.map(self._send, items))
        sent = [outcome for outcome in outcomes if outcome is not None]
        return Counter(sent) if len(sent) == len(outcomes) else None

    def _send(self, item: Item) -> str | None:
        """Bring one key to the table's state; return the outcome, or None if the run ended."""
        if self.stop.is_set():
            return None
        key = self._table.key_of(item)
        outcome, why = SENT, ""
        try:
            if not self._converger.converge(key, clear=False, item=item).requests:
                outcome = LEFT_OUT
        except RefusedError as error:
            outcome, why = REFUSED, error.answer
        except UnansweredError as error:
            if self.stop.is_set():
                return None
            outcome, why = FAILED, str(error)
        with self._lock:
            self._summary.counts[outcome] += 1
            if why and len(self._summary.problems) < MOST_DESCRIBED:
                self._summary.problems.append((outcome, key_text(key), why))
        self.tell(outcome)
        return outcome
