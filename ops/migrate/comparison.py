"""Compare the JSON that a program synthesizes with cdktf and with cdktn.

What may differ: the library's version in the metadata, and the source and version of a provider,
which the bindings name. Both `aws` and `hashicorp/aws` are the same source to Terraform.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ConstructPath = tuple[str, ...]
Documents = Mapping[str, Any]
"""The JSON of each stack, by its file."""

_REGISTRY = "registry.terraform.io/"


@dataclass(frozen=True)
class Difference:
    """A place of a stack's JSON with the values before and after; None if there is none."""

    stack: str
    place: ConstructPath
    before: Any
    after: Any

    @property
    def reason(self) -> str | None:
        """Why the difference is allowed, or None if it is not."""
        match self.place:
            case ("//", "metadata", "version"):
                return "the version of the library"
            case ("terraform", "required_providers", _, "version"):
                return "the version of the provider that the bindings were made for"
            case ("terraform", "required_providers", _, "source"):
                if _whole(self.before) == _whole(self.after):
                    return "the same provider, with its namespace"
        return None


def compare(before: Documents, after: Documents) -> list[Difference]:
    """Return all differences, in the order of the stacks and places."""
    return [
        Difference(stack, place, *values)
        for stack in sorted({*before, *after})
        for place, values in sorted(differences(before.get(stack), after.get(stack)))
    ]


def differences(
    before: Any,  # noqa: ANN401 - any JSON
    after: Any,  # noqa: ANN401 - any JSON
    place: ConstructPath = (),
) -> Iterator[tuple[ConstructPath, tuple[Any, Any]]]:
    """Yield the places where two JSON values differ, with both values; None if there is none."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before.keys() | after.keys():
            yield from differences(before.get(key), after.get(key), (*place, key))
    elif before != after:
        yield place, (before, after)


def _whole(source: object) -> str:
    """Return the whole address of a provider: `aws` is `hashicorp/aws` of Terraform's registry.

    >>> _whole("aws") == _whole("hashicorp/aws") == _whole("registry.terraform.io/hashicorp/aws")
    True
    """
    name = str(source).removeprefix(_REGISTRY)
    return _REGISTRY + (name if "/" in name else f"hashicorp/{name}")
