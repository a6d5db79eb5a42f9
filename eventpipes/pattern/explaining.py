"""How a pattern explains its verdict: with the same search, the same branches, the same tests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from eventpipes.pattern import wording
from eventpipes.pattern.explanation import Alternative, Clause, Explanation, Found
from eventpipes.pattern.leaves import FieldValues, Leaf, Leaves, PathSteps, search
from eventpipes.pattern.operators import Values


def explain(
    branches: Sequence[FieldValues],
    order: Sequence[Sequence[str]],
    leaves: Leaves,
    event: Mapping[str, object],
) -> Explanation:
    """Return why an event with these leaves matches a branch, or no branch.

    `order` has the paths of each branch's fields as the pattern has them.
    """
    refusing = []
    for number, (fields, names) in enumerate(zip(branches, order, strict=True), 1):
        alternative = _Branch(fields, leaves, event).explained(names, number)
        if alternative.matched:
            return Explanation(matched=True, alternatives=(alternative,))
        refusing.append(alternative)
    return Explanation(matched=False, alternatives=tuple(refusing))


@dataclass(frozen=True)
class _Branch:
    fields: FieldValues
    leaves: Leaves
    event: Mapping[str, object]

    def explained(self, order: Sequence[str], number: int) -> Alternative:
        matching = search(self.fields, 0, self.leaves.by_path, {})
        if matching is not None:
            taken = dict(zip([name for name, _ in self.fields], matching, strict=True))
            refusing: FieldValues = ()
            apart: FieldValues = ()
        else:
            taken = {name: self._accepted(name, values) for name, values in self.fields}
            refusing, apart = self._refusal()
        refused = {name for name, _ in refusing}
        values = dict(self.fields)
        clauses = {}
        for name in order:
            leaf = taken[name]
            named = [*self._at(name)] if matching is None and leaf is None else [leaf]
            clauses[name] = self._clause(
                name, values[name], leaf, named, matched=name not in refused
            )
        separate = {name for name, _ in apart}
        return Alternative(
            clauses=tuple(clauses.values()),
            apart=tuple(clauses[name] for name in order if name in separate),
            arrays=tuple(self._arrays([taken[name] for name in order if name in separate])),
            number=number,
        )

    def _at(self, name: str) -> Sequence[Leaf]:
        return self.leaves.by_path.get(name, ())

    def _accepted(self, name: str, values: Values) -> Leaf | None:
        """Return the first leaf that a field accepts, wherever the others are."""
        accept = values.accept
        return None if accept is None else next((x for x in self._at(name) if accept(x[0])), None)

    def _refusal(self) -> tuple[FieldValues, FieldValues]:
        """Return the fields that refuse each by itself, or else those that refuse together."""
        alone = [(name, values) for name, values in self.fields if self._refuses(name, values)]
        if alone:
            return alone, ()
        together = list(self.fields)
        for field in self.fields:
            fewer = [member for member in together if member is not field]
            if search(fewer, 0, self.leaves.by_path, {}) is None:
                together = fewer
        return (together, ()) if len(together) == 1 else ((), together)

    def _refuses(self, name: str, values: Values) -> bool:
        """Say whether a field refuses the event, whatever the other fields accept.

        A field that may be absent can match beside a leaf in another element of an array.
        """
        if self._accepted(name, values) is not None:
            return False
        return not values.absent or any(not place for _, place, _ in self._at(name))

    def _arrays(self, leaves: Sequence[Leaf | None]) -> Iterator[tuple[str, ...]]:
        """Yield the paths of the arrays in which leaves are in different elements."""
        arrays: dict[tuple[str, ...], None] = {}
        for first, second in combinations([leaf for leaf in leaves if leaf is not None], 2):
            for array, element in first[1].items():
                if second[1].get(array, element) != element:
                    arrays[_names(self.leaves.arrays[array])] = None
        yield from arrays

    def _clause(
        self,
        name: str,
        values: Values,
        taken: Leaf | None,
        named: Sequence[Leaf | None],
        *,
        matched: bool,
    ) -> Clause:
        """Return a clause; `named` are the leaves that its words name."""
        path = values.steps
        given = [value for value, _, _ in values.given]
        named_values = [leaf[0] for leaf in named if leaf is not None]
        above = self._value(path[:-1])
        return Clause(
            path=path,
            values=tuple(map(wording.plain, given)),
            found=tuple(Found(value, steps) for value, _, steps in self._at(name)),
            accepted=None if taken is None else Found(taken[0], taken[2]),
            matched=matched,
            says=wording.has(path, named_values, self._value(path)),
            wants=wording.wanted(given),
            hint="" if matched else wording.hint(path, given, named_values, above),
        )

    def _value(self, path: Sequence[str]) -> object:
        """Return what the event has at a path, or None; for words only."""
        node: object = self.event
        for name in path:
            node = node.get(name) if isinstance(node, dict) else None
        return node


def _names(steps: PathSteps) -> tuple[str, ...]:
    return tuple(step for step in steps if isinstance(step, str))
