"""What redrive, warm and verify print: a progress bar, a table of counts, and problems."""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from rich.markup import escape
from rich.table import Table

from live.output import console
from live.terminal import short
from ops.shared.progress_bar import progress_bar

MOST_DESCRIBED = 10_000
"""Wrong keys or problems that a summary describes; the counts have all of them."""
SHOWN = 20
"""Lines of each kind; --json has all of them."""


class Advance(Protocol):
    """Moves a progress bar on by one; `total` is how many there are, if that is known."""

    def __call__(self, total: int | None = None) -> None:
        """Count one more."""


@contextmanager
def progress(what: str) -> Iterator[Advance]:
    """Show a bar, on a terminal only; any thread may advance it."""
    done = 0
    lock = threading.Lock()
    with progress_bar() as bar:
        task = bar.add_task(what, total=None)

        def advance(total: int | None = None) -> None:
            nonlocal done
            with lock:
                done += 1
                known = bar.tasks[0].total if total is None else total
                bar.update(task, completed=done, total=None if not known else max(known, done))

        yield advance


def counts(rows: Mapping[str, Mapping[str, int]], columns: Sequence[str]) -> None:
    """Print a table of counts, a row for each name."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("", overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    for name, row in rows.items():
        table.add_row(escape(name), *(str(row[column]) for column in columns))
    console.print(table)


def lines(entries: Sequence[tuple[str, str]]) -> None:
    """Print lines with their kinds, up to 20 of each."""
    seen: Counter[str] = Counter()
    for kind, text in entries:
        seen[kind] += 1
        if seen[kind] <= SHOWN:
            console.print(short(f"{kind}: {text}"), markup=False, soft_wrap=True)
    for kind, count in seen.items():
        if count > SHOWN:
            console.print(f"{kind}: {count - SHOWN} more; --json shows all")


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

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {name: value for name, value in vars(self).items() if name != "retry"}

    def __str__(self) -> str:
        """Return it in a line, for people.

        >>> str(WrongKey("stale", "Oslo", repaired=True, final=False))
        'Oslo - repaired, may not be final'
        """
        became = ""
        if self.repaired:
            became = " - repaired" if self.final else " - repaired, may not be final"
        return f"{self.key}{became} {self.why}".rstrip()


def say_not_final(keys: int, command: str = "verify") -> None:
    """Print for how many keys a pipe may still deliver an older record; print nothing for 0."""
    if keys:
        console.print(
            f"May not be final for {keys} key{'s'[: keys > 1]}: a pipe that is behind can still"
            f" deliver an older record. Once the pipes have caught up, ./help.sh {command} --repair"
            " looks again.",
            soft_wrap=True,
        )
