"""JSON paths: the subset that EventBridge Pipes allows in templates and HTTP parameters.

An example is `$.name.other[0]`; `[*]` reads all elements. See AWS: "Amazon EventBridge Pipes input
transformation", which names the characters that a path may have.
"""

import re
from collections.abc import Callable
from typing import Any

from eventpipes.errors import InvalidPath

MISSING = object()
"""The value of a path that is not in the record."""

_STEP = re.compile(r"\.([A-Za-z0-9_/-]+|\*)|\[([0-9]{1,9}|\*)\]")
_INDEX = re.compile(r"[0-9]{1,9}")

Reader = Callable[[object], object]


def is_path(value: str) -> bool:
    """Return whether a parameter's value is a path and not a constant."""
    return value.startswith(("$.", "$[")) or value == "$"


def parse_path(text: str) -> tuple[str | int, ...]:
    """Return a path's steps: names, indices, and `*` for all elements or all members.

    Raises:
        InvalidPath: the text is not a path of the subset.

    """
    if not text.startswith("$"):
        name = text.strip(" .")
        better = f"$.{name}" if _STEP.match(f".{name}") else "$ for the whole record, or $.name"
        raise InvalidPath(f"{text!r} does not begin with $: write {better}")
    steps: list[str | int] = []
    position = 1
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None:
            raise InvalidPath(
                f"{text!r} is not a path at column {position + 1}: write .name, [number] or [*]"
                " after $, and only letters, digits, dashes, underscores and slashes in names"
            )
        name, index = match.groups()
        steps.append("*" if "*" in (name, index) else name or int(index))
        position = match.end()
    return tuple(steps)


def compile_path(text: str) -> Reader:
    """Return a function that reads the path's value from a record, or MISSING.

    Raises:
        InvalidPath: the text is not a path of the subset.

    """
    steps = parse_path(text)
    if "*" in steps:
        return _reader_of_many(steps)
    if all(isinstance(step, str) for step in steps):
        return _reader_of_names(steps)
    return _reader(steps)


def _reader_of_names(names: tuple[str | int, ...]) -> Reader:
    slowly = _reader(names)

    def read(start: Any) -> object:  # noqa: ANN401 - any value, often without names
        record = start
        try:
            for name in names:
                record = record[name]
        except KeyError:
            return MISSING
        except TypeError:
            return slowly(start)
        value: object = record
        return value

    return read


def _reader(steps: tuple[str | int, ...]) -> Reader:
    def read(record: object) -> object:
        for step in steps:
            record = _step(record, step)
            if record is MISSING:
                break
        return record

    return read


def _step(node: object, step: str | int) -> object:
    if isinstance(node, list) and isinstance(step, str) and _INDEX.fullmatch(step):
        step = int(step)  # AWS reads `$.l.0` as `$.l[0]`
    if isinstance(step, int):
        return node[step] if isinstance(node, list) and step < len(node) else MISSING
    return node.get(step, MISSING) if isinstance(node, dict) else MISSING


def _reader_of_many(steps: tuple[str | int, ...]) -> Reader:
    """Read a path with `*`: the list of all its values."""

    def read(record: object) -> object:
        nodes = [record]
        for step in steps:
            following: list[object] = []
            for node in nodes:
                if step != "*":
                    following.append(_step(node, step))
                elif isinstance(node, dict):
                    following += node.values()
                elif isinstance(node, list):
                    following += node
            nodes = [node for node in following if node is not MISSING]
        return nodes or MISSING

    return read
