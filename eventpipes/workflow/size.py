"""The size of JSON, which Step Functions limits."""

from typing import Final

import msgspec

from eventpipes.workflow.state_error import DATA_LIMIT_EXCEEDED, StateError

MAX_SIZE: Final = 262_144
"""The most bytes that a state's input, output or result, or a variable may have."""
_ENCODER: Final = msgspec.json.Encoder()


def to_text(value: object) -> str:
    """Return a value as compact JSON."""
    return _ENCODER.encode(value).decode()


def check_size(value: object, name: str) -> None:
    """Raise States.DataLimitExceeded if a value is too long; the cause has its name."""
    size = len(_ENCODER.encode(value))
    if size > MAX_SIZE:
        raise StateError(
            DATA_LIMIT_EXCEEDED, f"{name} has {size} bytes of JSON and may have {MAX_SIZE}"
        )
