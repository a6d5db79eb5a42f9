"""Arguments of the generated classes are checked faster, and no less."""

import typing
from collections.abc import Sequence
from typing import Optional, Union
from unittest import mock

import pytest
import typeguard

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
    for name in (None, "scope"):
        with pytest.raises(TypeError, match="argument scope must be"):
            SqsQueue(name, "queue")  # type: ignore[arg-type]  # what is to be refused


class Named:
    """A type that a hint knows by name only."""


@pytest.mark.parametrize(
    ("expected", "value", "problem"),
    [
        (Optional[str], None, None),  # noqa: UP045 - as in the bindings, here and below
        (Optional[str], "queue", None),  # noqa: UP045
        (Optional[str], 1, "type of x must be one of (str, NoneType); got int instead"),  # noqa: UP045
        (str, None, "type of x must be str; got NoneType instead"),
        (Union[str, int], None, "type of x must be one of (str, int); got NoneType instead"),  # noqa: UP007
        (Sequence[str], None, "type of x must be a sequence; got NoneType instead"),
        (Sequence[None], None, "type of x must be a sequence; got NoneType instead"),
        (Optional["Named"], 1, "type of x must be one of (Named, NoneType); got int instead"),
    ],
)
def test_only_what_may_be_left_out_is_not_looked_at(
    monkeypatch: pytest.MonkeyPatch, expected: object, value: object, problem: str | None
) -> None:
    check = mock.Mock(wraps=typeguard.check_type)
    monkeypatch.setattr(typeguard, "check_type", check)
    hints.accept_what_is_left_out()
    if problem is None:
        typeguard.check_type("x", value, expected)
    else:
        with pytest.raises(TypeError) as caught:
            typeguard.check_type("x", value, expected)
        assert str(caught.value) == problem
    assert check.called is (value is not None or problem is not None)
