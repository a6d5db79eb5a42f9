"""A document of Terraform's JSON: its resources and its region.

See Terraform: "JSON Configuration Syntax". One block is an object, several blocks are a list of
objects, and null means that there is no block. The member `//` is a comment.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Resources = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""The bodies of resources, by type and id."""


class Document:
    """A parsed document. `troubles` has a sentence for each part that should be a block."""

    def __init__(self, parsed: object) -> None:
        self.troubles: list[str] = []
        (top,) = [*self._blocks(parsed, "the document")][:1] or [{}]
        resources: dict[str, dict[str, Mapping[str, Any]]] = {}
        for types in self._blocks(top.get("resource"), "resource"):
            for type_, ids in types.items():
                for group in self._blocks(ids, f"resource.{type_}"):
                    for id_, body in group.items():
                        for block in self._blocks(body, f"{type_}.{id_}", needed=True):
                            resources.setdefault(type_, {})[id_] = block
        self.resources: Resources = resources
        self.region = "us-east-1"
        for providers in self._blocks(top.get("provider"), "provider"):
            for provider in self._blocks(providers.get("aws"), "provider.aws"):
                if "alias" not in provider:
                    self.region = str(provider.get("region") or self.region)

    def _blocks(
        self, value: object, place: str, *, needed: bool = False
    ) -> Iterator[Mapping[str, Any]]:
        if place.endswith(".//") or (value is None and not needed):
            return
        for block in value if isinstance(value, list) else [value]:
            if isinstance(block, Mapping):
                yield {name: inner for name, inner in block.items() if name != "//"}
            else:
                self.troubles.append(f"{place}: it is {block!r:.60}, but Terraform needs a block")
