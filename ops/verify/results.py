"""What a comparison results in: the state of each key, and what became of wrong keys."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from live.entry_state import IN_SYNC, LEFT_OVER, MISSING, STALE
from live.errors import LiveError
from ops.verify.former_entries import Entry
from live.items import Item

LEFT_OUT, CHANGING, UNKNOWN = "left out", "changing", "unknown"
STATES = (IN_SYNC, STALE, MISSING, LEFT_OVER, LEFT_OUT, CHANGING, UNKNOWN)
WRONG = (STALE, MISSING, LEFT_OVER)


@dataclass(frozen=True)
class Look:
    """One look at a key: the item in the table at that time, and the state of its entry.

    The state is empty if the run ended before. `why` is the reason of an unknown state.
    """

    entry: Entry
    item: Item | None
    state: str
    why: str = ""


@dataclass
class WrongKey:
    """A key that is not in sync; whether it was repaired, and if not, why.

    It is not `final` while a pipe may still deliver a record of its item.
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
    """How many keys are in each state; `wrong` holds the keys that are wrong or unknown."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[WrongKey] = field(default_factory=list)
    removed_keys: int = 0
    unseen: str = ""
    """Why former entries were not looked for; empty if they were."""
    finished: bool = False
    halted: LiveError | None = None

    @property
    def not_final(self) -> int:
        """How many repaired keys have a record that a pipe may still deliver."""
        return sum(one.repaired and not one.final for one in self.wrong)

    @property
    def complete(self) -> bool:
        """Whether every key was compared, and nothing is wrong any more."""
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
