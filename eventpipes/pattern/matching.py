"""Matching events against parsed patterns, with array consistency.

Without arrays, a field takes one lookup and one test. If the event has an array, all leaves are
collected with their places in arrays. The branch's fields, in the order of their names, must then
match leaves in the same elements of the same arrays. Compared with Event, ACFinder and
StructuredFinder of aws/event-ruler 1.9.0.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from eventpipes.pattern.complexity import java_order
from eventpipes.pattern.operators import Test, Values
from eventpipes.pattern.parser import Branch
from eventpipes.pattern.text import Reader

Place = Mapping[int, int]
"""The place of a leaf: the number of each array around it, and the index of the element."""

_MISSING = object()


class Pattern:
    """A compiled event pattern."""

    __slots__ = ("_branches", "_checks", "_reader", "_searched", "matches")

    matches: Callable[[Mapping[str, object]], bool]
    """Return whether an event, a parsed JSON object, matches. Never raises.

    A float has lost its text, so its shortest text is used. To match exactly what was written,
    parse with `parse_float=decimal.Decimal`, or use `matches_text`.
    """

    def __init__(self, branches: Sequence[Branch]) -> None:
        self._branches = [
            sorted(branch.items(), key=lambda field: java_order(field[0])) for branch in branches
        ]
        self._searched = _Searched(name for branch in branches for name in branch)
        self._checks = [
            [_check(name.split("."), values) for name, values in branch]
            for branch in self._branches
        ]
        single = self._checks[0][0] if [len(branch) for branch in self._checks] == [1] else None
        self.matches = self._matches if single is None else self._single(single)
        if self._searched.skips_names:
            self.matches = self._matches_consistently
        self._reader: Reader | None = None

    def matches_text(self, text: str | bytes) -> bool:
        """Return whether an event, as JSON text (bytes are UTF-8), matches.

        It is quicker than parsing and `matches`, because it reads only what the pattern uses. Each
        number counts as it is written, and each value of a repeated name counts.

        Raises:
            InvalidEvent: the text is no JSON object.

        """
        if self._reader is None:  # made on first use: it takes longer than compiling
            self._reader = Reader(name for branch in self._branches for name, _ in branch)
        event, repeated = self._reader.read(text)
        return self._matches_consistently(event) if repeated else self.matches(event)

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
        for name, value, place in _Leaves(self._searched).of(event):
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
    """Return both places together, or None if they are in different elements of an array."""
    for array, element in place.items():
        if so_far.get(array, element) != element:
            return None
    return {**so_far, **place} if place else so_far


class _Searched:
    """The parts of an event that are searched: the paths that a pattern uses.

    event-ruler 1.9.0 also skips a name that is no step of any path (recordFieldStep and
    isFieldStepUsed of GenericMachine). It splits a path with Java's String.split, which drops empty
    parts at the end. So a pattern with an empty name at the end of a path, `{"a": {"": [1]}}`,
    matches `{"a.": 1}` and not `{"a": {"": 1}}`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        every = list(names)
        self.paths = {prefix for name in every for prefix in _prefixes(name.split("."))}
        self._steps = {step for name in every for step in _java_split(name)}
        ending_empty = any(name.endswith(".") for name in every)
        self.skips_names = ending_empty and "" not in self._steps

    def uses(self, name: str, path: str) -> bool:
        """Return whether the value of a name with this path is searched."""
        if path not in self.paths:
            return False
        if not self.skips_names or name in self._steps:
            return True
        return "." in name and all(step in self._steps for step in _java_split(name))


def _java_split(name: str) -> list[str]:
    """Return a dotted name's steps without empty steps at the end; an empty name has one step."""
    steps = name.split(".")
    while len(steps) > 1 and not steps[-1]:
        steps.pop()
    return steps if name == "" or steps != [""] else []


class _Leaves:
    """Walks through an event and numbers its arrays; skips what the pattern does not use."""

    def __init__(self, searched: _Searched) -> None:
        self._searched = searched
        self._arrays = 0

    def of(self, event: Mapping[str, object]) -> Iterator[tuple[str, object, Place]]:
        yield from self._object(event, None, {})

    def _object(
        self, members: Mapping[str, object], path: str | None, place: Place
    ) -> Iterator[tuple[str, object, Place]]:
        for name, value in members.items():
            inner = name if path is None else f"{path}.{name}"
            if self._searched.uses(name, inner):
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
"""Whether a field matches; None if the event has an array there."""


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
        leaves = list(_dotted_leaves(event, steps))
        if any(type(leaf) is list for leaf in leaves):
            return None
        return any(map(accept, leaves)) or (absent and not leaves)

    return check


def _dotted_leaves(node: object, steps: tuple[str, ...]) -> Iterator[object]:
    """Yield the leaves of all ways to read the steps, including keys with dots."""
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
