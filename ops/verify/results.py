"""What a comparison results in: the state of each key, and what became of wrong keys."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from live.entry_state import CHANGING, IN_SYNC, LEFT_OUT, LEFT_OVER, MISSING, STALE, UNKNOWN
from live.errors import LiveError
from live.items import Item
from ops.shared.repair.report import MOST_DESCRIBED, WrongKey
from ops.verify.former_entries import Entry

REPAIRED, NOT_REPAIRED = "repaired", "not repaired"
STATES = (IN_SYNC, STALE, MISSING, LEFT_OVER, LEFT_OUT, CHANGING, UNKNOWN)


@dataclass(frozen=True)
class EntryLook:
    """One look at a key: the item in the table at that time, and the state of its entry.

    The state is empty if the run ended before. `why` is the reason of an unknown state.
    """

    entry: Entry
    item: Item | None
    state: str
    why: str = ""


@dataclass
class VerifySummary:
    """How many keys are in each state, and which keys are wrong or unknown.

    The counts include those of the runs that this one resumes. `wrong` holds `MOST_DESCRIBED` keys
    at most; after the run they are in the order of `STATES`, then of their keys.
    """

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[WrongKey] = field(default_factory=list)
    repaired: int = 0
    not_repaired: int = 0
    not_final: int = 0
    """How many repaired keys have a record that a pipe may still deliver."""
    removed_keys: int = 0
    unseen: str = ""
    """Why former entries were not looked for; empty if they were."""
    finished: bool = False
    halted: LiveError | None = None

    def add(self, wrong_key: WrongKey) -> None:
        """Take a key whose state and repair are known."""
        self.repaired += wrong_key.repaired
        self.not_repaired += not wrong_key.repaired
        self.not_final += wrong_key.repaired and not wrong_key.final
        if len(self.wrong) < MOST_DESCRIBED:
            self.wrong.append(wrong_key)

    @property
    def complete(self) -> bool:
        """Whether every key was compared, and nothing is wrong any more."""
        return self.finished and not self.not_repaired

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "complete": self.complete,
            "finished": self.finished,
            "error": None if self.halted is None else str(self.halted),
            **{state.replace(" ", "_"): self.counts[state] for state in STATES},
            "repaired": self.repaired,
            "may_not_be_final": self.not_final,
            "removed_keys_in_the_stream": self.removed_keys,
            "left_over_not_looked_for": self.unseen or None,
            "findings_left_out": self.repaired + self.not_repaired - len(self.wrong),
            "findings": [wrong_key.as_json() for wrong_key in self.wrong],
        }
