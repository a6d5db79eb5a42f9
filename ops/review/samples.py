"""Stream records to try pipes on: an item's life, and items that filters treat differently.

An item has what the pipes read: it is a weather record if that has everything, otherwise made up.
For each attribute that a filter names, before or after the change, there are items that match,
items that do not, and items without it.
"""

import copy
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, islice, product
from typing import Any, Final

from eventpipes import Definition, RuleDefinition
from live.made_record import made_record
from ops.review import reads
from ops.review.reads import ImagePath
from ops.review.values import MISSING, made_up, matching, near, values

_ITEM: Final = {
    "Location": {"S": "Oslo"},
    "MaxTemp": {"N": "21"},
    "MinTemp": {"N": "9"},
    "ChancesOfPrecipitation": {"N": "40"},
    "TTL": {"N": "600"},
}
_OLD: Final = _ITEM | {"MaxTemp": {"N": "18"}}
_BY_TTL: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
MOST: Final = 120
"""Items that are tried; each is written, changed, and deleted in two ways."""
BASES: Final = 60
"""Of these, how many match alternatives of the filters and are varied."""

Records = Mapping[str, Mapping[str, Any]]
"""Stream records by what happens in each."""
ChosenValue = tuple[str, Any] | object
"""An attribute's type and value, or MISSING."""
MadeItem = Mapping[ImagePath, ChosenValue]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A record and what happens in it; `is_whole` says that it has everything that is read.

    `plain` is the name of the record in which the same happens to the plainest item.
    """

    name: str
    record: Mapping[str, Any]
    is_whole: bool = True
    plain: str = ""


def life(
    item: Mapping[str, Any], old: Mapping[str, Any], keys: Mapping[str, Any], what: str = "an item"
) -> dict[str, dict[str, Any]]:
    """Return the records of an item that is written, changed, and deleted in two ways."""
    removed = made_record(old, None, keys)
    return {
        f"{what} is written": made_record(None, item, keys),
        f"{what} is changed": made_record(old, item, keys),
        f"{what} is deleted": removed,
        f"{what} is deleted by its time to live": removed | {"userIdentity": _BY_TTL},
    }


def given(records: Records) -> list[Sample]:
    """Return a user's own records as samples."""
    return [Sample(name=name, record=record) for name, record in records.items()]


def samples_for(
    definitions: Sequence[Definition | RuleDefinition], keys: Mapping[str, str] | None = None
) -> list[Sample]:
    """Return records that show differences between these pipes or rules, the plainest first.

    `keys` are the table's key attributes with their types, if they are known.
    """
    read = _Read(definitions, keys or {})
    bases = read.bases()
    samples: dict[str, Sample] = {}
    for item in islice(_unlike(_varied(bases, read, alone=len(definitions) == 1)), MOST):
        is_whole = not any(
            choice is MISSING and all(base[place] is not MISSING for base in bases)
            for place, choice in item.items()
        )
        what = _named(item, bases[0])
        for name, record in read.records(item, what).items():
            plain = name.replace(what, "an item")
            sample = Sample(name=name, record=record, is_whole=is_whole, plain=plain)
            samples.setdefault(name, sample)
    return list(samples.values())


def _varied(bases: Sequence[MadeItem], read: "_Read", *, alone: bool) -> Iterator[MadeItem]:
    """Yield the base items; then, to compare, items with another value of one or two attributes.

    These are the attributes that filters name, and those that are read differently than before.
    What the filters ask differently comes first.
    """
    yield from bases
    if alone:
        return
    asked = [*read.asked_otherwise, *sorted(read.filtered - set(read.asked_otherwise))]
    several = [*asked, *sorted(read.newly_read - set(asked))]
    for places in (read.asked_otherwise, several):
        for base in bases:
            for place in places:
                for choice in read.choices[place]:
                    yield {**base, place: choice}
    for base in bases:
        for left, right in combinations(asked, 2):
            for first, second in product(read.choices[left], read.choices[right]):
                yield {**base, left: first, right: second}


def _unlike(items: Iterator[MadeItem]) -> Iterator[MadeItem]:
    seen = set()
    for item in items:
        marks = tuple(repr(choice) for _, choice in sorted(item.items(), key=lambda pair: pair[0]))
        if marks not in seen:
            seen.add(marks)
            yield item


