r"""Wildcards: `*` stands for any characters, `\*` and `\\` for themselves."""

import re
from collections.abc import Iterable, Sequence

ANY = "*"
COMPLEXITY_LIMIT = 10
"""How many wildcard prefixes an input may satisfy at once; EventBridge rejects more."""


def tokens(wildcard: str) -> list[str | None]:
    """Return the characters of a wildcard; None stands for `*`.

    Raises:
        ValueError: two wildcard characters in a row, or an escape of something else.

    """
    found: list[str | None] = []
    position = 0
    while position < len(wildcard):
        character = wildcard[position]
        if character == ANY:
            if wildcard[position + 1 : position + 2] == ANY:
                raise ValueError(f"consecutive wildcard characters at position {position + 1}")
            found.append(None)
        elif character == "\\":
            position += 1
            escaped = wildcard[position : position + 1]
            if escaped not in (ANY, "\\") or not escaped:
                raise ValueError(
                    f"invalid escape at position {position}; only \\* and \\\\ are allowed"
                )
            found.append(escaped)
        else:
            found.append(character)
        position += 1
    return found


def expression(wildcard: Sequence[str | None]) -> re.Pattern[str]:
    """Return the wildcard as a regular expression for the whole value."""
    return re.compile(
        "".join(".*" if token is None else re.escape(token) for token in wildcard), re.DOTALL
    )


def complexity(patterns: Iterable[Sequence[Sequence[str | None]]]) -> int:
    """Return how many wildcard prefixes of one field a worst-case value satisfies at once.

    Each pattern is one wildcard, or the several of one `anything-but`. It is the measure of
    the reference's MachineComplexityEvaluator: the states in which a traversal of the value can
    be at the same time, each counted once for every pattern that it can still lead to. The
    count stops soon after the limit.
    """
    machine = _Machine(patterns)
    pending = [machine.start]
    seen = {machine.start}
    worst = 0
    while pending and worst <= COMPLEXITY_LIMIT:
        active = pending.pop()
        for character in machine.alphabet:
            following = machine.step(active, character)
            worst = max(worst, machine.weight(following))
            if following and following not in seen:
                seen.add(following)
                pending.append(following)
    return worst


class _Machine:
    """The states of several wildcards: a wildcard's number, and how far it has come.

    The enclosing quotes are part of a value, as in the reference.
    """

    def __init__(self, patterns: Iterable[Sequence[Sequence[str | None]]]) -> None:
        self._rows: list[tuple[str | None, ...]] = []
        self._owner: list[int] = []
        for owner, wildcards in enumerate(patterns):
            for wildcard in wildcards:
                self._rows.append(('"', *wildcard, '"'))
                self._owner.append(owner)
        literals = {token for row in self._rows for token in row if token is not None}
        self.alphabet: list[str] = [*sorted(literals), ""]  # "" stands for any other character
        self.start = frozenset((row, 0) for row in range(len(self._rows)))

    def step(
        self, active: frozenset[tuple[int, int]], character: str
    ) -> frozenset[tuple[int, int]]:
        """Return the states after one more character; (row, n) has passed n tokens."""
        following = set()
        for row, passed in active:
            tokens = self._rows[row]
            if passed and tokens[passed - 1] is None:
                following.add((row, passed))
            if passed == len(tokens):
                continue
            token = tokens[passed]
            if token is None:
                following.add((row, passed + 1))
                if tokens[passed + 1] == character:
                    following.add((row, passed + 2))
            elif token == character:
                following.add((row, passed + 1))
        return frozenset(following)

    def weight(self, active: frozenset[tuple[int, int]]) -> int:
        """Count the states, with those reached by an empty wildcard; shared prefixes once."""
        counted = set()
        for row, passed in active:
            tokens = self._rows[row]
            counted.add(self._identity(row, passed))
            if passed < len(tokens) and tokens[passed] is None:
                counted.add(self._identity(row, passed + 1))
        return len(counted)

    def _identity(self, row: int, passed: int) -> tuple[object, ...]:
        tokens = self._rows[row]
        if passed == len(tokens):
            return (self._owner[row], "end")
        if None not in tokens[: passed - 1]:  # up to its first wildcard, a prefix is shared
            return (self._owner[row], tokens[:passed])
        return (self._owner[row], row, passed)
