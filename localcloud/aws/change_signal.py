"""Wakes the runner's readers as soon as the local AWS has a new stream record.

See `localcloud.aws.changes`, which answers. Another AWS API does not; then the readers ask often.
"""

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

PATH: Final = "/local-cloud/changes"
LONG_POLL_SECONDS = 10.0
PAUSE_SECONDS = 0.01
"""After each answer, so that a thousand writes do not lead to a thousand questions."""
RETRY_SECONDS = 0.5


class ChangeSignal:
    """Follows the numbers of changes in a thread, from `start` until `stop`."""

    def __init__(self, endpoint: str) -> None:
        self._address = urlsplit(endpoint).netloc
        self._connection: http.client.HTTPConnection | None = None
        self._news = threading.Condition()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="changes", daemon=True)
        self.is_heard = False
        """Whether the AWS API tells of changes."""
        self.definitions = -1
        """How often a definition may have changed."""
        self._all = -1
        self._records: Mapping[str, int] = {}

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """End, and break off the question that is waiting for an answer."""
        self._stopped.set()
        while self._thread.is_alive():
            connection = self._connection
            if connection is not None and (waiting := connection.sock) is not None:
                with contextlib.suppress(OSError):  # it has just been closed
                    waiting.shutdown(socket.SHUT_RDWR)
            self._thread.join(0.05)

    def records(self, table: str) -> int:
        """Return how many records the streams of a table have got."""
        return self._records.get(table, 0)

    def wait_for_records(
        self, table: str, known: int, seconds: float, stop: threading.Event
    ) -> None:
        """Wait until a table has other records than the `known` number, but no longer than this.

        Setting `stop` and then calling `wake` ends the wait.
        """
        with self._news:
            self._news.wait_for(lambda: stop.is_set() or self.records(table) != known, seconds)

    def wake(self) -> None:
        """Let those who wait look whether they should stop."""
        with self._news:
            self._news.notify_all()

    def _follow(self) -> None:
        while not self._stopped.is_set():
            try:
                numbers = self._ask()
            except (OSError, ValueError, http.client.HTTPException):
                self.is_heard = False
                self._stopped.wait(RETRY_SECONDS)
                continue
            if numbers is None:
                self.is_heard = False
                return
            with self._news:
                self.is_heard = True
                self._all, self.definitions = numbers["all"], numbers["definitions"]
                self._records = numbers["records"]
                self._news.notify_all()
            time.sleep(PAUSE_SECONDS)

    def _ask(self) -> dict[str, Any] | None:
        """Return the numbers, once they are others; None if the API does not know the question.

        Raises:
            OSError, HTTPException: the API does not answer.
            ValueError: the answer has another form.

        """
        connection = http.client.HTTPConnection(self._address, timeout=2 * LONG_POLL_SECONDS)
        self._connection = connection
        try:
            connection.request("GET", f"{PATH}?all={self._all}")
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if http.client.BAD_REQUEST <= answer.status < http.client.INTERNAL_SERVER_ERROR:
            return None
        numbers = json.loads(text)
        if not isinstance(numbers, dict) or not {"all", "definitions", "records"} <= numbers.keys():
            raise ValueError("the answer has other members")
        return numbers