def _named(item: MadeItem, base: MadeItem) -> str:
    differences = []
    for place in sorted(item):
        choice, usual = item[place], base[place]
        if choice == usual:
            continue
        name = f"the old {place.name}" if place.part == "OldImage" else place.name
        if choice is MISSING:
            differences.append(f"without {name}")
            continue
        assert isinstance(choice, tuple)
        kind, value = choice
        text = value if isinstance(value, str) else json.dumps(value)
        if isinstance(usual, tuple) and usual[0] != kind:
            name += f" ({kind})"
        differences.append(f"with {name} {text}" if text else f"with an empty {name}")
    return " ".join(["an item", " and ".join(differences)]).strip()


@dataclass
class _Read:
    """What the definitions read, and the values to try for each attribute."""

    definitions: Sequence[Definition | RuleDefinition]
    key_types: Mapping[str, str]
    choices: dict[ImagePath, list[ChosenValue]] = field(default_factory=dict)
    filtered: set[ImagePath] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._key = set(self.key_types) or reads.key_parts(self.definitions)
        self._asked = {id(definition): reads.asked(definition) for definition in self.definitions}
        kinds: dict[ImagePath, dict[str, list[list[Any]]]] = {}
        for name, kind in self.key_types.items():
            kinds[ImagePath("NewImage", name)] = {kind: []}
        for _, place, kind in reads.read(self.definitions):
            kinds.setdefault(place, {}).setdefault(kind, [])
        for number, alternatives in enumerate(self._asked.values()):
            for alternative in alternatives:
                for (place, kind), comparisons in alternative.items():
                    self.filtered.add(place)
                    sides = kinds.setdefault(place, {}).setdefault(kind, [])
                    sides += [[] for _ in range(len(self._asked) - len(sides))]
                    sides[number] += comparisons
        self._changed = self._alternatives_of_one_side()
        self.asked_otherwise = sorted(
            {place for alternative in self._changed for place, _ in alternative}
        )
        of_each = [
            {(place, kind) for _, place, kind in reads.read([definition])}
            for definition in self.definitions
        ]
        in_all = [pair for pair in of_each[0] if all(pair in each for each in of_each)]
        self.newly_read = {pair[0] for each in of_each for pair in each if pair not in in_all}
        self._durations = {
            place for definition in self.definitions for place in reads.durations(definition)
        }
        self._is_weather = all(
            place.path in _ITEM and set(types) <= _ITEM[place.path].keys()
            for place, types in kinds.items()
            if place.part
        )
        for place, types in kinds.items():
            self.choices[place] = self._choices(place, types)

    def _alternatives_of_one_side(self) -> list[reads.AskedValues]:
        """Return the alternatives that are not in every filter."""
        of_each = list(self._asked.values())
        return [
            alternative
            for alternatives in of_each
            for alternative in alternatives
            if not all(alternative in each for each in of_each)
        ]

    def _choices(self, place: ImagePath, kinds: Mapping[str, Sequence[Any]]) -> list[ChosenValue]:
        own = self.key_types.get(place.path) if place.part else None
        if own is not None and own not in kinds:
            kinds = {own: ()}
        choices: list[ChosenValue] = []
        for kind, comparisons in kinds.items():
            if own in (None, kind):
                usual = [self._usual(place, kind)]
                tried = values(comparisons, kind, place.name) if any(comparisons) else usual
                choices += [(kind, value) for value in tried]
        is_key = place.path in self._key
        return choices if is_key or not place.part else [*choices, MISSING]

    def _usual(self, place: ImagePath, kind: str) -> Any:  # noqa: ANN401 - a value of any type
        if place in self._durations and kind == "S":
            return "600"
        weather = _ITEM.get(place.path, {}).get(kind)
        return made_up(kind, place.name)[0] if weather is None else weather

    def bases(self) -> list[MadeItem]:
        """Return different items that match each alternative of each filter.

        Each is returned twice: with what the other alternatives ask, and without. Alternatives that
        are not in every filter come earlier, except for the first of all.
        """
        usual: list[tuple[bool, MadeItem]] = []
        for definition in self.definitions:
            own = {place: kind for _, place, kind in reads.read([definition])}
            for alternative in self._asked[id(definition)] or [{}]:
                is_same = bool(self._asked[id(definition)]) and alternative not in self._changed
                usual += [
                    (
                        is_same,
                        {
                            place: self._base(place, alternative, own.get(place), apart=apart)
                            for place in self.choices
                        },
                    )
                    for apart in (False, True)
                ]
        first, *others = usual
        ordered = [first[1], *(base for _, base in sorted(others, key=lambda pair: pair[0]))]
        return list(islice(_unlike(iter(ordered)), BASES))

    def _base(
        self, place: ImagePath, alternative: reads.AskedValues, own: str | None, *, apart: bool
    ) -> ChosenValue:
        choices = self.choices[place]
        for (asked, kind), comparisons in alternative.items():
            of_kind = [
                choice[1] for choice in choices if isinstance(choice, tuple) and choice[0] == kind
            ]
            if asked == place and of_kind:
                value = matching(comparisons, [*near(comparisons, kind), *of_kind])
                return MISSING if value is MISSING else (kind, value)
        if apart and place in self.filtered and own is None:
            return choices[-1]
        of_own = [
            choice
            for choice in choices
            if isinstance(choice, tuple) and choice[0] == (own or choice[0])
        ]
        if not of_own:
            return choices[0]
        return of_own[-1 if apart and place in self.filtered else 0]

    def records(self, item: MadeItem, what: str) -> dict[str, dict[str, Any]]:
        """Return the life of an item."""
        start = (_ITEM, _OLD) if self._is_weather else ({}, {})
        new, old = copy.deepcopy(start)
        for place, choice in item.items():
            if self._is_weather and place.part and _ITEM.get(place.path) == _as_dict(choice):
                continue  # it is so already, and the old item has what it had
            counterpart = ImagePath(
                "OldImage" if place.part == "NewImage" else "NewImage", place.path
            )
            for part, image in (("NewImage", new), ("OldImage", old)):
                if place.part == part or (place.part and counterpart not in item):
                    _put(image, place, choice)
        keys = {name: new[name] for name in sorted(self._key) if name in new}
        if self._is_weather and not keys:
            keys = {"Location": new["Location"]}
        records = life(new, old, keys, what)
        for place, choice in item.items():
            if not place.part and isinstance(choice, tuple):
                for record in records.values():
                    _set(record, place.path.split("."), choice[1])
        return records


