"""A pipe's configuration for a rule of an event bus. The record is the event's `detail`."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from eventpipes.definition import MAX_PATTERN_LENGTH
from eventpipes.path import is_path
from eventpipes.rule import MAX_PATH_LENGTH, MAX_PATHS
from momento_pipes.mapping.errors import MappingError
from momento_pipes.mapping.pipe_config import PipeConfig
from momento_pipes.mapping.target_config import TargetConfig

RECORD = "$.detail"
LONGEST_NAME = 200
"""The most characters of a variable's name. A number may be added, and AWS allows 256."""
_VARIABLE = re.compile(r"<(\$[^>]*)>")


@dataclass(frozen=True, kw_only=True)
class RuleConfig(TargetConfig):
    """An event pattern and a target.

    `input_paths` are the variables of the input transformer. Without a template, `input_path` is
    the part of the event that is sent.

    See AWS: "Amazon EventBridge input transformation" and "API destinations as targets".
    """

    pattern: str
    input_path: str | None = None
    input_paths: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_pipe(cls, pipe: PipeConfig, *, event_source: str) -> "RuleConfig":
        """Return the rule that sends for an event what the pipe sends for the event's record.

        >>> rule = RuleConfig.of_pipe(PipeConfig(
        ...     path_parameters=("cars",), input_template='{"City":<$.Keys.City.S>}',
        ...     query_string_parameters={"key": "$.Keys.City.S", "ttl_seconds": "60"},
        ... ), event_source="shop")
        >>> rule.pattern
        '{"source":["shop"]}'
        >>> rule.input_template, rule.input_paths
        ('{"City":<Keys_City_S>}', {'Keys_City_S': '$.detail.Keys.City.S'})
        >>> rule.query_string_parameters
        {'key': '$.detail.Keys.City.S', 'ttl_seconds': '60'}
        """
        template, names = _named_variables(pipe.input_template)
        return cls(
            pattern=_pattern(pipe.patterns, event_source),
            input_path=RECORD if template is None else None,
            input_template=template,
            input_paths={name: _in_detail(path) for path, name in names.items()},
            **pipe.http_with(_in_detail),
        )

    def check(self, operation: str) -> None:
        """Raise an error if the pattern or the transformer is too long for EventBridge.

        Raises:
            MappingError: the message says what to write instead.

        """
        if len(self.pattern) > MAX_PATTERN_LENGTH:
            raise MappingError(
                f"the conditions on the items need a pattern of {len(self.pattern)} characters for"
                f" {operation}, but a rule of an event bus allows {MAX_PATTERN_LENGTH}: narrow by"
                " fewer values, or by an attribute that says whether an item is sent"
            )
        if len(self.input_paths) > MAX_PATHS:
            raise MappingError(
                f"the value of {operation} has {len(self.input_paths)} parts of an item, but a rule"
                f" of an event bus allows {MAX_PATHS}: send fewer, or all of them with"
                ' value={"NewImage": Field.NEW_IMAGE}'
            )
        for path in self.input_paths.values():
            if len(path) > MAX_PATH_LENGTH:
                raise MappingError(
                    f"the value of {operation} has {path[:40]}... of an item, a path of"
                    f" {len(path)} characters, but a rule of an event bus allows {MAX_PATH_LENGTH}:"
                    " write it also to an attribute with a shorter name, and use that attribute"
                )


def _named_variables(template: str | None) -> tuple[str | None, dict[str, str]]:
    """Return a template with names instead of paths, and the name of each path."""
    names: dict[str, str] = {}

    def variable(match: re.Match[str]) -> str:
        path = match[1]
        if path not in names:
            name = re.sub(r"\W+", "_", path.removeprefix("$.")).strip("_")[:LONGEST_NAME]
            taken = set(names.values())
            names[path] = name if name not in taken else f"{name}_{len(taken)}"
        return f"<{names[path]}>"

    return template if template is None else _VARIABLE.sub(variable, template), names


def _in_detail(value: str) -> str:
    return RECORD + value[1:] if is_path(value) else value


def _pattern(patterns: Sequence[str], event_source: str) -> str:
    """Return one pattern for the events of a source whose record matches one of the filters."""
    details = [{"detail": json.loads(pattern)} for pattern in patterns]
    pattern: dict[str, object] = {"source": [event_source]}
    match details:
        case []:
            pass
        case [only]:
            pattern |= only
        case _:
            pattern["$or"] = details
    return json.dumps(pattern, separators=(",", ":"), ensure_ascii=False)
