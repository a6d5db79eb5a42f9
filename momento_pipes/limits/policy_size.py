"""The length of a policy after Terraform has replaced its references (pure)."""

import json
import re
from collections.abc import Mapping
from typing import Any

_REFERENCE = re.compile(r"\$\{(data\.)?(\w+)\.([\w-]+)\.(\w+)\}")
_ACCOUNT = "0" * 12
_UUID = "0" * 36
_ARNS = {
    ("aws_cloudwatch_event_api_destination", "arn"): f"events:*:api-destination/{{name}}/{_UUID}",
    ("aws_cloudwatch_event_bus", "arn"): "events:*:event-bus/{name}",
    ("aws_cloudwatch_log_group", "arn"): "logs:*:log-group:{name}",
    ("aws_dynamodb_table", "arn"): "dynamodb:*:table/{name}",
    ("aws_dynamodb_table", "stream_arn"): "dynamodb:*:table/{name}/stream/2026-01-31T12:00:00.000",
    ("aws_kms_key", "arn"): f"kms:*:key/{_UUID}",
    ("aws_sns_topic", "arn"): "sns:*:{name}",
    ("aws_sqs_queue", "arn"): "sqs:*:{name}",
}
"""The rest of an ARN after `arn:aws:`, with `*` instead of region and account."""


def policy_length(policy: object, document: Mapping[str, Any]) -> int | None:
    """Return the length of a policy of a synthesized document, as AWS counts it.

    White space is not counted: IAM ignores it, and Terraform does not send it. For a reference to a
    known resource, the length of its value is counted; for another reference, the length of its
    text. Return None if the policy is not JSON, or is a Terraform expression.
    """
    if not isinstance(policy, str):
        return None
    filled = _REFERENCE.sub(lambda match: _value(match, document), policy)
    try:
        compact = json.dumps(json.loads(filled), separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return None
    return len(re.sub(r"\s", "", compact))


def _value(match: re.Match[str], document: Mapping[str, Any]) -> str:
    data, type_, id_, attribute = match.groups()
    if data:
        return {"account_id": _ACCOUNT, "partition": "aws"}.get(attribute, match[0])
    arn = _ARNS.get((type_, attribute))
    resource = document.get("resource", {}).get(type_, {}).get(id_)
    if arn is None or resource is None:
        return match[0]
    region = document.get("provider", {}).get("aws", [{}])[0].get("region", "us-east-1")
    place = arn.replace("*", f"{region}:{_ACCOUNT}")
    return f"arn:aws:{place.replace('{name}', str(resource.get('name', id_)))}"
