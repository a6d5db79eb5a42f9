"""What a field's list of values accepts: one test a value, joined into one function.

A test takes a leaf of the event: a string, a number, a boolean or null. Numbers never equal
strings, nor booleans numbers.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from eventpipes.pattern.addresses import digits, within
from eventpipes.pattern.numbers import LIMIT, SCALE, comparable

Test = Callable[[object], bool]


@dataclass(frozen=True)
class Values:
    """A field's tests: what a present leaf must satisfy, and whether absence satisfies."""

    accept: Test | None
    absent: bool


def number_text(value: object) -> str | None:
    """Return a number's text as JSON writes it, or nothing if the value is no number."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return str(value)


def comparable_value(value: object) -> int | None:
    """Return a leaf in millionths if it is a number that EventBridge compares as one."""
    if type(value) is int:  # the usual one, and twenty times faster
        scaled = value * SCALE
        return scaled if -LIMIT <= scaled <= LIMIT else None
    text = number_text(value)
    return None if text is None else comparable(text)


def equals_number(text: str) -> Test:
    """Match a number: by value if it is comparable, else by its text.

    A float has lost its text; what would have been read from the same text stands for it.
    """
    wanted = comparable(text)
    as_float = str(float(text)) if {".", "e", "E"} & set(text) else text

    def test(value: object) -> bool:
        number = comparable_value(value)
        if number is not None:
            return number == wanted
        return number_text(value) == (as_float if isinstance(value, float) else text)

    return test


def in_number_range(low: int, high: int, *, above: bool, below: bool) -> Test:
    """Match a number in a range of millionths; `above` and `below` leave the bound out."""

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
    """Match a string that begins so; its enclosing quotes are part of it, as in the reference."""
    if prefix.endswith('"'):
        return lambda value: isinstance(value, str) and f'{value}"'.startswith(prefix)
    return lambda value: isinstance(value, str) and value.startswith(prefix)


def ends_with(suffix: str) -> Test:
    """Match a string that ends so; its enclosing quotes are part of it, as in the reference."""
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
    if ord(character) > 0xFFFF:  # noqa: PLR2004 - two characters to the reference, without a case
        return re.escape(character)
    return "|".join(sorted({re.escape(character.lower()), re.escape(character.upper())}))


def is_literal(literal: object) -> Test:
    """Match exactly true, false or null."""
    return lambda value: value is literal


def no_number_of(numbers: Iterable[int]) -> Test:
    """Match whatever is not one of these numbers, in millionths."""
    forbidden = frozenset(numbers)
    return lambda value: comparable_value(value) not in forbidden


def no_string_of(strings: Iterable[str]) -> Test:
    """Match whatever is not one of these strings."""
    forbidden = frozenset(strings)
    return lambda value: not (isinstance(value, str) and value in forbidden)


def none_of(tests: Sequence[Test]) -> Test:
    """Match whatever satisfies no test."""
    return lambda value: not any(test(value) for test in tests)


def address_or(addresses: Sequence[Test], others: Test | None, *, blindly: bool) -> Test:
    """Match an address in a range, or what is no address and satisfies the other tests.

    As in the reference, one address among a field's values turns the event's addresses into
    digits, which no other value equals; `blindly` says that one of them accepts just that.
    """
    otherwise = others or (lambda _: False)

    def test(value: object) -> bool:
        if not isinstance(value, str) or digits(value) is None:
            return otherwise(value)
        return blindly or any(one(value) for one in addresses)

    return test


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
