"""A JSONata expression, as Step Functions evaluates it.

The library `jsonata-python` evaluates JSONata. Step Functions has more functions, but no `$eval`,
and it fails without a result.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final

from eventpipes.errors import InvalidDefinition, Unsupported
from eventpipes.workflow.functions import functions
from eventpipes.workflow.jsonata_library import JException, Jsonata, Parser, Utils
from eventpipes.workflow.state_error import QUERY_EVALUATION_ERROR, StateError

MAX_SECONDS: Final = 1.0
"""How long Step Functions evaluates an expression. The engine measures processor time."""
CONTEXT: Final = frozenset(
    {
        *("Execution.Id", "Execution.Input", "Execution.Name", "Execution.StartTime"),
        *("Map.Item", "State.EnteredTime", "State.Name"),
        *("StateMachine.Id", "StateMachine.Name"),
    }
)
"""The members of `$states.context` that the engine has."""
_STATES: Final = "states"
_MEMBERS: Final = ("input", "result", "errorOutput", "context")
_STEPS_BETWEEN_LOOKS = 256
_ENTRY, _EXIT = "__evaluate_entry", "__evaluate_exit"
"""The names by which the library calls something before and after each step."""
_EXACT: Final = 2**53


class _Frame(Jsonata.Frame):  # type: ignore[misc]  # the library has no types
    """A frame that has the library's two hooks, if the frame around it has them.

    The library looks for both at each step. Without them, it looks through all frames around.
    """

    def __init__(self, around: Any) -> None:  # noqa: ANN401 - another frame, or None
        super().__init__(around)
        if around is not None and _ENTRY in around.bindings:
            self.bindings.update({name: around.bindings[name] for name in (_ENTRY, _EXIT)})


class _Jsonata(Jsonata):  # type: ignore[misc]  # the library has no types
    """The library, with frames that are read faster."""

    def create_frame(self, enclosing_environment: Any = None) -> _Frame:  # noqa: ANN401 - see above
        """Return a frame inside another one."""
        return _Frame(enclosing_environment)


@dataclass(frozen=True)
class Scope:
    """The values that an expression may read: variables, `$states`, the time, random numbers."""

    variables: Mapping[str, Any]
    states: Mapping[str, Any]
    now: Callable[[], datetime]
    random: Callable[[], float]

    @cached_property
    def functions(self) -> Mapping[str, Any]:
        """Step Functions' own functions, as the library calls them."""
        return {
            name: Jsonata.JLambda(function)
            for name, function in functions(self.now, self.random).items()
        }


