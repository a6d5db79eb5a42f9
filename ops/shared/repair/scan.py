"""Read a whole table in parallel segments, page by page, so that it can be resumed."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from live.items import Item
from live.table import TableClient
from ops.shared.repair.scan_progress import ScanProgress

PAGE = 1_000
"""Items on a page, at most. DynamoDB ends a page after 1 MB (Scan: "paginate the results")."""

Work = Callable[[list[Item]], Mapping[str, int] | None]
"""Works on a page's items and returns its counts, or None if the page must be read again."""


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One pass over a table, with a thread for each segment that is left.

    Only one page of each segment is in memory. Setting `stop` ends it after the pages in work.
    """

    table: TableClient
    progress: ScanProgress
    stop: threading.Event
    page: int = PAGE

    def run(self, work: Work) -> None:
        """Call `work` for every page that is left, from several threads.

        Raises:
            Exception: what `work` or AWS raises. It ends the other segments, too.

        """
        with ThreadPoolExecutor(max(1, len(self.progress.left))) as pool:
            tasks = [pool.submit(self._segment, work, segment) for segment in self.progress.left]
            for task in tasks:
                task.result()

    def _segment(self, work: Work, segment: int) -> None:
        try:
            start = self.progress.start(segment)
            while not self.stop.is_set():
                items, start = self.table.items(
                    segment=segment, segments=self.progress.segments, start=start, size=self.page
                )
                counts = work(items)
                if counts is None:
                    return
                self.progress.reached(segment, start, counts)
                if start is None:
                    return
        except BaseException:
            self.stop.set()
            raise
