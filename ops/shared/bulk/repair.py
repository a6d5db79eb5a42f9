"""Repair the wrong keys that the results of `verify --on-aws` name."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from threading import Event
from typing import Any

from botocore.exceptions import ClientError

from live.converge import Converger
from live.items import key_text
from live.momento.client import RefusedError, UnansweredError
from live.undelivered import UndeliveredRecords
from ops.shared.bulk.key_names import KeyNames
from ops.shared.bulk.results import RunFiles
from ops.shared.bulk.summary import BulkSummary
from ops.shared.repair.report import MOST_DESCRIBED
from ops.shared.repair.scan import PAGE, WORKERS


def repair(
    summary: BulkSummary,
    files: RunFiles,
    converger: Converger,
    *,
    undelivered: UndeliveredRecords,
    stop: Event,
    tell: Callable[[], None],
) -> None:
    """Bring all named keys to the table's state, and note it in the summary.

    A repaired key of which a pipe may still deliver a record is not final. If the stream cannot be
    read, no key is. `stop` ends the repair after the keys in work. `tell` is called for each key.

    Raises:
        UnusableError: Momento takes no request at all.

    """
    with closing(KeyNames()) as repaired:
        try:
            _repair(summary, files, converger, repaired, stop, tell)
        finally:
            if summary.repaired:
                _note_not_final(summary, undelivered, repaired)


def _repair(
    summary: BulkSummary,
    files: RunFiles,
    converger: Converger,
    repaired: KeyNames,
    stop: Event,
    tell: Callable[[], None],
) -> None:
    def converge(wrong_key: Mapping[str, Any]) -> str | None:
        """Return why a key could not be repaired; None if it is."""
        if stop.is_set():
            return "not repaired: the command was interrupted"
        try:
            converger.converge(wrong_key["key"])
        except (RefusedError, UnansweredError) as error:
            return str(error)
        tell()
        return None

    described = iter(summary.results.wrong)
    keys = files.wrong()
    with ThreadPoolExecutor(WORKERS) as workers:
        while page := list(islice(keys, PAGE)):
            for named, problem in zip(page, list(workers.map(converge, page)), strict=True):
                summary.repaired += problem is None
                if (wrong_key := next(described, None)) is not None:
                    wrong_key.repaired = problem is None
                if problem is None:
                    repaired.add(key_text(named["key"]))
                elif len(summary.problems) < MOST_DESCRIBED:
                    summary.problems.append(f"{key_text(named['key'])}: {problem}")
            if stop.is_set():
                return


def _note_not_final(
    summary: BulkSummary, undelivered: UndeliveredRecords, repaired: KeyNames
) -> None:
    """Note which repaired keys a pipe may still overwrite with an older record."""
    try:
        times = undelivered.until(repaired)
        summary.not_final = len(times)
    except ClientError:
        times = None
        summary.not_final = summary.repaired
    for wrong_key in summary.results.wrong:
        wrong_key.final = not wrong_key.repaired or (
            times is not None and wrong_key.key not in times
        )
