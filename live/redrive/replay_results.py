"""The results of a replay: of each dead letter, and of the whole run."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from live.errors import LiveError


class LetterStatus(StrEnum):
    """What a replay did about a letter; after those in DONE, the letter is deleted."""

    SENT = "sent"
    CONVERGED = "converged"
    SUPERSEDED = "superseded"
    REFUSED = "refused"
    UNRECOVERABLE = "unrecoverable"
    LEFT = "left"
    FOREIGN = "foreign"
    NO_RECORD = "no-record"
    DISCARDED = "discarded"


DONE = (
    *(LetterStatus.SENT, LetterStatus.CONVERGED, LetterStatus.SUPERSEDED),
    LetterStatus.DISCARDED,
)
WORST_FIRST = (
    *(LetterStatus.LEFT, LetterStatus.REFUSED, LetterStatus.UNRECOVERABLE),
    *(LetterStatus.SUPERSEDED, LetterStatus.CONVERGED, LetterStatus.SENT),
)


@dataclass(frozen=True, kw_only=True)
class LetterResult:
    """What a replay did about one letter, and why."""

    status: LetterStatus
    message_id: str
    pipe: str = ""
    sequence_number: str = ""
    key: str = ""
    why: str = ""


@dataclass
class RedriveSummary:
    """What a run did; `halted` is the error that ended it early, if there was one."""

    dry_run: bool
    results: list[LetterResult] = field(default_factory=list)
    waiting: int = 0
    hidden: int = 0
    halted: LiveError | None = None
    interrupted: bool = False
    not_final: int = 0
    """How many keys got the table's state while a pipe may still deliver their records."""

    def count(self, status: LetterStatus, pipe: str | None = None) -> int:
        """Return how many letters have a status, of one pipe or of all."""
        return sum(
            1
            for result in self.results
            if result.status is status and (pipe is None or result.pipe == pipe)
        )

    @property
    def complete(self) -> bool:
        """Whether every letter is done, and no other run works on one.

        A message without a record is not a letter.
        """
        letters = [result for result in self.results if result.status is not LetterStatus.NO_RECORD]
        left = not self.dry_run and all(result.status in DONE for result in letters)
        over = self.halted is not None or self.interrupted or self.hidden > 0
        return not over and (left or not letters)

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts; letters that were simply sent are only counted."""
        pipes = sorted({result.pipe for result in self.results if result.pipe})
        return {
            "dry_run": self.dry_run,
            "complete": self.complete,
            "interrupted": self.interrupted,
            "error": None if self.halted is None else str(self.halted),
            **{str(status): self.count(status) for status in LetterStatus},
            "pipes": {
                pipe: {str(status): self.count(status, pipe) for status in WORST_FIRST[::-1]}
                for pipe in pipes
            },
            "may_not_be_final": self.not_final,
            "waiting": self.waiting,
            "hidden": self.hidden,
            "letters": [
                {"outcome": values.pop("status"), **values}
                for values in map(asdict, self.results)
                if values["status"] is not LetterStatus.SENT
            ],
        }
