"""Reads events from JSON text: with msgspec if the result is exact, otherwise with `json`.

msgspec is quicker, because it reads only the members that a pattern uses. But it keeps only the
last value of a repeated name, while event-ruler 1.9.0 matches each value (Event's constructor for
text). So `json` reads each text in which a name may be repeated. Without msgspec, `json` reads all.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any, TypedDict

try:
    import msgspec
except ImportError:  # the watch's function has only the standard library
    msgspec = None  # type: ignore[assignment]

from eventpipes.errors import InvalidEvent
from eventpipes.pattern.numbers import WrittenNumber

_Members = dict[str, object]
_typed_dict: Any = TypedDict
_OTHERS = list[Any] | str | int | float | bool | None
_FEW = 3
"""With more names, reading the whole text is quicker than counting each name in it."""
_LONG_NUMBER = 4000
"""Python refuses to parse a whole number of more than 4,300 digits."""


class Repeated(dict[str, object]):
    """A JSON object with a repeated name; `items` returns all members of the text."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        self._pairs = pairs

    def items(self) -> Any:  # noqa: ANN401 - not a view, which `dict` promises
        """Return all members, in the order of the text."""
        return self._pairs


class EventTextReader:
    """Reads the text of events for a pattern that uses these dotted paths."""

    def __init__(self, paths: Iterable[str]) -> None:
        steps = frozenset(tuple(path.split(".")) for path in paths)
        names = sorted(path[0] for path in steps)
        flat = all(len(path) == 1 for path in steps) and len(names) <= _FEW
        self._quoted = [f'"{name}"' for name in names] if flat else None
        self._used = (
            None
            if msgspec is None
            else msgspec.json.Decoder(_members(steps, {}), float_hook=WrittenNumber).decode
        )

    def read(self, text: str | bytes) -> tuple[_Members, bool]:
        """Return the members that the pattern uses, and whether a name is repeated.

        Raises:
            InvalidEvent: the text is not a JSON object.

        """
        if self._used is None:
            return _exactly(text)
        try:
            event = text.decode() if isinstance(text, bytes) else text
            members = self._quickly(event)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            members = None
        return _exactly(text) if members is None else (members, False)

    def _quickly(self, text: str) -> _Members | None:
        """Return the members, or None if a name may be repeated."""
        if "\\" in text and "\\u" in text:  # an escape may hide a repeated name
            return None
        if self._quoted is not None and self._used is not None:
            used: _Members = self._used(text)
            for name in self._quoted:
                if text.count(name) > 1:
                    return None
            return used
        whole: _Members = _WHOLE(text)
        # If a member was dropped, at least its colon is missing.
        return whole if text.count(":") == _ENCODE(whole).count(b":") else None


if msgspec is not None:
    _WHOLE = msgspec.json.Decoder(dict[str, Any], float_hook=WrittenNumber).decode
    _ENCODE: Callable[[object], bytes] = msgspec.json.Encoder(enc_hook=lambda _: None).encode


def _members(paths: frozenset[tuple[str, ...]], known: dict[Any, Any]) -> Any:  # noqa: ANN401 - a type
    """Return the type of an object with these paths; other members are skipped.

    A name with dots is several steps.
    """
    if paths not in known:
        following: dict[str, set[tuple[str, ...]]] = {}
        for steps in paths:
            for end in range(1, len(steps) + 1):
                following.setdefault(".".join(steps[:end]), set()).add(steps[end:])
        known[paths] = _typed_dict(
            "Members",
            {
                name: Any if () in rest else _members(frozenset(rest), known) | _OTHERS
                for name, rest in following.items()
            },
            total=False,
        )
    return known[paths]


def _exactly(text: str | bytes) -> tuple[_Members, bool]:
    repeated = False

    def members(pairs: list[tuple[str, object]]) -> _Members:
        nonlocal repeated
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        repeated = True
        return Repeated(pairs)

    def refuse(constant: str) -> None:
        raise InvalidEvent(f"{constant} is not JSON", value=constant)

    try:
        event = json.loads(
            text,
            object_pairs_hook=members,
            parse_float=WrittenNumber,
            parse_int=lambda digits: (
                int(digits) if len(digits) < _LONG_NUMBER else WrittenNumber(digits)
            ),
            parse_constant=refuse,
        )
    except InvalidEvent:
        raise
    except RecursionError:
        raise InvalidEvent("it is nested too deeply", value=text) from None
    except (TypeError, ValueError) as error:
        raise InvalidEvent(f"it is not JSON: {error}", value=text) from None
    if not isinstance(event, dict):
        raise InvalidEvent("an event is a JSON object", value=text)
    return event, repeated
