"""The functions that Step Functions adds to JSONata, and those that the library has not right."""

import hashlib
import random
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from eventpipes.template import from_json
from eventpipes.workflow.jsonata_library import Functions, Utils

_ALGORITHMS: Final = {
    "MD5": "md5",
    "SHA-1": "sha1",
    "SHA-256": "sha256",
    "SHA-384": "sha384",
    "SHA-512": "sha512",
}
_MAX_RANGE: Final = 1_000


def partition(array: Any, size: Any) -> Any:  # noqa: ANN401 - JSONata passes any value
    """Return an array in pieces of a size; the last one may be shorter."""
    if array is None:
        return None
    values, length = array if isinstance(array, list) else [array], _whole(size)
    if length < 1:
        raise ValueError(f"the size of a piece is {length}, and must be at least 1")
    return [list(values[start : start + length]) for start in range(0, len(values), length)]


def range_(first: Any, last: Any, step: Any) -> list[int]:  # noqa: ANN401
    """Return the numbers from the first to the last, which is among them if a step reaches it."""
    begin, end, by = _whole(first), _whole(last), _whole(step)
    if by == 0:
        raise ValueError("the step is 0")
    numbers = range(begin, end + (1 if by > 0 else -1), by)
    if len(numbers) > _MAX_RANGE:
        raise ValueError(f"$range would have {len(numbers)} numbers, and may have {_MAX_RANGE}")
    return list(numbers)


def hash_(text: Any, algorithm: Any) -> str | None:  # noqa: ANN401
    """Return the hash of a text in hexadecimal digits."""
    if text is None:
        return None
    if algorithm not in _ALGORITHMS:
        raise ValueError(f"$hash takes one of {', '.join(_ALGORITHMS)}, not {algorithm!r}")
    if not isinstance(text, str):
        raise TypeError("$hash takes text")
    return hashlib.new(_ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()


def parse(text: Any) -> Any:  # noqa: ANN401
    """Return JSON text, parsed."""
    if text is None:
        return None
    if not isinstance(text, str):
        raise TypeError("$parse takes text")
    found = from_json(text)
    return Utils.NULL_VALUE if found is None else found  # None is JSONata's undefined


def distinct(values: Any) -> Any:  # noqa: ANN401
    """Return an array without repeated values.

    The library makes one value of an array of one, also where JSONata keeps the array.
    """
    if not isinstance(values, list) or len(values) <= 1:
        return values
    found = Utils.create_sequence() if Utils.is_sequence(values) else []
    for value in values:
        if not any(Utils.is_deep_equal(value, other) for other in found):
            found.append(value)
    return found


def _whole(number: Any) -> int:  # noqa: ANN401
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError(f"{number!r} is not a number")
    return int(number // 1)


def functions(now: Callable[[], datetime], chance: Callable[[], float]) -> Mapping[str, Any]:
    """Return the functions by name; the time and chance are those of the execution's services."""

    def millis() -> int:
        return int(now().timestamp() * 1_000)

    def random_(seed: Any = None) -> float:  # noqa: ANN401
        return chance() if seed is None else random.Random(_whole(seed)).random()  # noqa: S311

    return {
        "distinct": distinct,
        "partition": partition,
        "range": range_,
        "hash": hash_,
        "parse": parse,
        "random": random_,
        "uuid": lambda: str(uuid.uuid4()),
        "millis": millis,
        "now": lambda picture=None, zone=None: Functions.datetime_from_millis(
            millis(), picture, zone
        ),
    }
