"""All faults of a definition: each part is checked separately.

`Pipe` and `Rule` raise only the first fault. Here, all parts are checked, even if the engine
cannot run one part, such as an enrichment, another target or a Terraform expression.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from eventpipes import pattern as event_pattern
from eventpipes.block import is_expression, is_whole_expression, with_expressions_as
from eventpipes.constants import refused_always
from eventpipes.definition import MAX_PATTERN_LENGTH, Definition, Destination, StateMachineTarget
from eventpipes.envelope import Envelope
from eventpipes.errors import EventPipesError, Undeliverable, Unsupported
from eventpipes.momento import MAX_TTL_SECONDS
from eventpipes.parameters import check_value, named_texts, unreadable
from eventpipes.pipe import refusals
from eventpipes.request import removed_headers, wildcards
from eventpipes.rule import RuleDefinition, check_input, variables
from eventpipes.service_model import EVENTS, PIPES, Model
from eventpipes.stream_path import unreadable_parameters, unreadable_variables
from eventpipes.stream_pattern import all_match, unmatched, unmatched_event, unsupported_by_pipes
from eventpipes.template import Template, from_json
from eventpipes.workflow_target import ParsedMachine

_STAND_INS: Final = ("1", "", '"x"', '["x"]', '{"x":["x"]}')
"""Possible values of an expression: text in a string, nothing, a value, a list, an object."""


@dataclass
class Faults:
    """Sentences: errors, which EventBridge refuses, and warnings about likely mistakes."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def attempt(self, judge: Callable[[], object]) -> None:
        """Add the error of a part, if it has one."""
        try:
            judge()
        except EventPipesError as error:
            self.errors.append(str(error))


def faults(
    definition: Definition | RuleDefinition, *, max_ttl_seconds: int = MAX_TTL_SECONDS
) -> Faults:
    """Return the faults of a pipe or of a rule's target, in all its known parts.

    `max_ttl_seconds` is how long the account's caches keep an item.
    """
    noted = Faults()
    if isinstance(definition, Definition):
        _pipe(definition, noted)
        if not noted.errors:
            noted.warnings.extend(_unmatched(definition))
    else:
        _rule(definition, noted)
    if definition.unsupported is not None:
        noted.warnings.append(
            f"{definition.unsupported}: its other parts were checked; it cannot be run locally"
        )
    elif (reason := definition.destination.connection.unsupported) is not None:
        noted.warnings.append(f"{reason}: its other parts were checked; it cannot be run locally")
    if not noted.errors:
        noted.warnings.extend(refused_always(definition, max_ttl_seconds=max_ttl_seconds))
    return noted


def _pipe(definition: Definition, noted: Faults) -> None:
    for refusal in refusals(definition):
        if isinstance(refusal, Unsupported):
            noted.warnings.append(f"{refusal}, or it cannot be run locally")
        else:
            noted.errors.append(str(refusal))
    for text in definition.filters:
        _pattern(text, noted)
    for template in (definition.input_template, definition.enrichment_template):
        _template(template, noted, Template)
    if definition.state_machine is not None:
        _state_machine(definition.state_machine, noted)
    elif (bus := definition.event_bus) is not None:
        try:
            noted.warnings.extend(Envelope(definition, bus).warnings)
        except EventPipesError as error:
            if not (is_expression(bus.source) or is_expression(bus.detail_type)):
                noted.errors.append(str(error))
    else:
        _parameters(definition, noted, PIPES)


def _state_machine(machine: StateMachineTarget, noted: Faults) -> None:
    if not machine.definition or is_whole_expression(machine.definition):
        return
    try:
        ParsedMachine(machine)
    except Unsupported as error:
        noted.warnings.append(f"{error}: it cannot be run locally")
    except EventPipesError as error:
        noted.errors.append(str(error))


