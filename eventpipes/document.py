"""A document of Terraform's JSON: its resources and its region, in whichever of the valid forms.

See Terraform: "JSON Configuration Syntax". A block is an object, and several are a list of them;
null is no block; `//` is a comment.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Resources = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""The bodies of resources by their types and ids."""


class Document:
    """A parsed document; `troubles` has a sentence for each part that is no block."""

    def __init__(self, parsed: object) -> None:
        self.troubles: list[str] = []
        (top,) = [*self._blocks(parsed, "the document")][:1] or [{}]
        found: dict[str, dict[str, Mapping[str, Any]]] = {}
        for types in self._blocks(top.get("resource"), "resource"):
            for type_, ids in types.items():
                for group in self._blocks(ids, f"resource.{type_}"):
                    for id_, body in group.items():
                        for one in self._blocks(body, f"{type_}.{id_}", needed=True):
                            found.setdefault(type_, {})[id_] = one
        self.resources: Resources = found
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
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping):
                yield {name: inner for name, inner in one.items() if name != "//"}
            else:
                self.troubles.append(f"{place}: it is {one!r:.60}, where Terraform takes a block")
