"""What the chosen stack declares, from its synthesized JSON; the doctor looks for each resource."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eventpipes import Definition, RuleDefinition
from eventpipes.synthesized import definitions, rules

_REFERENCE = re.compile(r"\$\{(aws_\w+)\.([\w-]+)\.\w+\}")
_CACHE = re.compile(r"https?://[^/\"'\s]+/(?P<of>cache|topics)/(?P<cache>[^/*$\"'\\\s]+)")


@dataclass(frozen=True)
class Declared:
    """A stack's resources by type, as `cdk.tf.json` has them."""

    document: Mapping[str, Any]

    def all(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """Yield the resources of a type."""
        yield from self.document.get("resource", {}).get(kind, {}).values()

    def names(self, kind: str, attribute: str = "name") -> list[str]:
        """Return the names of the resources of a type, sorted."""
        return sorted(resource[attribute] for resource in self.all(kind))

    def name_of(self, value: str) -> str:
        """Return the name of the resource that a value refers to; any other value as it is."""
        match = _REFERENCE.fullmatch(value)
        if match is None:
            return value
        name: str = self.document["resource"][match[1]][match[2]]["name"]
        return name

    def alarm_topics(self) -> list[str]:
        """Return the topics that the alarms write to: the stack's, or others by their ARN."""
        actions = (
            alarm.get("alarm_actions", ()) for alarm in self.all("aws_cloudwatch_metric_alarm")
        )
        return sorted({self.name_of(arn) for each in actions for arn in each})

    def caches(self) -> dict[str, bool]:
        """Return every cache that a request of the stack may name."""
        caches: dict[str, bool] = {}
        routes: list[Definition | RuleDefinition] = [*definitions(self.document)]
        for route in [*routes, *rules(self.document)]:
            text = route.destination.endpoint
            for value in route.path_parameters:
                text = text.replace("*", value, 1)
            if isinstance(route, Definition) and route.state_machine:
                text = route.state_machine.definition
            for match in _CACHE.finditer(text):
                caches[match["cache"]] = caches.get(match["cache"], False) or match["of"] == "cache"
        return caches
