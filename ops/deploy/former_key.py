"""The API key in the state of a stack that an earlier version of this project deployed.

The connection's key was an argument then, so the state had it. Terraform now leaves that argument
alone, so the value would stay.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from momento_pipes.momento.update_connection import PLACEHOLDER
from ops.terraform.terraform import Terraform

CONNECTION: Final = "aws_cloudwatch_event_connection"
REMEDY: Final = (
    "run ./help.sh deploy, which takes it out; older versions of the state object keep it, so"
    " deploy a new key then, and revoke this one"
)
TAKEN_OUT: Final = (
    "The API key of an earlier deploy was in the state, and was taken out. Older versions of the"
    " state object keep it: deploy a new key, and revoke the old one (docs/security.md)."
)


def is_in(document: Mapping[str, Any]) -> bool:
    """Return whether a state, or the plan of one, has an API key."""
    return any(key["value"] not in (None, "", PLACEHOLDER) for key in _keys(document))


def take_out(terraform: Terraform) -> None:
    """Put the placeholder into the state in place of the key; at AWS, nothing changes.

    The state is replaced in one write. If somebody else has written it since, Terraform refuses.

    Raises:
        TerraformError: the state cannot be read or written.

    """
    state = terraform.pull_state()
    for key in _keys(state):
        key["value"] = PLACEHOLDER
    state["serial"] += 1
    terraform.push_state(state)


def instances(document: Mapping[str, Any], kind: str) -> Iterator[dict[str, Any]]:
    """Yield the attributes of each resource of a type in a state, or in the state before a plan."""
    for resource in document.get("resources") or () if isinstance(document, dict) else ():
        if resource.get("type") == kind:
            for instance in resource.get("instances", ()):
                yield instance.get("attributes") or {}
    for change in document.get("resource_changes") or () if isinstance(document, dict) else ():
        if change.get("type") == kind:
            yield change["change"].get("before") or {}


def _keys(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for attributes in instances(document, CONNECTION):
        for parameters in attributes.get("auth_parameters") or ():
            yield from parameters.get("api_key") or ()
