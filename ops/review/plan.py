"""A Terraform plan, read from Terraform's JSON.

See Terraform: "JSON Output Format", the plan and change representations.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from ops.shared.errors import OpsError


class Action(StrEnum):
    """What happens to a resource."""

    CREATE = "add"
    UPDATE = "change"
    REPLACE = "replace"
    DELETE = "destroy"
    FORGET = "forget"
    NOTHING = "keep"


_ACTIONS = {
    ("create",): Action.CREATE,
    ("update",): Action.UPDATE,
    ("delete",): Action.DELETE,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
    ("forget",): Action.FORGET,
    ("no-op",): Action.NOTHING,
    ("read",): Action.NOTHING,
}


WRITTEN_BY_OTHERS: Mapping[str, set[str]] = {"aws_iam_role": {"inline_policy"}}
"""Attributes that change because another resource of the same stack was changed."""


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """What a plan does to one resource, or what happened to it outside of Terraform.

    `before` and `after` have the attributes. `unknown` marks those known only after apply, `hidden`
    those that Terraform calls sensitive; both have the shape of the attributes.
    """

    address: str
    type: str
    action: Action
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)
    hidden: Sequence[Any] = ()
    replaced_for: tuple[str, ...] = ()
    """The attributes that cannot be changed in place."""
    tainted: bool = False
    """Whether it is replaced because its creation failed, or because of `terraform taint`."""
    moved_from: str | None = None
    imported: str | None = None

    @property
    def sides(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The attributes before and after."""
        return self.before, self.after

    @property
    def does_something(self) -> bool:
        """Whether it changes the resource, or its place in the state."""
        return self.action is not Action.NOTHING or bool(self.moved_from or self.imported)

    @property
    def changed(self) -> list[str]:
        """The names of the attributes that differ, or will be known after apply."""
        names = self.before.keys() | self.after.keys() | self.unknown.keys()
        return sorted(
            name
            for name in names
            if holds(self.unknown.get(name))
            or _filled(self.before.get(name)) != _filled(self.after.get(name))
        )


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All changes of a plan, its drift, its outputs, and the whole document."""

    changes: Sequence[ResourceChange]
    drift: Sequence[ResourceChange]
    outputs: Sequence[ResourceChange]
    document: Mapping[str, Any]

    @property
    def is_whole(self) -> bool:
        """Whether it covers the whole stack: without `-target`, and with nothing deferred."""
        return self.document.get("complete") is not False

    def of(self, *actions: Action) -> list[ResourceChange]:
        """Return the changes with these actions, by address."""
        return sorted(
            (change for change in self.changes if change.action in actions),
            key=lambda change: change.address,
        )


def _filled(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a value without its empty parts: the provider reads back {} where null was written."""
    match value:
        case dict():
            kept = {name: _filled(member) for name, member in value.items()}
            return {name: member for name, member in kept.items() if member is not None} or None
        case list():
            return [_filled(element) for element in value] or None
    return None if value == "" else value


def holds(marks: Any) -> bool:  # noqa: ANN401 - nested marks
    """Return whether any part is marked."""
    if isinstance(marks, dict):
        return any(map(holds, marks.values()))
    return any(map(holds, marks)) if isinstance(marks, list) else bool(marks)


def read_plan(text: str, source: str) -> Plan:
    """Return the plan that `terraform show -json` printed.

    Raises:
        OpsError: the text is something else, or a plan that Terraform could not finish.

    """
    try:
        document = json.loads(text)
        if not document["format_version"].startswith("1."):
            raise OpsError(
                f"{source} has the plan format {document['format_version']}, and 1.x is known"
            )
        if document.get("errored"):
            raise OpsError(f"{source} is of a plan that failed: plan again")
        document["planned_values"]  # a state, say, has the same format, and not this
        return Plan(
            changes=[
                _change(resource)
                for resource in document.get("resource_changes", ())
                if _managed(resource)
            ],
            drift=_drift(document.get("resource_drift", ())),
            outputs=[
                _change({"address": name, "type": "output", "change": change})
                for name, change in sorted(document.get("output_changes", {}).items())
            ],
            document=document,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OpsError(
            f"{source} is not a plan ({type(error).__name__}: {error}): make one with"
            " ./help.sh plan --out FILE, or with terraform show -json"
        ) from None


def read_plan_file(path: Path) -> Plan:
    """Return the plan of a file with the output of `terraform show -json`.

    Raises:
        OpsError: the file cannot be read, or contains something else.

    """
    try:
        return read_plan(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise OpsError(f"{path} cannot be read: {error}") from None


def _drift(resources: Sequence[Mapping[str, Any]]) -> list[ResourceChange]:
    """Return changes made outside of Terraform, except effects of the stack's own resources."""
    changes = [_change(resource) for resource in resources if _managed(resource)]
    return [
        change
        for change in changes
        if set(change.changed) - WRITTEN_BY_OTHERS.get(change.type, set())
    ]


def _managed(resource: Mapping[str, Any]) -> bool:
    return bool(resource.get("mode", "managed") == "managed")


def _change(resource: Mapping[str, Any]) -> ResourceChange:
    change = resource["change"]
    is_output = resource["type"] == "output"
    before, after, unknown = (
        _attributes(change.get(name), is_output=is_output)
        for name in ("before", "after", "after_unknown")
    )
    return ResourceChange(
        address=resource["address"],
        type=resource["type"],
        action=_ACTIONS[tuple(change["actions"])],
        before=before,
        after=after,
        unknown=unknown,
        hidden=[
            {"value": mark} if is_output else mark
            for mark in (change.get("before_sensitive"), change.get("after_sensitive"))
        ],
        replaced_for=tuple(
            sorted({".".join(map(str, path)) for path in change.get("replace_paths", ())})
        ),
        tainted=resource.get("action_reason") == "replace_because_tainted",
        moved_from=resource.get("previous_address"),
        imported=(change.get("importing") or {}).get("id"),
    )


def _attributes(value: Any, *, is_output: bool) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    if is_output:
        return {} if value is None else {"value": value}
    return dict(value) if isinstance(value, dict) else {}
