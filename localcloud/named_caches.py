"""The Momento caches that a pipe or a rule names."""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from eventpipes import Definition, RuleDefinition


def named_caches(definition: Definition | RuleDefinition) -> list[str]:
    """Return the caches of the requests whose names are constant, each once.

    The endpoint is `/cache/{cache}` or `/topics/{cache}/{topic}`; the path parameters replace each
    `*`. A workflow has an endpoint in each of its HTTP Tasks.
    """
    target = definition.state_machine if isinstance(definition, Definition) else None
    if target is None:
        found = [_cache(definition.destination.endpoint, definition.path_parameters)]
    else:
        found = [_cache(endpoint) for endpoint in _endpoints(json.loads(target.definition))]
    return list(dict.fromkeys(name for name in found if name))


def _cache(endpoint: str, path_parameters: Sequence[str] = ()) -> str | None:
    parameters = iter(path_parameters)
    path = urlsplit(endpoint).path
    parts = [next(parameters, "*") if part == "*" else part for part in path.split("/")]
    match parts:
        case ["", "cache" | "topics", name, *_] if name and name != "*" and name[0] != "$":
            return unquote(name)
    return None


def _endpoints(node: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the constant endpoints of the HTTP Tasks in a definition."""
    if isinstance(node, list):
        for one in node:
            yield from _endpoints(one)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "ApiEndpoint" and isinstance(value, str) and not value.startswith("{%"):
                yield value
            else:
                yield from _endpoints(value)