def _unmatched(definition: Definition) -> Iterator[str]:
    """Yield a sentence for each part that AWS accepts and that matches no record of the stream."""
    filters = [text for text in definition.filters if not is_expression(text)]
    for text in filters:
        yield from unsupported_by_pipes(text)
    if "stream" in (definition.unsupported or ""):
        return  # its source is not a stream
    for text in filters:
        yield from unmatched(text)
        yield from all_match(text)
    of_record = definition.enrichment_template if definition.enriched else definition.input_template
    if of_record and not is_expression(of_record):
        yield from unreadable_variables(Template(of_record).names)
    if definition.state_machine is not None:
        return
    if not definition.enriched and definition.event_bus is None:
        path = _numbered(definition.path_parameters)
        yield from unreadable_parameters({**path, **definition.query_string})
        yield from unreadable_parameters(definition.headers)


def _rule(definition: RuleDefinition, noted: Faults) -> None:
    if definition.pattern:
        _pattern(definition.pattern, noted)
        if not noted.errors and not is_expression(definition.pattern):
            noted.warnings.extend(unmatched_event(definition.pattern))
    noted.attempt(lambda: check_input(definition))
    if definition.constant_input is not None:
        if definition.input_path is not None or definition.input_template is not None:
            noted.errors.append(
                "it has a constant input together with an input_path or an input transformer: give"
                " one of them"
            )
        _template(definition.constant_input, noted, _check_json)
    if not noted.errors:  # otherwise a wrong name in input_paths would be reported twice
        of_rule = variables(definition)
        _template(definition.input_template, noted, lambda text: Template(text, of_rule))
    _parameters(definition, noted, EVENTS)


def _check_json(text: str) -> None:
    try:
        from_json(text)
    except ValueError as error:
        raise Undeliverable(f"the constant input is not JSON, which AWS needs: {error}") from None


def _pattern(text: str, noted: Faults) -> None:
    if is_whole_expression(text):
        return
    known = with_expressions_as(text, "")
    if len(known) > MAX_PATTERN_LENGTH:
        noted.errors.append(
            f"an event pattern has {len(known)} characters and may have {MAX_PATTERN_LENGTH}"
        )
        return
    _with_stand_ins(text, noted, event_pattern.compile)


def _template(text: str | None, noted: Faults, compile_: Callable[[str], object]) -> None:
    if text and not is_whole_expression(text):
        compiled = _with_stand_ins(text, noted, compile_)
        if isinstance(compiled, Template):
            noted.warnings.extend(compiled.warnings)


def _with_stand_ins(text: str, noted: Faults, compile_: Callable[[str], object]) -> object:
    """Compile a text. A text with expressions is wrong if it is wrong for all stand-ins."""
    try:
        return compile_(text)
    except EventPipesError as error:
        if not is_expression(text):
            noted.errors.append(str(error))
            return None
        if is_expression(str(getattr(error, "value", ""))):
            return None  # the error is about the expression itself
        first = error
    for value in _STAND_INS:
        try:
            return compile_(with_expressions_as(text, value))
        except EventPipesError as error:
            first = error if value == _STAND_INS[0] else first
    noted.errors.append(str(first))
    return None


def _parameters(definition: Definition | RuleDefinition, noted: Faults, model: Model) -> None:
    """Check each HTTP parameter; if the endpoint is known, also their number."""
    destination: Destination = definition.destination
    endpoint, given = destination.endpoint, definition.path_parameters
    if endpoint and not is_whole_expression(endpoint) and not definition.unknown_parameters:
        noted.attempt(lambda: wildcards(with_expressions_as(endpoint, "x"), given))
    for subject, shape, text in named_texts(given, definition.query_string, definition.headers):
        if not is_whole_expression(text):
            known = with_expressions_as(text, "x")
            noted.attempt(partial(check_value, subject, known, model[shape]))
    noted.warnings.extend(removed_headers(destination.connection.headers, definition.headers))
    for parameters in (_numbered(given), definition.query_string, definition.headers):
        noted.warnings.extend(
            unreadable({name: text for name, text in parameters.items() if not is_expression(text)})
        )


def _numbered(values: Sequence[str]) -> Mapping[str, str]:
    return {f"path {place}": value for place, value in enumerate(values, 1)}
