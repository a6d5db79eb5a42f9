"""What a field's list of values accepts: one test a value, joined into one function.

A test takes a leaf of the event: a string, a number, a boolean or null. Numbers never equal
strings, nor booleans numbers.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from eventpipes.pattern.addresses import digits, within
from eventpipes.pattern.complexity import Wildcards
from eventpipes.pattern.numbers import comparable, comparable_value, number_text

Test = Callable[[object], bool]


@dataclass(frozen=True)
class Values:
    """A field's tests: what a present leaf must satisfy, and whether absence satisfies.

    `given` are the values as they were written, each with its wildcards and whether it is the
    one that asks for absence.
    """

    accept: Test | None
    absent: bool
    given: Sequence[tuple[object, bool, Wildcards]]


def equals_number(text: str) -> Test:
    """Match a number: by value if it is comparable, else by its text."""
    wanted = comparable(text)

    def test(value: object) -> bool:
        number = comparable_value(value)
        return number_text(value) == text if number is None else number == wanted

    return test


def in_number_range(low: float, high: float, *, above: bool, below: bool) -> Test:
    """Match a number in a range; `above` and `below` leave the bound out."""

    def test(value: object) -> bool:
        number = comparable_value(value)
        if number is None:
            return False
        return (number > low if above else number >= low) and (
            number < high if below else number <= high
        )

    return test


def in_address_range(first: str, last: str) -> Test:
    """Match a string that is an IP address in a range, both ends in digits."""

    def test(value: object) -> bool:
        found = digits(value) if isinstance(value, str) else None
        return found is not None and within(found, first, last)

    return test


def starts_with(prefix: str) -> Test:
    """Match a string that begins so; its enclosing quotes are part of it (event-ruler 1.9.0)."""
    if prefix.endswith('"'):
        return lambda value: isinstance(value, str) and f'{value}"'.startswith(prefix)
    return lambda value: isinstance(value, str) and value.startswith(prefix)


def ends_with(suffix: str) -> Test:
    """Match a string that ends so; its enclosing quotes are part of it (event-ruler 1.9.0)."""
    if suffix.startswith('"'):
        return lambda value: isinstance(value, str) and f'"{value}'.endswith(suffix)
    return lambda value: isinstance(value, str) and value.endswith(suffix)


def full_match(expression: re.Pattern[str]) -> Test:
    """Match a string that is all of a regular expression."""
    match = expression.fullmatch
    return lambda value: isinstance(value, str) and match(value) is not None


def ignoring_case(text: str, *, before: str = "", after: str = "") -> Test:
    """Match a string whose characters are `text`'s, each in lower or upper case."""
    pattern = "".join(f"(?:{_either_case(character)})" for character in text)
    return full_match(re.compile(before + pattern + after, re.DOTALL))


def _either_case(character: str) -> str:
    """Return the expression of a character, as in EqualsIgnoreCaseParser of event-ruler.

    It takes Java's characters one by one, so each half of a character beyond the basic plane by
    itself, which has no bytes in UTF-8 and becomes a question mark: the smiley of U+1F600
    matches `??`, and never itself.
    """
    if ord(character) > 0xFFFF:  # noqa: PLR2004 - the end of the basic plane
        return r"\?\?"
    if "\ud800" <= character <= "\udfff":
        return r"\?"
    return "|".join(sorted({re.escape(character.lower()), re.escape(character.upper())}))


def is_literal(literal: object) -> Test:
    """Match exactly true, false or null."""
    return lambda value: value is literal


def no_number_of(numbers: Iterable[float]) -> Test:
    """Match whatever is not one of these numbers."""
    forbidden = frozenset(numbers)
    return lambda value: comparable_value(value) not in forbidden


def no_string_of(strings: Iterable[str]) -> Test:
    """Match whatever is not one of these strings."""
    forbidden = frozenset(strings)
    return lambda value: not (isinstance(value, str) and value in forbidden)


def none_of(tests: Sequence[Test]) -> Test:
    """Match whatever satisfies no test."""
    return lambda value: not any(test(value) for test in tests)


def anything(_: object) -> bool:
    """Match every leaf."""
    return True


def any_of(strings: Iterable[str], tests: Sequence[Test]) -> Test | None:
    """Join a field's strings and tests; none at all if there is nothing to accept."""
    exact = frozenset(strings)
    if not tests:
        return exact.__contains__ if exact else None
    if not exact and len(tests) == 1:
        return tests[0]
    several = tuple(tests)

    def test(value: object) -> bool:
        if type(value) is str and value in exact:
            return True
        for one in several:  # noqa: SIM110 - a generator would cost half the time
            if one(value):
                return True
        return False

    return test
