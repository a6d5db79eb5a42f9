"""Read the pipes and rules before and after a Terraform plan (`terraform show -json`).

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
"""Its `arn` is not its own ARN, but the ARN of its target."""
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
        "logging_configuration",
        "retry_policy",
        "source_parameters",
        "step_function_state_machine_parameters",
        "target_parameters",
    }
)
"""Blocks that occur at most once: in a plan they are lists, in the stack they are objects."""
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
        resource = _without_lists(attributes)
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
            reference = _first(expression.get("references", ()))
            if reference is not None:
                references[resource["type"], resource["name"], pointer] = reference
    return references


def _first(references: Iterable[str]) -> str | None:
    return next((f"${{{name}}}" for name in references if _REFERENCE.fullmatch(name)), None)


def _without_lists(value: Any, name: str = "") -> Any:  # noqa: ANN401 - any JSON
    """Return a value in the stack's form, without the empty values that the provider adds.

    The provider adds an empty text or list for a missing argument. But in a map with the user's
    names, an empty text is a value.
    """
    match value:
        case dict() if name in _MAPS:
            return value
        case dict():
            plain = {key: _without_lists(inner, key) for key, inner in value.items()}
            return {
                key: inner
                for key, inner in plain.items()
                if inner not in (None, "", []) and not (key in _ZERO_IS_NOTHING and inner == 0)
            }
        case [only] if name in _BLOCKS:
            return _without_lists(only, name)
        case list():
            return [_without_lists(element) for element in value]
    return value