def _as_dict(choice: ChosenValue) -> dict[str, Any] | None:
    """Return a value as DynamoDB writes it, by its type."""
    return {choice[0]: choice[1]} if isinstance(choice, tuple) else None


def _put(image: dict[str, Any], place: ImagePath, choice: ChosenValue) -> None:
    """Put an attribute with its type into an item, or remove it."""
    steps = reads.steps(place.path)
    if not isinstance(choice, tuple):
        _take_out(image, steps)
        return
    kind, value = choice
    if not kind:
        typed: Any = value if isinstance(value, dict) else {"S": f"some {place.name}"}
    else:
        typed = {kind: [value] if kind in ("SS", "NS", "BS") else value}
    _set(image, steps, typed)


def _take_out(image: Any, steps: Sequence[str]) -> None:  # noqa: ANN401 - any JSON
    for step in steps[:-1]:
        if isinstance(image, list):
            image = image[0] if image else {}
        image = image.get(step) if isinstance(image, dict) else None
    if isinstance(image, dict):
        image.pop(steps[-1], None)


def _set(holder: dict[str, Any], steps: Sequence[str], value: Any) -> None:  # noqa: ANN401 - any JSON
    """Put a value at its path, such as `Address.M.City`; a list's default index is 0."""
    place: Any = holder
    steps = list(steps)
    for step, below in zip(steps, [*steps[1:], None], strict=True):
        if isinstance(place, list):
            number = int(step[1:-1]) if step.startswith("[") else 0
            place += [{} for _ in range(number + 1 - len(place))]
            if step.startswith("["):
                if below is None:
                    place[number] = value
                    return
                place = place[number]
                continue
            place = place[0]
        if below is None:
            place[step] = value
            return
        is_list = step == "L" or below.startswith("[")
        if not isinstance(place.get(step), list if is_list else dict):
            place[step] = [] if is_list else {}
        place = place[step]
