"""The Momento caches, and their topics, that a pipe or a rule names."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from eventpipes import Definition, RuleDefinition


def named_caches(definition: Definition | RuleDefinition) -> list[str]:
    """Return the caches of the requests whose names are constant, each once."""
    found = [cache for cache, _ in addresses(definition)]
    return list(dict.fromkeys(name for name in found if name))


def addresses(definition: Definition | RuleDefinition) -> list[tuple[str | None, str | None]]:
    """Return cache and topic of each request; the topic is "" if the request has none.

    None stands for a name that comes from the record. The endpoint is `/cache/{cache}` or
    `/topics/{cache}/{topic}`; the path parameters replace each `*`. A workflow has an endpoint in
    each of its HTTP Tasks.
    """
    target = definition.state_machine if isinstance(definition, Definition) else None
    if target is None:
        return [_address(definition.destination.endpoint, definition.path_parameters)]
    return [_address(endpoint) for endpoint in _endpoints(json.loads(target.definition))]


def _address(endpoint: str, path_parameters: Sequence[str] = ()) -> tuple[str | None, str | None]:
    if endpoint.startswith("{%"):
        return None, None if "/topics/" in endpoint else ""
    parameters = iter(path_parameters)
    path = urlsplit(endpoint).path
    parts = [next(parameters, "*") if part == "*" else part for part in path.split("/")]
    match parts:
        case ["", "cache", name, *_]:
            return _constant(name), ""
        case ["", "topics", name, topic, *_]:
            return _constant(name), _constant(topic)
    return None, ""


def _constant(name: str) -> str | None:
    return unquote(name) if name and name != "*" and name[0] != "$" else None


def _endpoints(node: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the endpoints of the HTTP Tasks in a definition."""
    if isinstance(node, list):
        for one in node:
            yield from _endpoints(one)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "ApiEndpoint" and isinstance(value, str):
                yield value
            else:
                yield from _endpoints(value)
