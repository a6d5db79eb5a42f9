"""The size of JSON, which Step Functions limits."""

import json
from collections.abc import Callable
from typing import Final

try:
    import msgspec
except ImportError:  # the watch's function has only the standard library
    msgspec = None  # type: ignore[assignment]

from eventpipes.workflow.state_error import DATA_LIMIT_EXCEEDED, StateError

MAX_SIZE: Final = 262_144
"""The most bytes that a state's input, output or result, or a variable may have."""


def _plainly(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


_encode: Final[Callable[[object], bytes]] = (
    _plainly if msgspec is None else msgspec.json.Encoder().encode
)


def to_text(value: object) -> str:
    """Return a value as compact JSON."""
    return _encode(value).decode()


def check_size(value: object, name: str) -> None:
    """Raise States.DataLimitExceeded if a value is too long; the cause has its name."""
    size = len(_encode(value))
    if size > MAX_SIZE:
        raise StateError(
            DATA_LIMIT_EXCEEDED, f"{name} has {size} bytes of JSON and may have {MAX_SIZE}"
        )
