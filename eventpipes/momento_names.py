"""The Momento caches and topics that the requests of a pipe or a rule name."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from eventpipes.definition import Definition
from eventpipes.definition_states import definition_states
from eventpipes.rule import RuleDefinition
from eventpipes.synthesized import definitions, rules

_PART: Final = r'(?:"([^"]*)"|[^"\s]+)'
_EXPRESSION: Final = re.compile(rf'/(cache|topics)/" & {_PART}(?: & "/" & {_PART})?')
"""A URL in a workflow's expression: a name is in quotes, or it comes from the record."""
_KIND: Final = re.compile("/(cache|topics)/")


class RequestNames(NamedTuple):
    """The names in a request's URL: `/cache/{cache}...` or `/topics/{cache}/{topic}`.

    `kind` is `cache` or `topics`, or empty for another URL. A name is None if it comes from the
    record. The topic is empty if the request has none.
    """

    kind: str
    cache: str | None
    topic: str | None


def names_in_stack(document: Mapping[str, Any]) -> list[RequestNames]:
    """Return the names in the requests of all pipes and rules of synthesized JSON.

    Raises:
        InvalidDefinition: Terraform would refuse an argument of a pipe or a rule.

    """
    routes: list[Definition | RuleDefinition] = [*definitions(document), *rules(document)]
    return [names for route in routes for names in request_names(route)]


def request_names(definition: Definition | RuleDefinition) -> list[RequestNames]:
    """Return the names in each kind of request: one, or one for each HTTP Task of a workflow."""
    if isinstance(definition, Definition):
        if definition.state_machine:
            states = definition_states(json.loads(definition.state_machine.definition))
            arguments = [state.get("Arguments", {}) for _, state in states]
            return [
                _names(argument["ApiEndpoint"])
                for argument in arguments
                if "ApiEndpoint" in argument
            ]
        if definition.event_bus:
            return []
    return [_names(definition.destination.endpoint, definition.path_parameters)]


def _names(endpoint: str, path_parameters: Sequence[str] = ()) -> RequestNames:
    if endpoint.startswith("{%"):
        names = _EXPRESSION.search(endpoint)
        if names is None:
            kind = "".join(_KIND.findall(endpoint)[:1])
            return RequestNames(kind, None, None if kind == "topics" else "")
        kind, cache, topic = names.groups()
        return RequestNames(kind, cache, topic if kind == "topics" else "")
    parameters = iter(path_parameters)
    path = urlsplit(endpoint).path
    parts = [re.sub(r"\*", lambda _: next(parameters, "*"), part) for part in path.split("/")]
    match parts:
        case ["", "cache", cache, *_]:
            return RequestNames("cache", _constant(cache), "")
        case ["", "topics", cache, topic, *_]:
            return RequestNames("topics", _constant(cache), _constant(topic))
    return RequestNames("", None, "")


def _constant(name: str) -> str | None:
    return None if name[:1] in ("*", "$", "<", "") else unquote(name)
