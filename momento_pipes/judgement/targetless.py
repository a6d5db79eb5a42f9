"""Rules without a target, which send nothing."""

from collections.abc import Mapping
from typing import Any

from eventpipes.block import is_expression
from eventpipes.errors import EventPipesError
from eventpipes.pattern import compile as compile_pattern
from momento_pipes.judgement.findings import Findings

_RULE = "aws_cloudwatch_event_rule"


def rules_without_target(resources: Mapping[str, Any]) -> Findings:
    """Warn about each rule without a target in the document, and check its pattern."""
    targets = resources.get("aws_cloudwatch_event_target", {}).values()
    named = {str(target.get("rule")) for target in targets}
    findings = Findings()
    for id_, body in resources.get(_RULE, {}).items():
        references = {f"${{{_RULE}.{id_}.{attribute}}}" for attribute in ("name", "id")}
        if named & references or body.get("name") in named:
            continue
        name = f"rule {body.get('name') or id_}"
        findings.warnings.append(
            f"{name}: it has no target in this stack, so it sends nothing: add an"
            " aws_cloudwatch_event_target, or remove the rule"
        )
        pattern = body.get("event_pattern")
        if isinstance(pattern, str) and not is_expression(pattern):
            try:
                compile_pattern(pattern)
            except EventPipesError as error:
                findings.errors.append(f"{name}: {error}")
    return findings
