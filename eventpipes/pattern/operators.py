"""The tests for a field's list of values: one test for each value, joined into one function.

The argument of a test is a leaf of the event: a string, a number, a boolean or null. Two leaves of
different types are never equal.
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
    """A field's tests: the test for a leaf, and whether the field may be absent.

    `given` are the values as they were written, each with whether it asks for absence, and its
    wildcards. `steps` are the names that lead to the field in the pattern.
    """

    accept: Test | None
    absent: bool
    given: Sequence[tuple[object, bool, Wildcards]]
    steps: tuple[str, ...]


def equals_number(text: str) -> Test:
    """Match a number by its value if it is comparable, otherwise by its text."""
    wanted = comparable(text)

    def test(value: object) -> bool:
        number = comparable_value(value)
        return number_text(value) == text if number is None else number == wanted

    return test


def in_number_range(low: float, high: float, *, above: bool, below: bool) -> Test:
    """Match a number in a range; `above` excludes the bound `low`, and `below` excludes `high`."""

    def test(value: object) -> bool:
        number = comparable_value(value)
        if number is None:
            return False
        return (number > low if above else number >= low) and (
            number < high if below else number <= high
        )

    return test


def in_address_range(first: str, last: str) -> Test:
    """Match an IP address in a range; `first` and `last` are hexadecimal digits."""

    def test(value: object) -> bool:
        address = digits(value) if isinstance(value, str) else None
        return address is not None and within(address, first, last)

    return test


def starts_with(prefix: str) -> Test:
    """Match a string with this prefix; the prefix may end with the string's closing quote."""
    if prefix.endswith('"'):
        return lambda value: isinstance(value, str) and f'{value}"'.startswith(prefix)
    return lambda value: isinstance(value, str) and value.startswith(prefix)


def ends_with(suffix: str) -> Test:
    """Match a string with this suffix; the suffix may begin with the string's opening quote."""
    if suffix.startswith('"'):
        return lambda value: isinstance(value, str) and f'"{value}'.endswith(suffix)
    return lambda value: isinstance(value, str) and value.endswith(suffix)


def full_match(expression: re.Pattern[str]) -> Test:
    """Match a string that a regular expression matches as a whole."""
    match = expression.fullmatch
    return lambda value: isinstance(value, str) and match(value) is not None


def ignoring_case(text: str, *, before: str = "", after: str = "") -> Test:
    """Match a string that equals `text`, each character in lower or upper case."""
    pattern = "".join(f"(?:{_either_case(character)})" for character in text)
    return full_match(re.compile(before + pattern + after, re.DOTALL))


def _either_case(character: str) -> str:
    """Return the expression for a character, as in EqualsIgnoreCaseParser of event-ruler 1.9.0.

    The parser converts each of Java's characters to UTF-8. A character beyond the basic plane, such
    as U+1F600, is two of Java's characters, and each becomes a question mark. So U+1F600 matches
    `??` and does not match itself.
    """
    if ord(character) > 0xFFFF:  # noqa: PLR2004 - the end of the basic plane
        return r"\?\?"
    if "\ud800" <= character <= "\udfff":
        return r"\?"
    return "|".join(sorted({re.escape(character.lower()), re.escape(character.upper())}))


def is_literal(literal: object) -> Test:
    """Match true, false or null exactly."""
    return lambda value: value is literal


def no_number_of(numbers: Iterable[float]) -> Test:
    """Match every leaf except these numbers."""
    forbidden = frozenset(numbers)
    return lambda value: comparable_value(value) not in forbidden


def no_string_of(strings: Iterable[str]) -> Test:
    """Match every leaf except these strings."""
    forbidden = frozenset(strings)
    return lambda value: not (isinstance(value, str) and value in forbidden)


def none_of(tests: Sequence[Test]) -> Test:
    """Match every leaf for which all tests fail."""
    return lambda value: not any(test(value) for test in tests)


def anything(_: object) -> bool:
    """Match every leaf."""
    return True


def any_of(strings: Iterable[str], tests: Sequence[Test]) -> Test | None:
    """Join a field's strings and tests into one test, or return None without any."""
    exact = frozenset(strings)
    if not tests:
        return exact.__contains__ if exact else None
    if not exact and len(tests) == 1:
        return tests[0]
    several = tuple(tests)

    def test(value: object) -> bool:
        if type(value) is str and value in exact:
            return True
        for each in several:  # noqa: SIM110 - a generator would cost half the time
            if each(value):
                return True
        return False

    return test
