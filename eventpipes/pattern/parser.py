"""Strict parsing of event patterns, after JsonRuleCompiler of aws/event-ruler 1.9.0."""

import json
import sys
from collections.abc import Callable
from typing import Any

from eventpipes.errors import InvalidPattern
from eventpipes.pattern import operators, wildcards
from eventpipes.pattern.addresses import block, digits
from eventpipes.pattern.complexity import PatternValue, Wildcards, too_complex
from eventpipes.pattern.numbers import comparable, nearest
from eventpipes.pattern.operators import Test, Values

Branch = dict[str, Values]
"""The tests of each dotted path. A pattern has branches, and an event matches one of them."""

OR = "$or"
MAXIMUM_FIELDS = 256
"""How many fields a branch may have (GenericMachine of event-ruler 1.9.0)."""
LARGEST = sys.float_info.max
RESERVED_IN_OR = frozenset(
    {
        *("exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists"),
        *("wildcard", "numeric", "cidr", "html", "=", "<", "<=", ">", ">=", "regex"),
        *("not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after"),
        *("date-before", "date-on-or-before", "in-date-range"),
        *("ip-address-in-range", "ip-address-not-in-range"),
    }
)


class Object(list[tuple[str, Any]]):
    """A JSON object with all its members, including repeated names."""


_ABSENT = Object([("exists", False)])


class PatternNumber(str):
    """A JSON number as it was written."""

    __slots__ = ()


def parse(pattern: str | dict[str, object]) -> list[Branch]:
    """Return the pattern's branches.

    Raises:
        InvalidPattern: EventBridge would reject it.

    """
    document = _read(pattern)
    if not isinstance(document, Object):
        raise InvalidPattern("a pattern is a JSON object", value=pattern)
    try:
        branches = _Parser(with_or=True).branches(document)
    except InvalidPattern:
        # If "$or" is not valid as an operator, it is the name of a field.
        try:
            branches = _Parser(with_or=False).branches(document)
        except InvalidPattern:
            branches = []
        if not branches:
            raise
    if any(len(branch) > MAXIMUM_FIELDS for branch in branches):
        raise InvalidPattern(f"a pattern has {MAXIMUM_FIELDS} fields at most", value=pattern)
    crowded = None
    if _names_wildcard(document):  # the check takes half of the time
        crowded = too_complex(map(_counted, branches))
    if crowded is not None:
        raise InvalidPattern(
            "the pattern is too complex: use fewer wildcard characters, or fewer repeating"
            " sequences after one",
            path=crowded,
            operator="wildcard",
            value=pattern,
        )
    return branches


def _names_wildcard(node: Any) -> bool:
    if isinstance(node, Object):
        return any(name == "wildcard" or _names_wildcard(value) for name, value in node)
    return isinstance(node, list) and any(map(_names_wildcard, node))


def _counted(branch: Branch) -> dict[str, list[PatternValue]]:
    return {
        name: [
            PatternValue(shown(value), absent, wildcards)
            for value, absent, wildcards in values.given
        ]
        for name, values in branch.items()
    }


def _read(pattern: str | dict[str, object]) -> Any:
    def refuse(constant: str) -> None:
        raise InvalidPattern(f"{constant} is not JSON", value=constant)

    try:
        text = pattern if isinstance(pattern, str) else json.dumps(pattern)
        return json.loads(
            text,
            object_pairs_hook=Object,
            parse_int=PatternNumber,
            parse_float=PatternNumber,
            parse_constant=refuse,
        )
    except InvalidPattern:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidPattern(f"it is not JSON: {error}", value=pattern) from None


class _Parser:
    def __init__(self, *, with_or: bool) -> None:
        self._with_or = with_or

    def branches(self, document: Object) -> list[Branch]:
        branches: list[Branch] = []
        self._object(document, [], branches, inside_or=False)
        return branches

    def _object(
        self, members: Object, steps: list[str], branches: list[Branch], *, inside_or: bool
    ) -> None:
        path = ".".join(steps)
        if not members:
            raise InvalidPattern("an empty object is not allowed", path=path, value={})
        for name, value in members:
            if name == OR and self._with_or:
                self._or(value, steps, branches)
                continue
            if inside_or and name in RESERVED_IN_OR:
                raise InvalidPattern(
                    f"{name!r} is an operator: inside $or, a field may not have this name",
                    path=path,
                    operator=OR,
                    value=name,
                )
            inner = f"{path}.{name}" if path else name  # as in Path.extendedName of event-ruler
            if isinstance(value, Object):
                self._object(value, [*steps, name], branches, inside_or=inside_or)
            elif isinstance(value, list):
                values = _Field(inner, (*steps, name)).values(value)
                if not branches:
                    branches.append({})
                for branch in branches:
                    branch[inner] = values
            else:
                raise InvalidPattern(
                    "a field has a list of values, or an object with more fields:"
                    f" write [{shown(value)}]",
                    path=inner,
                    value=value,
                )

    def _or(self, alternatives: Any, steps: list[str], branches: list[Branch]) -> None:
        path = ".".join(steps)
        if not isinstance(alternatives, list) or isinstance(alternatives, Object):
            raise InvalidPattern("takes a list", path=path, operator=OR, value=alternatives)
        before = [dict(branch) for branch in branches]
        branches.clear()
        for alternative in alternatives:
            if not isinstance(alternative, Object):
                raise InvalidPattern(
                    "takes objects only", path=path, operator=OR, value=alternative
                )
            following = [dict(branch) for branch in before] or [{}]
            self._object(alternative, steps, following, inside_or=True)
            branches += following
        if len(alternatives) < 2:  # noqa: PLR2004 - one object is not a choice
            raise InvalidPattern(
                "takes two objects or more", path=path, operator=OR, value=alternatives
            )


