"""Functions that Step Functions adds to JSONata, and functions that the library has wrong."""

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
    """Return an array in pieces of a size; the last piece may be shorter."""
    if array is None:
        return None
    values, length = array if isinstance(array, list) else [array], _whole(size)
    if length < 1:
        raise ValueError(f"the size of a piece is {length}, but must be at least 1")
    return [list(values[start : start + length]) for start in range(0, len(values), length)]


def range_(first: Any, last: Any, step: Any) -> list[int]:  # noqa: ANN401
    """Return the numbers from `first` to `last`, including `last` if a step reaches it."""
    begin, end, by = _whole(first), _whole(last), _whole(step)
    if by == 0:
        raise ValueError("the step is 0")
    numbers = range(begin, end + (1 if by > 0 else -1), by)
    if len(numbers) > _MAX_RANGE:
        raise ValueError(f"$range has {len(numbers)} numbers and may have {_MAX_RANGE}")
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
    value = from_json(text)
    return Utils.NULL_VALUE if value is None else value  # None is JSONata's undefined


def distinct(values: Any) -> Any:  # noqa: ANN401
    """Return an array without repeated values.

    The library returns the only value of an array, even if JSONata keeps the array.
    """
    if not isinstance(values, list) or len(values) <= 1:
        return values
    unique = Utils.create_sequence() if Utils.is_sequence(values) else []
    for value in values:
        if not any(Utils.is_deep_equal(value, kept) for kept in unique):
            unique.append(value)
    return unique


def _whole(number: Any) -> int:  # noqa: ANN401
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError(f"{number!r} is not a number")
    return int(number // 1)


def functions(now: Callable[[], datetime], number: Callable[[], float]) -> Mapping[str, Any]:
    """Return the functions by name, with the execution's clock and random numbers."""

    def millis() -> int:
        return int(now().timestamp() * 1_000)

    def random_(seed: Any = None) -> float:  # noqa: ANN401
        return number() if seed is None else random.Random(_whole(seed)).random()  # noqa: S311

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
