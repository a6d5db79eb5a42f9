"""Resolve the type hints of each generated class once, not at every use.

The bindings check each argument against hints that they resolve anew whenever a resource or a
block is made, which takes a sixth of Python's time in a synth of many. The checks stay.
"""

import typing
from collections.abc import Callable
from typing import Any

STUB = "_typecheckingstub__"
"""What the generated functions are called whose annotations are the hints."""


def remember() -> None:
    """Let `typing.get_type_hints` remember what it says of the generated functions."""
    resolve = typing.get_type_hints
    known: dict[Any, dict[str, Any]] = {}

    def get_type_hints(obj: Any, *args: Any, **options: Any) -> dict[str, Any]:  # noqa: ANN401 - as in typing
        if args or options or not getattr(obj, "__name__", "").startswith(STUB):
            return resolve(obj, *args, **options)
        if obj not in known:
            known[obj] = resolve(obj)
        return known[obj]

    replacement: Callable[..., dict[str, Any]] = get_type_hints
    typing.get_type_hints = replacement
