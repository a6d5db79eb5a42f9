"""The caches and topics that a stack sends to, from its synthesized JSON."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from eventpipes import Definition, RuleDefinition
from eventpipes.synthesized import definitions, rules

ANY = "*"
"""Stands for a name that each record decides."""
_PART = r'(?:"([^"]*)"|[^"\s]+)'
_EXPRESSION = re.compile(rf'/(cache|topics)/" & {_PART}(?: & "/" & {_PART})?')
"""A URL in a workflow's expression: a name is in quotes, or it comes from the record."""


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The caches whose items are written, and the topics, each with its cache."""

    caches: frozenset[str] = frozenset()
    topics: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: "Targets") -> "Targets":
        """Return the targets of both."""
        return Targets(caches=self.caches | other.caches, topics=self.topics | other.topics)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Targets":
        """Return the targets of a stack's `cdk.tf.json`."""
        caches, topics = set(), set()
        routes: list[Definition | RuleDefinition] = [*definitions(document), *rules(document)]
        for route in routes:
            for path in _paths(route):
                kind, cache, topic, *_ = [*path, ANY, ANY]
                if kind != "topics":
                    caches.add(cache)
                if kind != "cache":
                    topics.add((cache, topic))
        return cls(caches=frozenset(caches), topics=frozenset(topics))


def _paths(route: Definition | RuleDefinition) -> Iterator[list[str]]:
    """Yield the parts of each request's path, with `ANY` for a part from the record."""
    if isinstance(route, Definition) and route.state_machine:
        for endpoint in _endpoints(json.loads(route.state_machine.definition)):
            if endpoint.startswith("{%"):
                found = _EXPRESSION.search(endpoint)
                yield [part or ANY for part in found.groups()] if found else [ANY]
            else:
                yield _named(urlsplit(endpoint).path)
        return
    if isinstance(route, Definition) and route.event_bus:
        return
    path = urlsplit(route.destination.endpoint).path
    for value in route.path_parameters:
        path = path.replace("*", value, 1)
    yield _named(path)


def _named(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return [ANY if part[:1] in ("*", "$", "<", "") else unquote(part) for part in parts]


def _endpoints(node: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if isinstance(node, list):
        for one in node:
            yield from _endpoints(one)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "ApiEndpoint" and isinstance(value, str):
                yield value
            else:
                yield from _endpoints(value)
