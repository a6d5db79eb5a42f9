"""What pipes and rules read of a record: attributes, and the comparisons of filters about them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Final

from eventpipes import Definition, RuleDefinition

TYPES: Final = ("S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS")
MOST: Final = 1_000
"""How many alternatives of one pattern are tried; EventBridge allows no more of `$or`."""
WHOLE: Final = ("", "dynamodb", "dynamodb.Keys", "dynamodb.NewImage", "dynamodb.OldImage")
"""Parts that are an object in every record that has them, so no comparison can match them."""
_IMAGE: Final = re.compile(r"\bdynamodb\.(Keys|NewImage|OldImage)\.([^\s<>\"]+)")
_IN_TEXT: Final = re.compile(r"\bdynamodb\.(Keys|NewImage|OldImage)\.([A-Za-z0-9_/.\[\]-]+)")
_TTL: Final = re.compile(r'"ttl_seconds": ?"([^"]*)')
_STEP: Final = re.compile(r"[^.\[\]]+|\[\d+\]")


@dataclass(frozen=True, order=True)
class ImagePath:
    """Where an attribute is: in the new or the old image, and its path without its type.

    A key is in both images. Other fields, such as `awsRegion`, have neither part nor type.
    """

    part: str
    path: str

    @property
    def name(self) -> str:
        """Its name for a sentence."""
        return re.sub(r"\.(M|L)\b", "", self.path)


AskedValues = Mapping[tuple[ImagePath, str], Sequence[Any]]
"""The comparisons of one alternative of a filter, by attribute and type."""


def read(
    definitions: Iterable[Definition | RuleDefinition],
) -> Iterator[tuple[str, ImagePath, str]]:
    """Yield each attribute that a template or a parameter reads: its part, its path, its type."""
    for definition in definitions:
        texts = [definition.input_template or "", *definition.path_parameters]
        texts += [*definition.query_string.values(), *definition.headers.values()]
        if isinstance(definition, RuleDefinition):
            texts += definition.input_paths.values()
        elif definition.state_machine:
            texts.append(definition.state_machine.definition)
        for text in texts:
            for part, path in _IN_TEXT.findall(text):
                if attribute := _place(part, path):
                    yield part, *attribute


def durations(definition: Definition | RuleDefinition) -> set[ImagePath]:
    """Return the attributes that are used as time to live in seconds."""
    text = definition.query_string.get("ttl_seconds", "")
    if isinstance(definition, RuleDefinition):
        text = definition.input_paths.get(text.strip("<>"), text)
    elif definition.state_machine:
        text = " ".join(_TTL.findall(definition.state_machine.definition))
    return {
        attribute[0] for part, path in _IN_TEXT.findall(text) if (attribute := _place(part, path))
    }


def steps(path: str) -> list[str]:
    """Return a path's steps.

    >>> steps("Tags.L[1].M.Name")
    ['Tags', 'L', '[1]', 'M', 'Name']
    """
    return _STEP.findall(path)


def asked(definition: Definition | RuleDefinition) -> list[AskedValues]:
    """Return the alternatives of all filters; a record has to match one of them."""
    alternatives: list[AskedValues] = []
    for text in definition.filters:
        try:
            pattern = json.loads(text)
        except ValueError:
            continue  # told when the pipe is compiled
        if isinstance(definition, RuleDefinition) and isinstance(pattern, dict):
            pattern = pattern.get("detail", {})
        alternatives += [
            dict(alternative) for alternative in islice(_alternatives(pattern, ""), MOST)
        ]
    return alternatives


def key_parts(definitions: Iterable[Definition | RuleDefinition]) -> set[str]:
    """Return the attributes that are read as parts of the key."""
    names = {place.path for part, place, _ in read(definitions) if part == "Keys"}
    for definition in definitions:
        names |= {
            match[2].split(".")[0]
            for text in definition.filters
            for match in [_IMAGE.search(path) for path in _paths(text)]
            if match and match[1] == "Keys"
        }
    return names


def _paths(text: str) -> Iterator[str]:
    try:
        pattern = json.loads(text)
    except ValueError:
        return
    yield from _below(pattern, "")


def _below(pattern: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    match pattern:
        case dict():
            for name, member in pattern.items():
                for below in member if name == "$or" and isinstance(member, list) else [member]:
                    yield from _below(below, path if name == "$or" else _joined(path, name))
        case list():
            yield path


def _alternatives(pattern: Any, path: str) -> Iterator[dict[tuple[ImagePath, str], list[Any]]]:  # noqa: ANN401 - any JSON
    """Yield the comparisons of a pattern, with one alternative of each `$or` at a time."""
    if not isinstance(pattern, dict):
        attribute = _asked_at(path, pattern)
        yield {attribute: pattern} if attribute else {}
        return
    parts: list[list[dict[tuple[ImagePath, str], list[Any]]]] = []
    for name, below in pattern.items():
        if name == "$or" and isinstance(below, list):
            parts.append(
                [
                    alternative
                    for each in below
                    for alternative in islice(_alternatives(each, path), MOST)
                ]
            )
        else:
            parts.append(list(islice(_alternatives(below, _joined(path, name)), MOST)))
    for chosen in product(*parts):
        yield {
            place: comparisons
            for alternative in chosen
            for place, comparisons in alternative.items()
        }


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _asked_at(path: str, comparisons: Any) -> tuple[ImagePath, str] | None:  # noqa: ANN401 - any JSON
    """Return the attribute of comparisons; None for what an item's life shows already."""
    if not isinstance(comparisons, list):
        return None
    match = _IMAGE.fullmatch(path)
    if match:
        return _place(match[1], match[2]) or (ImagePath(_part(match[1]), match[2]), "")
    if path in ("eventName", *WHOLE) or path.startswith("userIdentity."):
        return None
    return ImagePath("", path), ""


def _place(part: str, path: str) -> tuple[ImagePath, str] | None:
    """Return an attribute's path and its type; None if the path does not end with a type."""
    *above, kind = _STEP.findall(path)
    if not above or kind not in TYPES:
        return None
    stem = path[: path.rindex(kind)].rstrip(".")
    return ImagePath(_part(part), stem), kind


def _part(part: str) -> str:
    return "NewImage" if part == "Keys" else part
