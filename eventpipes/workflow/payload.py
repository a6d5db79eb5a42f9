"""A value of a definition: JSON in which a text between `{%` and `%}` is JSONata."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, Final, Self

from eventpipes.errors import InvalidDefinition
from eventpipes.workflow.expression import Expression, Scope
from eventpipes.workflow.fields import Fields

_OPEN: Final = "{%"
_CLOSE: Final = "%}"
_Evaluate = Callable[[Scope], Any]
INPUT: Final = ("input", "context")
RESULT: Final = ("input", "context", "result")
ERROR_OUTPUT: Final = ("input", "context", "errorOutput")


def is_expression(value: object) -> bool:
    """Say whether a value of a definition is JSONata."""
    return isinstance(value, str) and (value.startswith(_OPEN) or value.endswith(_CLOSE))


class Payload:
    """A compiled value. `members` are the members of `$states` that it may read.

    Raises:
        InvalidDefinition: an expression is not closed or not JSONata, or reads another member.

    """

    def __init__(self, value: object, place: str, members: Collection[str] = INPUT) -> None:
        self.place = place
        self.value = value
        self._expressions: list[Expression] = []
        self._evaluate = self._compile(value, place)
        self.is_constant = not self._expressions
        self.constant = value if self.is_constant else None
        for expression in self._expressions:
            for member in sorted(expression.members - set(members)):
                raise InvalidDefinition(
                    f"{expression.place} reads $states.{member}, which does not exist here;"
                    f" use {', '.join(f'$states.{name}' for name in members)}"
                )

    @classmethod
    def take(cls, fields: Fields, name: str) -> Self:
        """Take a required field."""
        return cls(fields.take(name), fields.inside(name))

    @classmethod
    def take_given(cls, fields: Fields, name: str, members: Collection[str] = INPUT) -> Self | None:
        """Take a field, or return None if it is not given."""
        return cls(fields.take(name), fields.inside(name), members) if fields.has(name) else None

    def evaluate(self, scope: Scope) -> Any:  # noqa: ANN401 - JSON is anything
        """Return the value, or raise States.QueryEvaluationError."""
        return self._evaluate(scope)

    def expressions(self) -> Iterator[Expression]:
        """Yield the expressions in the value."""
        yield from self._expressions

    def _compile(self, value: object, place: str) -> _Evaluate:
        match value:
            case str() if is_expression(value):
                return self._expression(value, place)
            case dict():
                members = [
                    (name, self._compile(member, f"{place}/{name}"))
                    for name, member in value.items()
                ]
                return lambda scope: {name: member(scope) for name, member in members}
            case list():
                elements = [
                    self._compile(element, f"{place}[{index}]")
                    for index, element in enumerate(value)
                ]
                return lambda scope: [element(scope) for element in elements]
        return lambda _scope: value

    def _expression(self, text: str, place: str) -> _Evaluate:
        if not (text.startswith(_OPEN) and text.endswith(_CLOSE) and len(text) > len("{%%}")):
            raise InvalidDefinition(
                f"{place}: begin JSONata with {_OPEN} and end it with {_CLOSE}, not {text!r}"
            )
        expression = Expression(text[len(_OPEN) : -len(_CLOSE)].strip(), place)
        self._expressions.append(expression)
        return expression.evaluate
