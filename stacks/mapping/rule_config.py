"""A route as a rule of an event bus has it: the record is the event's `detail`."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eventpipes.definition import MAX_PATTERN_LENGTH
from eventpipes.path import is_path
from eventpipes.rule import MAX_PATH_LENGTH, MAX_PATHS

from stacks.mapping.errors import MappingError
from stacks.mapping.pipe_config import Route

RECORD = "$.detail"
LONGEST_NAME = 200
"""Characters of a variable's name, to which a number may come: AWS takes 256."""
_VARIABLE = re.compile(r"<(\$[^>]*)>")


@dataclass(frozen=True, kw_only=True)
class RuleRoute:
    """A pattern of events, an input transformer, and HTTP parameters.

    `input_paths` are the transformer's variables; without a template, `input_path` is the part
    of the event that is sent. See AWS: "Amazon EventBridge input transformation" and
    "API destinations as targets".
    """

    pattern: str
    input_path: str | None = None
    input_template: str | None = None
    input_paths: Mapping[str, str] = field(default_factory=dict)
    path_parameters: Sequence[str] = ()
    query_string_parameters: Mapping[str, str] = field(default_factory=dict)

    def check(self, name: str) -> None:
        """Raise unless this fits a rule; `name` says which operation it is for.

        Raises:
            MappingError: the pattern or the transformer is more than EventBridge takes.

        """
        if len(self.pattern) > MAX_PATTERN_LENGTH:
            raise MappingError(
                f"the rules for the items make a pattern of {len(self.pattern)} characters for"
                f" {name}, and a rule of an event bus takes {MAX_PATTERN_LENGTH}: narrow by fewer"
                " values, or by one attribute that says whether an item is to flow"
            )
        if len(self.input_paths) > MAX_PATHS:
            raise MappingError(
                f"the value of {name} has {len(self.input_paths)} parts of an item, and a rule of"
                f" an event bus takes {MAX_PATHS}: send fewer, or all of them with"
                ' value={"NewImage": Field.NEW_IMAGE}'
            )
        for path in self.input_paths.values():
            if len(path) > MAX_PATH_LENGTH:
                raise MappingError(
                    f"the value of {name} has {path[:40]}... of an item, a path of {len(path)}"
                    f" characters, and a rule of an event bus takes {MAX_PATH_LENGTH}: write it to"
                    " an attribute with a shorter name as well, and use that"
                )


def on_bus(route: Route, source: str) -> RuleRoute:
    """Return what does with events of this source as a pipe's route does with records.

    >>> rule = on_bus(Route(path_parameters=("cars",), input_template='{"City":<$.Keys.City.S>}',
    ...     query_string_parameters={"key": "$.Keys.City.S", "ttl_seconds": "60"}), "shop")
    >>> rule.pattern
    '{"source":["shop"]}'
    >>> rule.input_template, rule.input_paths
    ('{"City":<Keys_City_S>}', {'Keys_City_S': '$.detail.Keys.City.S'})
    >>> rule.query_string_parameters
    {'key': '$.detail.Keys.City.S', 'ttl_seconds': '60'}
    """
    names: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        path = match[1]
        if path not in names:
            name = re.sub(r"\W+", "_", path.removeprefix("$.")).strip("_")[:LONGEST_NAME]
            taken = set(names.values())
            names[path] = name if name not in taken else f"{name}_{len(taken)}"
        return f"<{names[path]}>"

    template = route.input_template
    if template is not None:
        template = _VARIABLE.sub(named, template)
    return RuleRoute(
        pattern=_pattern(route.patterns, source),
        input_path=RECORD if template is None else None,
        input_template=template,
        input_paths={name: _in_detail(path) for path, name in names.items()},
        path_parameters=tuple(map(_in_detail, route.path_parameters)),
        query_string_parameters={
            name: _in_detail(value) for name, value in route.query_string_parameters.items()
        },
    )


def taken_by_any(routes: Sequence[Route], most: int) -> tuple[str, ...]:
    """Return filters for what any of the routes takes; none if that is all, or too many to say.

    What is filtered out before the bus costs nothing there.
    """
    patterns = dict.fromkeys(pattern for route in routes for pattern in route.patterns)
    if len(patterns) > most or not all(route.patterns for route in routes):
        return ()
    return tuple(patterns)


def _in_detail(value: str) -> str:
    return RECORD + value[1:] if is_path(value) else value


def _pattern(patterns: Sequence[str], source: str) -> str:
    """Return one pattern for events whose record any of the filters matches."""
    details = [{"detail": json.loads(pattern)} for pattern in patterns]
    pattern: dict[str, object] = {"source": [source]}
    match details:
        case []:
            pass
        case [only]:
            pattern |= only
        case _:
            pattern["$or"] = details
    return json.dumps(pattern, separators=(",", ":"), ensure_ascii=False)
