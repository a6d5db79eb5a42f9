"""Matching events against parsed patterns, with array consistency.

Without arrays, a field is one lookup and one test. When an array is met, all leaves are
collected with their places in arrays, and the branch's fields, in the order of their names,
must be satisfied by leaves that lie in the same elements of the same arrays (the reference's
ACFinder).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from eventpipes.pattern.operators import Test, Values
from eventpipes.pattern.parser import Branch

Place = Mapping[int, int]
"""Where a leaf lies: the number of each array around it, and its element there."""

_MISSING = object()


class Pattern:
    """A compiled event pattern."""

    __slots__ = ("_branches", "_checks", "_paths", "matches")

    matches: Callable[[Mapping[str, object]], bool]
    """Return whether an event, a parsed JSON object, matches. Never raises."""

    def __init__(self, branches: Sequence[Branch]) -> None:
        self._branches = [sorted(branch.items()) for branch in branches]
        names = {name for branch in branches for name in branch}
        self._paths = {prefix for name in names for prefix in _prefixes(name.split("."))}
        self._checks = [
            [_check(name.split("."), values) for name, values in branch]
            for branch in self._branches
        ]
        single = self._checks[0][0] if [len(branch) for branch in self._checks] == [1] else None
        self.matches = self._matches if single is None else self._single(single)

    def _single(self, check: "_Check") -> Callable[[Mapping[str, object]], bool]:
        consistently = self._matches_consistently

        def matches(event: Mapping[str, object]) -> bool:
            verdict = check(event)
            return consistently(event) if verdict is None else verdict

        return matches

    def _matches(self, event: Mapping[str, object]) -> bool:
        for branch in self._checks:
            for check in branch:
                verdict = check(event)
                if verdict is None:
                    return self._matches_consistently(event)
                if not verdict:
                    break
            else:
                return True
        return False

    def _matches_consistently(self, event: Mapping[str, object]) -> bool:
        leaves: dict[str, list[tuple[object, Place]]] = {}
        for name, value, place in _Leaves(self._paths).of(event):
            leaves.setdefault(name, []).append((value, place))
        return any(_search(branch, 0, leaves, {}) for branch in self._branches)


def _search(
    fields: Sequence[tuple[str, Values]],
    index: int,
    leaves: Mapping[str, Sequence[tuple[object, Place]]],
    so_far: Place,
) -> bool:
    if index == len(fields):
        return True
    name, values = fields[index]
    absent = values.absent
    for value, place in leaves.get(name, ()):
        joined = _join(so_far, place)
        if joined is None:
            continue
        absent = False
        if values.accept and values.accept(value) and _search(fields, index + 1, leaves, joined):
            return True
    return absent and _search(fields, index + 1, leaves, so_far)


def _join(so_far: Place, place: Place) -> Place | None:
    """Return both places together, or nothing if they lie in different elements of an array."""
    for array, element in place.items():
        if so_far.get(array, element) != element:
            return None
    return {**so_far, **place} if place else so_far


class _Leaves:
    """Walks an event and numbers its arrays; only paths that the pattern uses are entered."""

    def __init__(self, paths: set[str]) -> None:
        self._paths = paths
        self._arrays = 0

    def of(self, event: Mapping[str, object]) -> Iterator[tuple[str, object, Place]]:
        yield from self._object(event, "", {})

    def _object(
        self, members: Mapping[str, object], path: str, place: Place
    ) -> Iterator[tuple[str, object, Place]]:
        for name, value in members.items():
            inner = f"{path}.{name}" if path else name
            if inner in self._paths:
                yield from self._value(value, inner, place)

    def _value(self, value: object, path: str, place: Place) -> Iterator[tuple[str, object, Place]]:
        if isinstance(value, dict):
            yield from self._object(value, path, place)
        elif isinstance(value, list):
            array = self._arrays
            self._arrays += 1
            for element, item in enumerate(value):
                inside = {**place, array: element} if isinstance(item, dict | list) else place
                yield from self._value(item, path, inside)
        else:
            yield path, value, place


_Check = Callable[[Mapping[str, object]], bool | None]
"""Whether a field is satisfied; None if an array was met."""


def _check(steps: Sequence[str], values: Values) -> _Check:
    accept: Test = values.accept or (lambda _: False)
    absent = values.absent
    if len(steps) == 1:
        return _check_top(steps[0], accept, absent=absent)
    return _check_nested(tuple(steps), accept, absent=absent)


def _check_top(name: str, accept: Test, *, absent: bool) -> _Check:
    def check(event: Mapping[str, object]) -> bool | None:
        value = event.get(name, _MISSING)
        kind = type(value)
        if kind is list:
            return None
        if value is _MISSING or kind is dict:
            return absent
        return accept(value)

    return check


def _check_nested(steps: tuple[str, ...], accept: Test, *, absent: bool) -> _Check:
    def check(event: Mapping[str, object]) -> bool | None:
        node: object = event
        for step in steps:
            if type(node) is not dict:
                if type(node) is list:
                    return None
                break
            node = node.get(step, _MISSING)
        else:
            kind = type(node)
            if kind is list:
                return None
            if kind is not dict and node is not _MISSING and accept(node):
                return True
        found = list(_dotted_leaves(event, steps))
        if any(type(leaf) is list for leaf in found):
            return None
        return any(map(accept, found)) or (absent and not found)

    return check


def _dotted_leaves(node: object, steps: tuple[str, ...]) -> Iterator[object]:
    """Yield the leaves of all ways to read the steps, keys with dots in them included."""
    if type(node) is list or not steps:
        if type(node) is not dict:
            yield node
    elif type(node) is dict:
        for end in range(1, len(steps) + 1):
            value = node.get(".".join(steps[:end]), _MISSING)
            if value is not _MISSING:
                yield from _dotted_leaves(value, steps[end:])


def _prefixes(steps: Sequence[str]) -> Iterator[str]:
    for end in range(1, len(steps) + 1):
        yield ".".join(steps[:end])
