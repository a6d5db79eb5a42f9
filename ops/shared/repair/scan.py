"""Read a whole table in parallel segments, page by page, so that it can be resumed."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from live.items import Item
from live.table import TableClient
from ops.shared.repair.scan_progress import ScanProgress

PAGE = 1_000
"""Items on a page, at most. DynamoDB ends a page after 1 MB (Scan: "paginate the results")."""

WORKERS = 16
"""Requests to Momento at a time."""

Work = Callable[[list[Item]], Mapping[str, int] | None]
"""Works on a page's items and returns its counts, or None if the page must be read again."""


def scan(
    table: TableClient,
    progress: ScanProgress,
    stop: threading.Event,
    work: Work,
    *,
    page: int = PAGE,
) -> None:
    """Call `work` for every page of a table that is left, with a thread for each segment.

    Only one page of each segment is in memory. Setting `stop` ends it after the pages in work.

    Raises:
        Exception: what `work` or AWS raises. It ends the other segments, too.

    """

    def read(segment: int) -> None:
        try:
            start = progress.start(segment)
            while not stop.is_set():
                items, start = table.items(
                    segment=segment, segments=progress.segments, start=start, size=page
                )
                counts = work(items)
                if counts is None:
                    return
                progress.reached(segment, start, counts)
                if start is None:
                    return
        except BaseException:
            stop.set()
            raise

    with ThreadPoolExecutor(max(1, len(progress.left))) as pool:
        for task in [pool.submit(read, segment) for segment in progress.left]:
            task.result()
