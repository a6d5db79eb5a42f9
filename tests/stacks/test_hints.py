"""Type hints of the generated classes are resolved once, and still checked."""

import typing

import pytest

from stacks.bindings import SqsQueue, hints
from stacks.bindings.hints import STUB


def test_a_generated_functions_hints_are_resolved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved: list[str] = []

    def resolve(obj: object, *_: object, **__: object) -> dict[str, object]:
        resolved.append(getattr(obj, "__name__", ""))
        return {}

    def generated() -> None:
        """Stand for what the bindings generate."""

    def other() -> None:
        """Stand for anything else."""

    generated.__name__ = f"{STUB}0"
    monkeypatch.setattr(typing, "get_type_hints", resolve)
    hints.remember()
    for one in (generated, other, generated, other):
        typing.get_type_hints(one)
    typing.get_type_hints(generated, include_extras=True)
    assert resolved == [f"{STUB}0", "other", "other", f"{STUB}0"]


def test_an_argument_of_a_wrong_type_is_still_refused() -> None:
    with pytest.raises(TypeError, match="argument scope must be"):
        SqsQueue(None, "queue", name=1)  # type: ignore[arg-type]  # what is to be refused