@dataclass(frozen=True)
class Expression:
    """The text between `{%` and `%}`, compiled.

    Several threads may evaluate one expression at the same time, because each evaluation has its
    own frame, and the library stores the rest for each thread. So equal expressions share what is
    compiled.

    Raises:
        InvalidDefinition: it is not JSONata, or Step Functions does not have a part of it.
        Unsupported: it reads a value that the engine does not have.

    """

    text: str
    place: str
    names: frozenset[str] = field(init=False)
    members: frozenset[str] = field(init=False)
    """The members of `$states` that it reads."""
    _compiled: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            compiled, nodes = _compile(self.text)
        except (JException, RecursionError, ValueError) as error:
            raise InvalidDefinition(
                f"{self.place} is not a JSONata expression: {error} in {self.text!r}"
            ) from None
        names = frozenset(node.value for node in nodes if node.type == "variable")
        if "eval" in names:
            raise InvalidDefinition(
                f"{self.place}: Step Functions does not have $eval; use $parse for JSON text"
            )
        object.__setattr__(self, "_compiled", compiled)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "members", frozenset(self._members(nodes)))

    def _members(self, nodes: Sequence[Any]) -> Iterator[str]:
        """Yield the members of `$states` that it reads; refuse those that the engine lacks."""
        paths = [node.steps for node in nodes if node.type == "path"]
        read = [steps for steps in paths if _is_states(steps[0])]
        whole = sum(map(_is_states, nodes)) - len(read)
        if whole or any(len(steps) == 1 or steps[1].type != "name" for steps in read):
            raise Unsupported(
                f"{self.place} uses $states as a whole; name a member, such as $states.input"
            )
        for steps in read:
            member = steps[1].value
            if member not in _MEMBERS:
                raise InvalidDefinition(
                    f"{self.place} reads $states.{member}; $states has {', '.join(_MEMBERS)}"
                )
            if member == "context":
                path = ".".join(step.value for step in steps[2:4] if step.type == "name")
                if path not in CONTEXT:
                    raise Unsupported(
                        f"{self.place} reads $states.context.{path}; the engine has"
                        f" {', '.join(sorted(CONTEXT))}"
                    )
            yield member

    def path_in(self, record: object, scope: Scope) -> tuple[str | int, ...] | None:
        """Return the path of the record that the expression reads, if it reads one path only.

        The path begins at a variable, or at `$states.input`, whose value is the record.
        """
        _, nodes = _compile(self.text)
        read = [node.steps for node in nodes if node.type == "path"]
        read = [steps for steps in read if steps[0].type == "variable"]
        names = {*scope.variables, _STATES}
        bare = sum(node.type == "variable" and node.value in names for node in nodes) - len(read)
        paths = {tuple(map(_name_of, steps)) for steps in read}
        if bare or len(paths) != 1:
            return None
        path = tuple(name for name in paths.pop() if name is not None)
        if len(path) < len(read[0]):
            return None
        if path[:2] == (_STATES, "input"):
            return path[2:] if scope.states["input"] == record else None
        return path[1:] if scope.variables.get(path[0]) == record else None

    def evaluate(self, scope: Scope) -> Any:  # noqa: ANN401 - JSON is anything
        """Return the result as JSON values.

        Raises:
            StateError: States.QueryEvaluationError: it fails, or it has no result.

        """
        bound: dict[str, Any] = {_ENTRY: _Watch(), _EXIT: None}
        for name in self.names:
            if name == _STATES:
                bound[name] = scope.states
            elif name in scope.variables:
                value = scope.variables[name]
                bound[name] = Utils.NULL_VALUE if value is None else value
            elif name in scope.functions:
                bound[name] = scope.functions[name]
        try:
            result = self._compiled.evaluate(None, bound)
            if result is not None:
                return _json(result)
        except _TooLong:
            raise self._failure(f"takes longer than {MAX_SECONDS:g} second") from None
        except RecursionError:
            raise self._failure("exceeds the maximum recursion depth") from None
        except Exception as error:  # the library raises any error of Python's
            raise self._failure(f"fails: {error}") from error
        raise self._failure("returned nothing (undefined)")

    def _failure(self, why: str) -> StateError:
        return StateError(
            QUERY_EVALUATION_ERROR,
            f"The JSONata expression '{self.text}' specified for the field '{self.place}' {why}.",
        )


class _TooLong(BaseException):
    """An expression takes longer than Step Functions allows."""


class _Watch:
    """Ends an evaluation that takes too long; the library calls it at each step."""

    __slots__ = ("_begin", "_steps")

    def __init__(self) -> None:
        self._steps = 0
        self._begin: float | None = None

    def __call__(self, *_step: object) -> None:
        self._steps += 1
        if self._steps % _STEPS_BETWEEN_LOOKS:
            return
        if self._begin is None:  # most expressions end before: reading the clock takes long
            self._begin = time.thread_time()
        elif time.thread_time() - self._begin > MAX_SECONDS:
            raise _TooLong


@lru_cache(maxsize=1024)
def _compile(text: str) -> tuple[Any, Sequence[Any]]:
    """Return the compiled expression and its nodes. Definitions have many equal expressions."""
    compiled = _Jsonata(text)
    compiled.set_output_convert_nulls(False)
    compiled.set_validate_input(False)
    return compiled, tuple(_nodes(compiled.ast))


def _is_states(node: Any) -> bool:  # noqa: ANN401 - a node of the library
    return bool(node.type == "variable" and node.value == _STATES)


def _name_of(step: Any) -> str | None:  # noqa: ANN401 - a node of the library
    """Return the name that a step of a path reads, or None if it does more than that."""
    more = (
        getattr(step, name, None) for name in ("predicate", "stages", "group", "focus", "index")
    )
    is_plain = step.type in ("name", "variable") and not any(more)
    return str(step.value) if is_plain else None


def _nodes(root: object) -> Iterator[Any]:
    """Yield each node of an expression once."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        match waiting.pop():
            case Parser.Symbol() as node:
                if id(node) not in seen:
                    seen.add(id(node))
                    waiting.extend(vars(node).values())
                    yield node
            case list() | tuple() as several:
                waiting.extend(several)


def _json(value: Any) -> Any:  # noqa: ANN401 - JSON is anything
    """Return a result of the library as JSON values, with numbers as in JavaScript."""
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if -_EXACT <= value <= _EXACT else int(float(value))
        case float():
            return int(value) if value.is_integer() and abs(value) <= _EXACT else value
        case list():
            return [_json(element) for element in value]
        case dict():
            return {name: _json(member) for name, member in value.items()}
    if value is Utils.NULL_VALUE:
        return None
    raise TypeError("the result is a function, which is not JSON")
