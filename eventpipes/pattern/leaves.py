"""The leaves of an event, and the search for those that match all fields of a branch.

Compared with Event, ACFinder and StructuredFinder of aws/event-ruler 1.9.0.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from eventpipes.errors import InvalidEvent
from eventpipes.pattern.operators import Values

Elements = Mapping[int, int]
"""The place of a leaf: the number of each array around it, and the index of the element."""
PathSteps = tuple[str | int, ...]
"""The names and indices that lead to a value of an event."""
Leaf = tuple[object, Elements, PathSteps]
"""A value that is neither an object nor an array, with its place and its steps."""
FieldValues = Sequence[tuple[str, Values]]
"""The fields of a branch: dotted paths and their tests, in the order of event-ruler."""


def search(
    fields: FieldValues, index: int, leaves: Mapping[str, Sequence[Leaf]], so_far: Elements
) -> tuple[Leaf | None, ...] | None:
    """Return the leaf that each field accepts, from `index` on, or None if there are no such.

    The leaves are in the same elements of the same arrays as `so_far`. A field that must be absent,
    and is, has None in place of a leaf.
    """
    if index == len(fields):
        return ()
    name, values = fields[index]
    absent = values.absent
    for leaf in leaves.get(name, ()):
        value, place, _ = leaf
        joined = _join(so_far, place)
        if joined is None:
            continue
        absent = False
        if values.accept and values.accept(value):
            rest = search(fields, index + 1, leaves, joined)
            if rest is not None:
                return (leaf, *rest)
    rest = search(fields, index + 1, leaves, so_far) if absent else None
    return None if rest is None else (None, *rest)


def _join(so_far: Elements, place: Elements) -> Elements | None:
    """Return both places together, or None if they are in different elements of an array."""
    for array, element in place.items():
        if so_far.get(array, element) != element:
            return None
    return {**so_far, **place} if place else so_far


class Searched:
    """The parts of an event that are searched: the paths that a pattern uses.

    event-ruler 1.9.0 also skips a name that is not a step of a path (recordFieldStep and
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


def _prefixes(steps: Sequence[str]) -> Iterator[str]:
    for end in range(1, len(steps) + 1):
        yield ".".join(steps[:end])


def _java_split(name: str) -> list[str]:
    """Return a dotted name's steps without empty steps at the end; an empty name has one step."""
    steps = name.split(".")
    while len(steps) > 1 and not steps[-1]:
        steps.pop()
    return steps if name == "" or steps != [""] else []


class Leaves:
    """The leaves of an event that the pattern uses, by their dotted paths.

    `arrays` has the steps that lead to each array; its number is its index there.
    """

    def __init__(self, event: Mapping[str, object], searched: Searched) -> None:
        if not isinstance(event, Mapping):
            raise InvalidEvent(
                f"it is a {type(event).__name__}; give a JSON object, as a dict", value=event
            )
        self.by_path: dict[str, list[Leaf]] = {}
        self.arrays: list[PathSteps] = []
        self._searched = searched
        self._members(event, None, {}, ())

    def _members(
        self, members: Mapping[str, object], path: str | None, place: Elements, steps: PathSteps
    ) -> None:
        for name, value in members.items():
            inner = name if path is None else f"{path}.{name}"
            if self._searched.uses(name, inner):
                self._add(value, inner, place, (*steps, name))

    def _add(self, value: object, path: str, place: Elements, steps: PathSteps) -> None:
        if isinstance(value, dict):
            self._members(value, path, place, steps)
        elif isinstance(value, list):
            array = len(self.arrays)
            self.arrays.append(steps)
            for element, item in enumerate(value):
                inside = {**place, array: element} if isinstance(item, dict | list) else place
                self._add(item, path, inside, (*steps, element))
        else:
            self.by_path.setdefault(path, []).append((value, place, steps))
