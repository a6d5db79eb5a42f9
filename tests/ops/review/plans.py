"""Plans for the tests: real ones of the AWS provider 5.100.0, and small ones of our own making.

The real ones are of the weather stack: its first deployment (`first`), another key, TTL and retry
count (`changed`), another name prefix (`renamed`).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops.review import Plan, read_plan

FOLDER = Path(__file__).resolve().parents[2] / "cases" / "plans"
KEYS = ("planted-7d1f0c-key-that-must-not-be-seen", "planted-2-another-key-nobody-may-see")
ACTIONS = {
    "add": ["create"],
    "change": ["update"],
    "destroy": ["delete"],
    "replace": ["delete", "create"],
    "replace, new one first": ["create", "delete"],
    "forget": ["forget"],
    "keep": ["no-op"],
}


def real(name: str) -> Plan:
    """Return a plan that the provider made."""
    return read_plan((FOLDER / f"{name}.json").read_text(encoding="utf-8"), name)


def document(*changes: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a plan's JSON with these resource changes."""
    return {
        "format_version": "1.2",
        "planned_values": {"root_module": {}},
        "resource_changes": list(changes),
        **more,
    }


def plan(*changes: Mapping[str, Any], **more: Any) -> Plan:
    """Return a plan with these resource changes."""
    return read_plan(json.dumps(document(*changes, **more)), "a test's plan")


def change(
    kind: str,
    action: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    name: str = "it",
    **more: Any,
) -> dict[str, Any]:
    """Return one resource's change; `more` goes into it, but for what stands beside it."""
    beside = {key: more.pop(key) for key in ("previous_address",) if key in more}
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {"actions": ACTIONS[action], "before": before, "after": after, **more},
        **beside,
    }
