"""How complex a pattern's wildcards are, as the reference measures it.

Compared with GenericMachine.addStep, NameState, ByteMachine and MachineComplexityEvaluator of
aws/event-ruler 1.9.0. EventBridge's limit is not published: the user guide shows one pattern
that is refused, and which patterns are allowed; `LIMIT` fits both.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

LIMIT = 10
"""How many wildcard prefixes an input may satisfy at once; EventBridge rejects more."""

Tokens = Sequence[str | None]
Wildcards = tuple[tuple[str | None, ...], ...]


@dataclass(frozen=True)
class Part:
    """One of a field's values: what it is, and its wildcards (of one `anything-but`, several)."""

    identity: str
    absent: bool = False
    wildcards: Wildcards = ()


@dataclass(eq=False)
class _State:
    """Where a value, or the absence of a field, leads: the fields that are judged next."""

    values: dict[str, dict[Part, "_State"]] = field(default_factory=dict)
    absences: dict[str, "_State"] = field(default_factory=dict)


def too_complex(branches: Iterable[Mapping[str, Sequence[Part]]]) -> str | None:
    """Return the name of a field whose wildcards are more complex than the limit, or nothing.

    The wildcards of one field count together, those of other branches of an `$or` too if the
    fields before it are the same. Fields after one that must be absent, in the order of
    their names, are not counted.
    """
    start = _State()
    for branch in branches:
        _add(start, sorted(branch.items(), key=lambda item: java_order(item[0])), 0)
    for name, parts in _machines(start):
        if complexity([part.wildcards for part in parts if part.wildcards]) > LIMIT:
            return name
    return None


def java_order(name: str) -> bytes:
    """Return by what Java sorts a string: its UTF-16 units."""
    return name.encode("utf-16-be", "surrogatepass")


def _add(state: _State, fields: Sequence[tuple[str, Sequence[Part]]], index: int) -> None:
    """Add a branch's fields: a value known already leads where it led, a new one to the last."""
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
    for one in following.values():
        _add(one, fields, index + 1)


def _machines(start: _State) -> Iterator[tuple[str, Iterable[Part]]]:
    """Yield the values of each field that is reached by values only."""
    pending, seen = [start], {id(start)}
    while pending:
        for name, machine in pending.pop().values.items():
            yield name, machine
            for state in machine.values():
                if id(state) not in seen:
                    seen.add(id(state))
                    pending.append(state)


def complexity(patterns: Iterable[Sequence[Tokens]]) -> int:
    """Return how many wildcard prefixes of one field a worst-case value satisfies at once.

    Each pattern is one wildcard, or the several of one `anything-but`. What is counted: the
    states in which a traversal of the value can
    be at the same time, each counted once for every pattern that it can still lead to. The
    count stops soon after the limit.
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
    """The states of several wildcards: a wildcard's number, and how far it has come.

    They are states of bytes in UTF-8, and the enclosing quotes are part of a value.
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
        """Return the states after one more byte; (row, n) has passed n tokens."""
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


def _bytes(tokens: Tokens) -> Iterator[int | None]:
    for token in tokens:
        if token is None:
            yield None
        else:
            yield from token.encode("utf-8", "replace")
