"""What a check finds: the states of keys, and what became of those that were wrong."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from live.errors import LiveError
from ops.verify.former_entries import Entry
from live.items import Item

IN_SYNC, STALE, MISSING, LEFT_OVER = "in sync", "stale", "missing", "left over"
LEFT_OUT, CHANGING, UNKNOWN = "left out", "changing", "unknown"
STATES = (IN_SYNC, STALE, MISSING, LEFT_OVER, LEFT_OUT, CHANGING, UNKNOWN)
WRONG = (STALE, MISSING, LEFT_OVER)


@dataclass(frozen=True)
class Look:
    """An item's key, or that of an entry that may be left over, its item at the time, its state.

    There is no state if the run was over by then. `why` tells what made it unknown.
    """

    entry: Entry
    item: Item | None
    state: str
    why: str = ""


@dataclass
class WrongKey:
    """A key that is not in sync, what became of its repair, and why, if it failed.

    It is not `final` if a pipe may still deliver a record of its item.
    """

    state: str
    key: str
    repaired: bool = False
    why: str = ""
    final: bool = True
    retry: bool = False
    """Whether the repair may succeed if it is tried again."""


@dataclass
class VerifySummary:
    """How many keys are in which state; `wrong` are those that are wrong or unknown."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[WrongKey] = field(default_factory=list)
    removed_keys: int = 0
    unseen: str = ""
    """Why nothing that is left over was looked for, if so."""
    finished: bool = False
    halted: LiveError | None = None

    @property
    def not_final(self) -> int:
        """How many repaired keys a pipe may still deliver a record of."""
        return sum(one.repaired and not one.final for one in self.wrong)

    @property
    def complete(self) -> bool:
        """Whether all was looked at, and nothing is wrong any more."""
        return self.finished and all(one.repaired for one in self.wrong)

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "complete": self.complete,
            "finished": self.finished,
            "error": None if self.halted is None else str(self.halted),
            **{state.replace(" ", "_"): self.counts[state] for state in STATES},
            "repaired": sum(one.repaired for one in self.wrong),
            "may_not_be_final": self.not_final,
            "removed_keys_in_the_stream": self.removed_keys,
            "left_over_not_looked_for": self.unseen or None,
            "findings": [
                {
                    "state": one.state,
                    "key": one.key,
                    "repaired": one.repaired,
                    "why": one.why,
                    "final": one.final,
                }
                for one in self.wrong
            ],
        }
