"""Read the pipes and rules before and after a Terraform plan (`terraform show -json`).

See Terraform: "JSON Output Format", the plan representation.
"""

import re
from collections.abc import Mapping
from typing import Any

from eventpipes.definition import Definition
from eventpipes.rule import RuleDefinition
from eventpipes.synthesized import definitions, rules

_REFERENCE = re.compile(r"(aws_\w+)\.([\w-]+)\.(\w+)")
_POINTERS = ("connection_arn", "source", "target")
_TARGET = "aws_cloudwatch_event_target"
"""Its `arn` is not its own ARN, but the ARN of its target."""
_ZERO_IS_NOTHING = frozenset({"parallelization_factor"})
"""Numbers that the provider reads as 0 if they are not in AWS's answer."""
_MAPS = frozenset({"header_parameters", "input_paths", "query_string_parameters", "tags"})


def before(plan: Mapping[str, Any]) -> list[Definition]:
    """Return the pipes before the plan, sorted by name."""
    return definitions(_stack(plan, _prior(plan)))


def after(plan: Mapping[str, Any]) -> list[Definition]:
    """Return the pipes after the plan is applied."""
    return definitions(_stack(plan, _planned(plan)))


def rules_before(plan: Mapping[str, Any]) -> list[RuleDefinition]:
    """Return the rules before the plan: one definition for each target, sorted by `full_name`."""
    return rules(_stack(plan, _prior(plan)))


def rules_after(plan: Mapping[str, Any]) -> list[RuleDefinition]:
    """Return the rules after the plan is applied: one definition for each target."""
    return rules(_stack(plan, _planned(plan)))


def _prior(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    values: Mapping[str, Any] = plan.get("prior_state", {}).get("values", {})
    return values


def _planned(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    values: Mapping[str, Any] = plan.get("planned_values", {})
    return values


def _stack(plan: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resources in the form of synthesized JSON."""
    resources = values.get("root_module", {}).get("resources", [])
    held = {(each["type"], each["name"]): dict(each.get("values") or {}) for each in resources}
    arns = {
        value: f"${{{kind}.{name}.{attribute}}}"
        for (kind, name), attributes in held.items()
        for attribute, value in attributes.items()
        if kind != _TARGET and attribute in ("arn", "stream_arn") and isinstance(value, str)
    }
    references = _references(plan)
    document: dict[str, Any] = {"resource": {}}
    for (kind, name), attributes in held.items():
        resource = _without_empty(attributes)
        for pointer in _pointers(kind):
            if isinstance(attributes.get(pointer), list):  # a block, such as a schedule's target
                continue
            if pointer in attributes or (kind, name, pointer) in references:
                known = arns.get(attributes.get(pointer) or "")
                given = references.get((kind, name, pointer), attributes.get(pointer) or "")
                resource[pointer] = known or given
        document["resource"].setdefault(kind, {})[name] = resource
    return document


def _pointers(kind: str) -> tuple[str, ...]:
    return ("arn",) if kind == _TARGET else _POINTERS


def _references(plan: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    """Return the configuration's references. They replace values that are known after apply."""
    module = plan.get("configuration", {}).get("root_module", {})
    references = {}
    for resource in module.get("resources", []):
        for pointer in _pointers(resource["type"]):
            expression = resource.get("expressions", {}).get(pointer) or {}
            if not isinstance(expression, dict):  # a block, such as a schedule's target
                continue
            for name in filter(_REFERENCE.fullmatch, expression.get("references", ())):
                references[resource["type"], resource["name"], pointer] = f"${{{name}}}"
                break
    return references


def _without_empty(value: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON
    """Return a value without the empty values that the provider adds.

    The provider adds an empty text or list for a missing argument. But in a map with the user's
    names, an empty text is a value. A block that occurs once is a list here, as it may be in a
    stack.
    """
    match value:
        case dict() if name in _MAPS:
            return value
        case dict():
            plain = {key: _without_empty(inner, key) for key, inner in value.items()}
            return {
                key: inner
                for key, inner in plain.items()
                if inner not in (None, "", []) and not (key in _ZERO_IS_NOTHING and inner == 0)
            }
        case list():
            return [_without_empty(element) for element in value]
    return value