class _Field:
    def __init__(self, path: str, steps: tuple[str, ...]) -> None:
        self._path = path
        self._steps = steps
        self._strings: list[str] = []
        self._tests: list[Test] = []
        self._absent = False
        self._given: list[tuple[Any, bool, Wildcards]] = []

    def values(self, values: list[Any]) -> Values:
        if not values:
            raise InvalidPattern("an empty list is not allowed", path=self._path, value=[])
        for value in values:
            self._given.append((value, value == _ABSENT, ()))
            if isinstance(value, Object):
                self._operator(value)
            elif isinstance(value, list):
                raise self._wrong("", "a value must not be a list", value)
            elif isinstance(value, PatternNumber):
                self._tests.append(operators.equals_number(value))
            elif isinstance(value, str):
                self._string(value)
            else:
                self._tests.append(operators.is_literal(value))
        accept = operators.any_of(self._strings, self._tests)
        return Values(accept, self._absent, self._given, self._steps)

    def _string(self, value: str) -> None:
        address = digits(value)
        if address is None:
            self._strings.append(value)
        else:
            self._tests.append(operators.in_address_range(address, address))

    def _operator(self, expression: Object) -> None:
        name, value = self._only_member("", expression)
        parsers: dict[str, Callable[[Any], Test]] = {
            "anything-but": self._anything_but,
            "equals-ignore-case": self._equals_ignore_case,
            "numeric": self._numeric,
            "prefix": self._prefix,
            "suffix": self._suffix,
            "wildcard": self._wildcard,
            "cidr": self._cidr,
        }
        if name == "exactly":
            self._strings.append(self._text(name, value))
        elif name == "exists":
            if value is True:
                self._tests.append(operators.anything)
            elif value is False:
                self._absent = True
            else:
                raise self._wrong(name, "takes true or false", value)
        elif name in parsers:
            self._tests.append(parsers[name](value))
        else:
            known = ", ".join(sorted([*parsers, "exactly", "exists"]))
            raise self._wrong(name, f"there is no such operator; use {known}", value)

    def _prefix(self, value: Any) -> Test:
        if isinstance(value, Object):
            return operators.ignoring_case(self._ignore_case_of("prefix", value), after=".*")
        return operators.starts_with(self._text("prefix", value))

    def _suffix(self, value: Any) -> Test:
        if isinstance(value, Object):
            return operators.ignoring_case(self._ignore_case_of("suffix", value), before=".*")
        return operators.ends_with(self._text("suffix", value))

    def _ignore_case_of(self, operator: str, expression: Object) -> str:
        name, value = self._only_member(operator, expression)
        if name != "equals-ignore-case":
            raise self._wrong(operator, "takes a string or equals-ignore-case", name)
        return self._text(f"{operator} equals-ignore-case", value)

    def _equals_ignore_case(self, value: Any) -> Test:
        return operators.ignoring_case(self._text("equals-ignore-case", value))

    def _wildcard(self, value: Any) -> Test:
        parsed = self._wildcard_tokens("wildcard", self._text("wildcard", value))
        self._given[-1] = (self._given[-1][0], False, (tuple(parsed),))
        return operators.full_match(wildcards.expression(parsed))

    def _wildcard_tokens(self, operator: str, text: str) -> list[str | None]:
        try:
            return wildcards.tokens(text)
        except ValueError as error:
            raise self._wrong(operator, str(error), text) from None

    def _cidr(self, value: Any) -> Test:
        text = self._text("cidr", value)
        try:
            return operators.in_address_range(*block(text))
        except ValueError as error:
            raise self._wrong("cidr", str(error), text) from None

    def _numeric(self, value: Any) -> Test:
        name = "numeric"
        if not isinstance(value, list) or isinstance(value, Object) or not value:
            raise self._wrong(name, 'takes a list such as [">", 0, "<=", 5]', value)
        comparison, *rest = value
        if isinstance(comparison, PatternNumber) or not isinstance(comparison, str):
            raise self._wrong(name, "the list begins with =, <, <=, > or >=", value)
        if comparison not in ("=", "<", "<=", ">", ">="):
            raise self._wrong(name, f"there is no comparison {comparison!r}", value)
        numbers = [self._number(name, rest[0] if rest else None, value)]
        if len(rest) == 1:
            return self._one_bound(comparison, numbers[0], value)
        if comparison not in (">", ">=") or len(rest) != 3 or rest[1] not in ("<", "<="):  # noqa: PLR2004
            raise self._wrong(name, "a range is a lower bound, then an upper one", value)
        numbers.append(self._number(name, rest[2], value))
        return self._range(
            numbers[0], numbers[1], value, above=comparison == ">", below=rest[1] == "<"
        )

    def _one_bound(self, comparison: str, bound: float, given: Any) -> Test:
        if comparison == "=":
            return self._exactly_number(bound)
        if comparison in ("<", "<="):
            return self._range(-LARGEST, bound, given, above=False, below=comparison == "<")
        return self._range(bound, LARGEST, given, above=comparison == ">", below=False)

    @staticmethod
    def _exactly_number(number: float) -> Test:
        return operators.in_number_range(number, number, above=False, below=False)

    def _range(self, low: float, high: float, given: Any, *, above: bool, below: bool) -> Test:
        if low >= high:
            raise self._wrong("numeric", "the lower bound must be below the upper one", given)
        return operators.in_number_range(low, high, above=above, below=below)

    def _number(self, operator: str, value: Any, given: Any) -> float:
        if not isinstance(value, PatternNumber):
            raise self._wrong(operator, "a bound must be a number", given)
        number = comparable(value)
        if number is None:
            raise self._wrong(
                operator,
                f"no double is exactly {value}, but EventBridge compares doubles: {nearest(value)}",
                given,
            )
        return number

    def _anything_but(self, value: Any) -> Test:
        name = "anything-but"
        if isinstance(value, Object):
            return self._anything_but_operator(value)
        values = value if isinstance(value, list) else [value]
        if all(isinstance(each, PatternNumber) for each in values) and values:
            return operators.no_number_of(self._number(name, each, value) for each in values)
        if (
            all(isinstance(each, str) and not isinstance(each, PatternNumber) for each in values)
            and values
        ):
            return operators.no_string_of(values)
        raise self._wrong(name, "takes strings only, or numbers only", value)

    def _anything_but_operator(self, expression: Object) -> Test:
        inner, value = self._only_member("anything-but", expression)
        name = f"anything-but {inner}"
        if inner not in ("equals-ignore-case", "prefix", "suffix", "wildcard"):
            raise self._wrong(
                "anything-but", "takes prefix, suffix, equals-ignore-case or wildcard", inner
            )
        values = value if isinstance(value, list) else [value]
        if isinstance(value, Object) or not values:
            raise self._wrong(name, "takes a string or a list of strings", value)
        texts = list(dict.fromkeys(self._text(name, each) for each in values))
        if inner in ("prefix", "suffix") and "" in texts:
            raise self._wrong(name, "an empty string is not allowed", value)
        if inner == "wildcard":
            parsed = [self._wildcard_tokens(name, text) for text in texts]
            self._given[-1] = (self._given[-1][0], False, tuple(map(tuple, parsed)))
            return operators.none_of(
                [operators.full_match(wildcards.expression(tokens)) for tokens in parsed]
            )
        tests: dict[str, Callable[[str], Test]] = {
            "equals-ignore-case": operators.ignoring_case,
            "prefix": operators.starts_with,
            "suffix": operators.ends_with,
        }
        return operators.none_of([tests[inner](text) for text in texts])

    def _text(self, operator: str, value: Any) -> str:
        if isinstance(value, PatternNumber) or not isinstance(value, str):
            raise self._wrong(operator, "takes a string", value)
        return value

    def _only_member(self, operator: str, expression: Object) -> tuple[str, Any]:
        if len(expression) != 1:
            raise self._wrong(operator, "takes exactly one operator", dict(expression))
        return expression[0]

    def _wrong(self, operator: str, message: str, given: Any) -> InvalidPattern:
        return InvalidPattern(
            f"{message} (found {shown(given)})",
            path=self._path,
            operator=operator,
            value=given,
        )


def shown(value: Any) -> str:
    """Return a value of a pattern as JSON text."""
    if isinstance(value, PatternNumber):
        return str(value)
    if isinstance(value, Object):
        return "{" + ", ".join(f"{json.dumps(k)}: {shown(v)}" for k, v in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(shown, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
