"""Matching events against parsed patterns, with array consistency.

Without arrays, a field takes one lookup and one test. If the event has an array, all leaves are
collected with their places in arrays. The branch's fields, in the order of their names, must then
match leaves in the same elements of the same arrays. An explanation always takes this slower way.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from eventpipes.pattern.complexity import java_order
from eventpipes.pattern.explaining import explain
from eventpipes.pattern.explanation import Explanation
from eventpipes.pattern.leaves import Leaves, Searched, search
from eventpipes.pattern.operators import Test, Values
from eventpipes.pattern.parser import Branch
from eventpipes.pattern.text import EventTextReader

_MISSING = object()


class Pattern:
    """A compiled event pattern."""

    __slots__ = ("_branches", "_checks", "_parsed", "_reader", "_searched", "matches")

    matches: Callable[[Mapping[str, object]], bool]
    """Return whether an event, a parsed JSON object, matches; else raise InvalidEvent.

    A float does not have its original text, so its shortest text is used. To match the original
    text, parse with `parse_float=decimal.Decimal`, or use `matches_text`.
    """

    def __init__(self, branches: Sequence[Branch]) -> None:
        self._parsed = branches
        self._branches = [
            sorted(branch.items(), key=lambda field: java_order(field[0])) for branch in branches
        ]
        self._searched = Searched(name for branch in branches for name in branch)
        self._checks = [
            [_check(name.split("."), values) for name, values in branch]
            for branch in self._branches
        ]
        single = self._checks[0][0] if [len(branch) for branch in self._checks] == [1] else None
        self.matches = self._matches if single is None else self._single(single)
        if self._searched.skips_names:
            self.matches = self._matches_consistently
        self._reader: EventTextReader | None = None

    def matches_text(self, text: str | bytes) -> bool:
        """Return whether an event, as JSON text (bytes are UTF-8), matches.

        This is quicker than `matches` on a parsed event, because it reads only the members that the
        pattern uses. Numbers keep their text, and each value of a repeated name is compared.

        Raises:
            InvalidEvent: the text is not a JSON object.

        """
        if self._reader is None:  # making a reader takes longer than compiling the pattern
            self._reader = EventTextReader(name for branch in self._branches for name, _ in branch)
        event, repeated = self._reader.read(text)
        return self._matches_consistently(event) if repeated else self.matches(event)

    def explain(self, event: Mapping[str, object]) -> Explanation:
        """Return why an event, a parsed JSON object, matches or does not match.

        `explanation.matched` is always what `matches` returns. It takes longer than `matches`.

        Raises:
            InvalidEvent: the event is not an object.

        """
        leaves = Leaves(event, self._searched)
        order = [list(branch) for branch in self._parsed]
        return explain(self._branches, order, leaves, event)

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
        leaves = Leaves(event, self._searched).by_path
        return any(search(branch, 0, leaves, {}) is not None for branch in self._branches)


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
        try:
            value = event.get(name, _MISSING)
        except AttributeError:  # it is not an object, which is said there
            return None
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
                if type(node) is list or node is event:
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
    """Yield the leaves at these steps. A key with dots is several steps."""
    if type(node) is list or not steps:
        if type(node) is not dict:
            yield node
    elif type(node) is dict:
        for end in range(1, len(steps) + 1):
            value = node.get(".".join(steps[:end]), _MISSING)
            if value is not _MISSING:
                yield from _dotted_leaves(value, steps[end:])
