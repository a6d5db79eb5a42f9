"""The complexity of a pattern's wildcards, as the reference implementation measures it.

Compared with GenericMachine.addStep, NameState, ByteMachine and MachineComplexityEvaluator of
aws/event-ruler 1.9.0. EventBridge does not publish its limit. `LIMIT` agrees with the patterns
that the user guide shows as allowed or refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

LIMIT = 10
"""How many wildcard prefixes a value may match at once; EventBridge rejects more."""

Tokens = Sequence[str | None]
Wildcards = tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True)
class PatternValue:
    """A value of a field in a pattern, and its wildcards (an `anything-but` may have several)."""

    identity: str
    absent: bool = False
    wildcards: Wildcards = ()


@dataclass(eq=False)
class _State:
    """The fields that are tested after a value, or after the absence of a field."""

    values: dict[str, dict[PatternValue, "_State"]] = field(default_factory=dict)
    absences: dict[str, "_State"] = field(default_factory=dict)


def too_complex(branches: Iterable[Mapping[str, Sequence[PatternValue]]]) -> str | None:
    """Return the name of a field whose wildcards exceed the limit, or None.

    The wildcards of one field are counted together, also over the branches of an `$or` that have
    the same fields before it. Fields are sorted by name. Those after a field that must be absent
    are not counted.
    """
    start = _State()
    for branch in branches:
        _add(start, sorted(branch.items(), key=lambda item: java_order(item[0])), 0)
    for name, parts in _machines(start):
        if complexity([part.wildcards for part in parts if part.wildcards]) > LIMIT:
            return name
    return None


def java_order(name: str) -> bytes:
    """Return the sort key of a string in Java: its UTF-16 units."""
    return name.encode("utf-16-be", "surrogatepass")


def _add(state: _State, fields: Sequence[tuple[str, Sequence[PatternValue]]], index: int) -> None:
    """Add a branch's fields. A known value keeps its next state; a new value gets the last."""
    if index == len(fields):
        return
    name, parts = fields[index]
    last: _State | None = None
    following: dict[int, _State] = {}
    for part in parts:
        if part.absent:
            last = state.absences.setdefault(name, last or _State())
        else:
            last = state.values.setdefault(name, {}).setdefault(part, last or _State())
        following[id(last)] = last
    for next_state in following.values():
        _add(next_state, fields, index + 1)


def _machines(start: _State) -> Iterator[tuple[str, Iterable[PatternValue]]]:
    """Yield the values of each field that can be reached without an absence."""
    pending, seen = [start], {id(start)}
    while pending:
        for name, machine in pending.pop().values.items():
            yield name, machine
            for state in machine.values():
                if id(state) not in seen:
                    seen.add(id(state))
                    pending.append(state)


def complexity(patterns: Iterable[Sequence[Tokens]]) -> int:
    """Return the largest number of wildcard prefixes that a value of one field can match at once.

    Each pattern is one wildcard, or all wildcards of one `anything-but`. The result is the number
    of states that the matching of a value can have at the same time. A state is counted once for
    each pattern that it can still match. The count stops soon after the limit.
    """
    machine = _Machine(patterns)
    pending = [machine.start]
    seen = {machine.start}
    worst = 0
    while pending and worst <= LIMIT:
        active = pending.pop()
        for character in machine.alphabet:
            following = machine.step(active, character)
            worst = max(worst, machine.weight(following))
            if following and following not in seen:
                seen.add(following)
                pending.append(following)
    return worst


class _Machine:
    """The states of several wildcards. A state is the wildcard's number and its matched tokens.

    The tokens are bytes in UTF-8, including the quotes around a value.
    """

    def __init__(self, patterns: Iterable[Sequence[Tokens]]) -> None:
        self._rows: list[tuple[int | None, ...]] = []
        self._owner: list[int] = []
        for owner, wildcards in enumerate(patterns):
            for wildcard in wildcards:
                self._rows.append(tuple(_bytes(('"', *wildcard, '"'))))
                self._owner.append(owner)
        literals = {token for row in self._rows for token in row if token is not None}
        self.alphabet = [*sorted(literals), -1]  # -1 stands for any other byte
        self.start = frozenset((row, 0) for row in range(len(self._rows)))

    def step(
        self, active: frozenset[tuple[int, int]], character: int
    ) -> frozenset[tuple[int, int]]:
        """Return the states after one more byte; in the state (row, n), n tokens matched."""
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
        """Count the states, including those after an empty wildcard; shared prefixes count once."""
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


def _bytes(tokens: Tokens) -> Iterator[int | None]:
    for token in tokens:
        if token is None:
            yield None
        else:
            yield from token.encode("utf-8", "replace")
