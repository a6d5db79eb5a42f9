"""Read pipes and rules out of a Terraform plan (`terraform show -json`), before and after it.

See Terraform: "JSON Output Format", the plan representation.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from eventpipes.definition import Definition
from eventpipes.rule import RuleDefinition
from eventpipes.synthesized import definitions, rules

_REFERENCE = re.compile(r"(aws_\w+)\.([\w-]+)\.(\w+)")
_POINTERS = ("connection_arn", "source", "target")
_TARGET = "aws_cloudwatch_event_target"
"""Its `arn` is not its own, but that of what it sends to."""
_BLOCKS = frozenset(
    {
        "api_key",
        "auth_parameters",
        "cloudwatch_logs_log_destination",
        "dead_letter_config",
        "dynamodb_stream_parameters",
        "eventbridge_event_bus_parameters",
        "filter_criteria",
        "http_parameters",
        "http_target",
        "input_transformer",
        "invocation_http_parameters",
        "log_configuration",
        "retry_policy",
        "source_parameters",
        "target_parameters",
    }
)
"""Blocks that are there at most once: a plan has a list of one where the stack has the block."""
_MAPS = frozenset({"header_parameters", "input_paths", "query_string_parameters", "tags"})


def before(plan: Mapping[str, Any]) -> list[Definition]:
    """Return the pipes as the plan found them, in the order of their names."""
    return definitions(_stack(plan, _found(plan)))


def after(plan: Mapping[str, Any]) -> list[Definition]:
    """Return the pipes as they will be once the plan is applied."""
    return definitions(_stack(plan, _wanted(plan)))


def rules_before(plan: Mapping[str, Any]) -> list[RuleDefinition]:
    """Return the rules as the plan found them, one for each target, by their places."""
    return rules(_stack(plan, _found(plan)))


def rules_after(plan: Mapping[str, Any]) -> list[RuleDefinition]:
    """Return the rules as they will be once the plan is applied."""
    return rules(_stack(plan, _wanted(plan)))


def _found(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    values: Mapping[str, Any] = plan.get("prior_state", {}).get("values", {})
    return values


def _wanted(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    values: Mapping[str, Any] = plan.get("planned_values", {})
    return values


def _stack(plan: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the resources as synthesized JSON has them."""
    resources = values.get("root_module", {}).get("resources", [])
    held = {(one["type"], one["name"]): dict(one.get("values") or {}) for one in resources}
    arns = {
        value: f"${{{kind}.{name}.{attribute}}}"
        for (kind, name), attributes in held.items()
        for attribute, value in attributes.items()
        if kind != _TARGET and attribute in ("arn", "stream_arn") and isinstance(value, str)
    }
    references = _references(plan)
    document: dict[str, Any] = {"resource": {}}
    for (kind, name), attributes in held.items():
        resource = _without_lists(attributes)
        for pointer in _pointers(kind):
            if pointer in attributes or (kind, name, pointer) in references:
                known = arns.get(attributes.get(pointer) or "")
                told = references.get((kind, name, pointer), attributes.get(pointer) or "")
                resource[pointer] = known or told
        document["resource"].setdefault(kind, {})[name] = resource
    return document


def _pointers(kind: str) -> tuple[str, ...]:
    return ("arn",) if kind == _TARGET else _POINTERS


def _references(plan: Mapping[str, Any]) -> dict[tuple[str, str, str], str]:
    """Return what the configuration refers to where the value is known only after apply."""
    module = plan.get("configuration", {}).get("root_module", {})
    found = {}
    for resource in module.get("resources", []):
        for pointer in _pointers(resource["type"]):
            expression = resource.get("expressions", {}).get(pointer) or {}
            told = _first(expression.get("references", ()))
            if told is not None:
                found[resource["type"], resource["name"], pointer] = told
    return found


def _first(references: Iterable[str]) -> str | None:
    return next((f"${{{one}}}" for one in references if _REFERENCE.fullmatch(one)), None)


def _without_lists(value: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON
    """Return a value as the stack has it, without what the provider reads back of what it has not.

    That is an empty text or list; in a map of a user's own names an empty text is one.
    """
    match value:
        case dict() if name in _MAPS:
            return value
        case dict():
            found = {key: _without_lists(one, key) for key, one in value.items()}
            return {key: one for key, one in found.items() if one not in (None, "", [])}
        case [only] if name in _BLOCKS:
            return _without_lists(only, name)
        case list():
            return [_without_lists(one) for one in value]
    return value
