"""What takes longer than a request: replay and discard of dead letters, one job at a time."""

import threading
from collections.abc import Callable, Collection
from typing import Final

from console.board import Board
from console.cell import DELIVERED, DISCARDED, SUPERSEDED
from console.errors import ConsoleError
from console.followers import in_background
from live.errors import LiveError
from live.momento.client import Momento
from live.redrive.discard import discard
from live.redrive.redrive import Redrive
from live.redrive.replay_results import LetterResult, LetterStatus, RedriveSummary

_SETTLED: Final = {
    LetterStatus.SENT: ("replayed", DELIVERED),
    LetterStatus.CONVERGED: ("replayed: the table's state was sent", SUPERSEDED),
    LetterStatus.SUPERSEDED: ("replayed: the item has changed since", SUPERSEDED),
}
_WORDS: Final = {
    LetterStatus.SENT: "sent again",
    LetterStatus.CONVERGED: "settled",
    LetterStatus.SUPERSEDED: "settled",
    LetterStatus.REFUSED: "refused again",
    LetterStatus.UNRECOVERABLE: "cannot be replayed",
    LetterStatus.LEFT: "left in the queue",
    LetterStatus.FOREIGN: "not of this pipeline",
    LetterStatus.NO_RECORD: "without a record",
    LetterStatus.DISCARDED: "discarded",
}
Chosen = Collection[str] | None
"""The ids of letters; None: all."""


class Jobs:
    """Runs the jobs of one board, and tells their progress."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._one = threading.Lock()

    def replay(self, chosen: Chosen) -> None:
        """Begin to replay letters, as `./help.sh redrive` does.

        Raises:
            ConsoleError: another job runs.

        """
        self._begin("replay", lambda: self._replay(chosen))

    def discard(self, chosen: Chosen) -> None:
        """Begin to delete letters.

        Raises:
            ConsoleError: another job runs.

        """
        self._begin("discard", lambda: self._discard(chosen))

    def _begin(self, about: str, work: Callable[[], str]) -> None:
        if not self._one.acquire(blocking=False):
            raise ConsoleError("a replay or a discard is still running: wait for its end")

        def run() -> None:
            try:
                text = work()
            except LiveError as error:
                text = str(error)
            except Exception as error:  # noqa: BLE001 - the page must see the error
                text = f"this should not happen: {type(error).__name__}: {error}"
            finally:
                self._one.release()
            self._tell(about, text, finished=True)
            self.board.letters.look()

        self._done, self._all = 0, 0
        in_background(about, run)

    def _replay(self, chosen: Chosen) -> str:
        board, deployment = self.board, self.board.deployment

        def tell(result: LetterResult, waiting: int) -> None:
            self._done += 1
            self._all = max(len(chosen) if chosen is not None else waiting, self._done)
            self._tell("replay", _said(result))
            if result.status in _SETTLED:
                text, state = _SETTLED[result.status]
                board.settle(result.sequence_number, result.pipe, text, state)

        with Momento(
            rates=deployment.rates(),
            redirect=deployment.redirect,
            reading_key=deployment.reading_key,
        ) as momento:
            summary = Redrive(deployment, momento, chosen=chosen, tell=tell, hold=30).run()
        return sentence(summary)

    def _discard(self, chosen: Chosen) -> str:
        board = self.board
        self._all = len(chosen) if chosen is not None else board.letters.waiting

        def tell(id_: str) -> None:
            self._done += 1
            self._all = max(self._all, self._done)
            letter = board.letters.letter(id_)
            self._tell("discard", "")
            if letter is not None and letter.get("number"):
                name = letter["route"] or letter["name"]
                board.settle(letter["number"], name, "its dead letter was discarded", DISCARDED)

        deleted = discard(board.deployment, chosen, tell=tell)
        if not deleted:
            return "No dead letter was there any more."
        return f"{deleted} dead letter{'s were' if deleted > 1 else ' was'} discarded."

    def _tell(self, about: str, text: str, *, finished: bool = False) -> None:
        progress = {"about": about, "done": self._done, "all": self._all}
        self.board.hub.tell("progress", progress | {"text": text, "finished": finished})


def _said(result: LetterResult) -> str:
    why = f": {result.why}" if result.why else ""
    return f"{result.key or result.pipe} {_WORDS[result.status]}{why}".strip()


def sentence(summary: RedriveSummary) -> str:
    """Return the results of a replay in a sentence."""
    parts = []
    for status in LetterStatus:
        count = summary.count(status)
        if not count:
            continue
        whys = sorted(
            {result.why for result in summary.results if result.status is status and result.why}
        )
        why = f" ({'; '.join(whys[:3])})" if whys and status is not LetterStatus.SENT else ""
        parts.append(f"{count} {_WORDS[status]}{why}")
    if summary.hidden:
        parts.append(f"{summary.hidden} held by another run")
    text = ", ".join(parts) or "No dead letter waits"
    return f"{text}." if summary.halted is None else f"{text}. {summary.halted}"
