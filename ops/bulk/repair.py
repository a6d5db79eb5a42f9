"""Repair the wrong keys that the results of `verify --on-aws` name."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from threading import Event
from typing import Any, Final

from live.converge import Converger
from live.items import key_text
from live.momento import RefusedError, UnansweredError
from ops.bulk.results import MOST_WRONG, RunFiles
from ops.bulk.summary import BulkSummary
from ops.repair.scan import PAGE

WORKERS: Final = 16


def repair(
    summary: BulkSummary,
    files: RunFiles,
    converger: Converger,
    *,
    stop: Event,
    tell: Callable[[], None],
) -> None:
    """Bring all named keys to the table's state, and note it in the summary.

    `stop` ends it after the keys in work. `tell` is called for each key.

    Raises:
        UnusableError: Momento takes no request at all.

    """

    def converge(one: Mapping[str, Any]) -> str | None:
        """Return why a key could not be repaired; None if it is."""
        if stop.is_set():
            return "not repaired: the command was interrupted"
        try:
            converger.converge(one["key"])
        except (RefusedError, UnansweredError) as error:
            return str(error)
        tell()
        return None

    described = iter(summary.results.wrong)
    keys = files.wrong()
    with ThreadPoolExecutor(WORKERS) as workers:
        while page := list(islice(keys, PAGE)):
            for one, problem in zip(page, list(workers.map(converge, page)), strict=True):
                summary.repaired += problem is None
                if (finding := next(described, None)) is not None:
                    finding["repaired"] = problem is None
                if problem is not None and len(summary.problems) < MOST_WRONG:
                    summary.problems.append(f"{key_text(one['key'])}: {problem}")
            if stop.is_set():
                return
