"""Check the arguments of generated classes faster, and no less.

The bindings check each argument against hints that they resolve anew whenever a resource or a
block is made, and take an optional argument that was left out through the same long way as any
other. Together that took half of Python's time in a synth of many.
"""

import sys
import typing
from collections.abc import Callable
from typing import Any

import typeguard

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


def accept_what_is_left_out() -> None:
    """Let `typeguard.check_type` see at once that none is what an optional argument may be."""
    check = typeguard.check_type

    def check_type(
        argname: str,
        value: object,
        expected_type: Any,  # noqa: ANN401 - as in typeguard
        memo: Any = None,  # noqa: ANN401 - as in typeguard
        **names: Any,  # noqa: ANN401 - as in typeguard
    ) -> None:
        if value is None and _is_optional(expected_type):
            return
        if memo is None and not names:  # where it looks for names that are not resolved yet
            caller = sys._getframe(1)  # noqa: SLF001 - as in typeguard
            names = {"globals": caller.f_globals, "locals": caller.f_locals}
        check(argname, value, expected_type, memo, **names)

    typeguard.check_type = check_type


def _is_optional(expected: Any) -> bool:  # noqa: ANN401 - any type's form
    return typing.get_origin(expected) is typing.Union and type(None) in expected.__args__
