"""What the chosen stack declares, from its synthesized JSON; the doctor looks for each resource."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eventpipes.momento_names import names_in_stack

_REFERENCE = re.compile(r"\$\{(aws_\w+)\.([\w-]+)\.\w+\}")


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

    def by_name(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """Return the resources of a type by their names, sorted."""
        found = {resource["name"]: resource for resource in self.all(kind)}
        return {name: found[name] for name in sorted(found)}

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
        """Return every cache that a request names, and whether items are sent there."""
        names = names_in_stack(self.document)
        with_items = {cache for kind, cache, _ in names if kind == "cache"}
        return {cache: cache in with_items for _, cache, _ in names if cache}
