"""Plans for the tests: real ones of the AWS provider 5.100.0, and small ones of our own making.

The real ones are of the weather stack: its first deployment (`first`), another key, TTL and retry
count (`changed`), another name prefix (`renamed`). `record.py` has made those in `*.json.xz`, of
every kind of deployment, and makes them anew.
"""

import copy
import json
import lzma
from collections.abc import Callable, Mapping
from functools import cache
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


@cache
def group_text(name: str) -> str:
    """Return the documents of a recorded deployment as JSON."""
    return lzma.decompress((FOLDER / f"{name}.json.xz").read_bytes()).decode()


@cache
def group(name: str) -> dict[str, Any]:
    """Return the documents of a recorded deployment by name."""
    found: dict[str, Any] = json.loads(group_text(name))
    return found


def recorded(deployment: str, name: str) -> Plan:
    """Return a plan that `record.py` has recorded."""
    return read_plan(json.dumps(group(deployment)[name]), f"{deployment} {name}")


def changed(deployment: str, kind: str, edit: Callable[[dict[str, Any]], object]) -> Plan:
    """Return the second plan of a deployment, with `edit` done to the first change of a kind."""
    found = copy.deepcopy(group(deployment)["second"])
    edit(next(one for one in found["resource_changes"] if one["type"] == kind)["change"])
    return read_plan(json.dumps(found), "changed")


def edited(
    edit: Callable[[dict[str, Any]], None],
    old: Callable[[dict[str, Any]], None] = lambda _: None,
    pipe: str = "weather-stats-demo-cache-put-pipe",
) -> Plan:
    """Return a plan that changes one pipe: `edit` its planned values, `old` those of before."""
    found = copy.deepcopy(group("weather-demo-pipes")["second"])
    for state, change_it in (("prior", old), ("planned", edit)):
        values = found["prior_state"]["values"] if state == "prior" else found["planned_values"]
        for resource in values["root_module"]["resources"]:
            if resource["type"] == "aws_pipes_pipe" and resource["values"]["name"] == pipe:
                change_it(resource["values"])
    return read_plan(json.dumps(found), "edited")


def set_pattern(pattern: object) -> Callable[[dict[str, Any]], None]:
    """Return what gives a pipe this filter, as an object or as text; none for no filter."""
    text = pattern if isinstance(pattern, str) else json.dumps(pattern)

    def edit(values: dict[str, Any]) -> None:
        filters = [] if pattern is None else [{"filter": [{"pattern": text}]}]
        values["source_parameters"][0]["filter_criteria"] = filters

    return edit


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
