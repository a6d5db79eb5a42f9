"""Parse the definition of a state machine, and refuse what the engine cannot run as AWS does."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from eventpipes.errors import InvalidDefinition, Unsupported
from eventpipes.template import from_json
from eventpipes.workflow import http_task, sdk_task, send_message
from eventpipes.workflow.distribution import parse_distribution
from eventpipes.workflow.fields import Fields
from eventpipes.workflow.http_task import HttpTask
from eventpipes.workflow.payload import INPUT, RESULT, Payload
from eventpipes.workflow.recovery import parse_catchers, parse_retriers
from eventpipes.workflow.sdk_task import SdkTask
from eventpipes.workflow.send_message import SendMessage
from eventpipes.workflow.states import (
    Choice,
    ChoiceRule,
    Fail,
    Map,
    Pass,
    State,
    StateGraph,
    Succeed,
    Task,
    Wait,
)
from eventpipes.workflow.variables import parse_assign, parse_output

MAX_DEFINITION: Final = 1_048_576
MAX_NAME: Final = 80
_MOST_SECONDS: Final = 99_999_999
_JSONATA: Final = "JSONata"
_Service = HttpTask | SendMessage | SdkTask
_SERVICES: Final[Mapping[str, Callable[[Fields], _Service]]] = {
    http_task.RESOURCE: HttpTask.parse,
    send_message.RESOURCE: SendMessage.parse,
    **{arn: partial(SdkTask.parse, arn) for arn in sdk_task.MAX_SECONDS},
}


def parse_machine(definition: str | Mapping[str, Any]) -> tuple[StateGraph, int | None]:
    """Return the states of a definition, and its TimeoutSeconds.

    Raises:
        InvalidDefinition: AWS would refuse it.
        Unsupported: AWS accepts it, but the engine cannot run it.

    """
    fields = Fields(_read(definition), "the state machine")
    fields.text("Comment")
    language = fields.text("QueryLanguage", "JSONPath")
    if language != _JSONATA:
        raise Unsupported(f"the state machine's QueryLanguage is {language}; use {_JSONATA}")
    timeout = fields.whole("TimeoutSeconds", 0, least=1, most=_MOST_SECONDS)
    workflow = _workflow(fields)
    fields.end("Version")
    names = Counter(state.name for state in workflow.every_state())
    for name, count in names.items():
        if count > 1:
            raise InvalidDefinition(f"{count} states have the name {name!r}")
    _check_variables(workflow, frozenset())
    return workflow, timeout or None


def _read(definition: str | Mapping[str, Any]) -> object:
    if not isinstance(definition, str):
        return definition
    if len(definition) > MAX_DEFINITION:
        raise InvalidDefinition(
            f"the state machine's definition has {len(definition)} characters and may have"
            f" {MAX_DEFINITION}"
        )
    try:
        return from_json(definition)
    except ValueError as error:
        raise InvalidDefinition(f"the state machine's definition is not JSON: {error}") from None


def _workflow(fields: Fields) -> StateGraph:
    start, states = fields.must_text("StartAt"), fields.take("States")
    if not isinstance(states, Mapping) or not states:
        raise fields.invalid("States must be an object with at least one state")
    workflow = StateGraph(start, {name: _state(name, body) for name, body in states.items()})
    _check_transitions(workflow, fields)
    return workflow


def _check_transitions(workflow: StateGraph, fields: Fields) -> None:
    if workflow.start not in workflow.states:
        raise fields.invalid(f"StartAt is {workflow.start!r}, which is not a state here")
    reached, waiting = set(), [workflow.start]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        for to in _next_states(workflow.states[name]):
            if to not in workflow.states:
                raise InvalidDefinition(f"state {name!r} leads to {to!r}, which does not exist")
            waiting.append(to)
    for name in workflow.states:
        if name not in reached:
            raise InvalidDefinition(f"no state leads to the state {name!r}")


def _next_states(state: State) -> Iterator[str]:
    match state:
        case Choice():
            yield from (rule.next for rule in state.rules)
            if state.default is not None:
                yield state.default
        case Pass() | Map() | Task() | Wait():
            if state.next is not None:
                yield state.next
            if isinstance(state, Map | Task):
                yield from (catcher.next for catcher in state.catchers)


def _check_variables(workflow: StateGraph, outer: frozenset[str]) -> None:
    """Refuse a variable that is assigned both inside and outside of a Map.

    A child execution of a distributed Map has its own variables.
    """
    own = {name for state in workflow.states.values() for name in _assigns(state)}
    for name in sorted(own & outer):
        raise InvalidDefinition(
            f"the variable ${name} is assigned inside a Map and outside of it: use another name"
        )
    for state in workflow.states.values():
        if isinstance(state, Map):
            inner = outer | own if state.distribution is None else frozenset()
            _check_variables(state.processor, inner)


def _assigns(state: State) -> Iterator[str]:
    match state:
        case Pass() | Wait():
            yield from state.assign
        case Choice():
            yield from state.assign
            for rule in state.rules:
                yield from rule.assign
        case Map() | Task():
            yield from state.assign
            for catcher in state.catchers:
                yield from catcher.assign


def _state(name: str, body: object) -> State:
    fields = Fields(body, f"state {name!r}", ", ")
    if not 1 <= len(name) <= MAX_NAME:
        raise fields.invalid(f"its name has {len(name)} characters and may have {MAX_NAME}")
    type_ = fields.must_text("Type")
    fields.text("Comment")
    language = fields.text("QueryLanguage", _JSONATA)
    if language != _JSONATA:
        raise Unsupported(f"{fields.place}: its QueryLanguage is {language}; use {_JSONATA}")
    if type_ == "Parallel":
        raise Unsupported(f"{fields.place}: the engine does not run states of the type {type_}")
    if type_ not in _PARSERS:
        raise fields.invalid(f"there is no type {type_!r}")
    return _PARSERS[type_](name, fields)


def _pass(name: str, fields: Fields) -> Pass:
    state = Pass(
        name=name,
        assign=parse_assign(fields, INPUT),
        output=parse_output(fields, INPUT),
        next=_next(fields),
    )
    fields.end()
    return state


def _choice(name: str, fields: Fields) -> Choice:
    rules = fields.take("Choices")
    if not isinstance(rules, list) or not rules:
        raise fields.invalid("Choices must be a list with at least one rule")
    state = Choice(
        name=name,
        rules=tuple(
            _rule(Fields(rule, fields.inside(f"Choices[{index}]")))
            for index, rule in enumerate(rules)
        ),
        default=fields.text("Default"),
        assign=parse_assign(fields, INPUT),
        output=parse_output(fields, INPUT),
    )
    fields.end()
    return state


def _rule(fields: Fields) -> ChoiceRule:
    condition = Payload.take(fields, "Condition")
    if condition.is_constant and not isinstance(condition.constant, bool):
        raise fields.invalid(f"Condition is not JSONata, but {condition.constant!r}")
    rule = ChoiceRule(
        condition=condition,
        next=fields.must_text("Next"),
        assign=parse_assign(fields, INPUT),
        output=parse_output(fields, INPUT),
    )
    fields.text("Comment")
    fields.end()
    return rule


def _wait(name: str, fields: Fields) -> Wait:
    seconds = Payload.take(fields, "Seconds")
    if seconds.is_constant:
        Fields({"Seconds": seconds.constant}, fields.place).whole(
            "Seconds", 0, least=0, most=_MOST_SECONDS
        )
    state = Wait(
        name=name,
        seconds=seconds,
        assign=parse_assign(fields, INPUT),
        output=parse_output(fields, INPUT),
        next=_next(fields),
    )
    fields.end("Timestamp")
    return state


def _succeed(name: str, fields: Fields) -> Succeed:
    state = Succeed(name=name, output=parse_output(fields, INPUT))
    fields.end()
    return state


def _fail(name: str, fields: Fields) -> Fail:
    state = Fail(name=name, error=_message(fields, "Error"), cause=_message(fields, "Cause"))
    fields.end()
    return state


def _message(fields: Fields, name: str) -> Payload | None:
    payload = Payload.take_given(fields, name)
    if payload is not None and payload.is_constant and not isinstance(payload.constant, str):
        raise fields.invalid(f"{name} is not text, but {payload.constant!r}")
    return payload


def _map(name: str, fields: Fields) -> Map:
    processor = fields.part("ItemProcessor")
    distribution = None
    if processor.has("ProcessorConfig"):
        config = processor.part("ProcessorConfig")
        if config.constant("Mode", ("INLINE", "DISTRIBUTED"), "INLINE") == "DISTRIBUTED":
            distribution = parse_distribution(fields, config, name)
        config.end("ExecutionType")
    workflow = _workflow(processor)
    processor.text("Comment")
    processor.end()
    items = Payload.take_given(fields, "Items")
    if items is not None and items.is_constant and not isinstance(items.constant, list):
        raise Unsupported(f"{fields.place}: Items is not a list, but {items.constant!r}")
    state = Map(
        name=name,
        items=items,
        max_concurrency=fields.whole("MaxConcurrency", 0, least=0, most=_MOST_SECONDS),
        distribution=distribution,
        processor=workflow,
        catchers=parse_catchers(fields),
        assign=parse_assign(fields, RESULT),
        output=parse_output(fields, RESULT),
        next=_next(fields),
    )
    fields.end(
        *("ItemBatcher", "ItemReader", "ItemSelector", "Label", "ResultWriter", "Retry"),
        *("ToleratedFailureCount", "ToleratedFailurePercentage"),
    )
    return state


def _task(name: str, fields: Fields) -> Task:
    resource = fields.must_text("Resource")
    parse = _SERVICES.get(resource)
    if parse is None:
        raise Unsupported(
            f"{fields.place}: the engine does not run the resource {resource};"
            f" it runs {' and '.join(_SERVICES)}"
        )
    service = parse(fields)
    timeout = Payload.take_given(fields, "TimeoutSeconds")
    if timeout is not None and timeout.is_constant:
        Fields({"TimeoutSeconds": timeout.constant}, fields.place).whole(
            "TimeoutSeconds", 0, least=1, most=_MOST_SECONDS
        )
    state = Task(
        name=name,
        service=service,
        timeout=timeout,
        retriers=parse_retriers(fields),
        catchers=parse_catchers(fields),
        assign=parse_assign(fields, RESULT),
        output=parse_output(fields, RESULT),
        next=_next(fields),
    )
    fields.end("Credentials", "HeartbeatSeconds")
    return state


def _next(fields: Fields) -> str | None:
    """Take Next or End, and return the next state's name, or None at the end."""
    to = fields.text("Next")
    end = fields.take("End") if fields.has("End") else None
    if end is not None and not isinstance(end, bool):
        raise fields.invalid(f"End is not true, but {end!r}")
    if (to is None) == (end is not True):
        raise fields.invalid("it needs either Next, or End with the value true")
    return to


_PARSERS: Final[Mapping[str, Callable[[str, Fields], State]]] = {
    "Choice": _choice,
    "Fail": _fail,
    "Map": _map,
    "Pass": _pass,
    "Succeed": _succeed,
    "Task": _task,
    "Wait": _wait,
}
