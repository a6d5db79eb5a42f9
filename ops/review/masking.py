"""Which values a review may show: those on a list, and never one that Terraform calls sensitive.

A review is read by more people than the state is. A type or an attribute that is not listed is
told to have changed, without its values; listing one more is a line here.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ops.review.plan import Change, Plan

NOT_SHOWN: Final = "(not shown)"
AFTER_APPLY: Final = "(known after apply)"
SHORTEST: Final = 4
"""A secret of fewer characters is not looked for in other texts: every page holds it."""

EVERYWHERE: Final = frozenset({"arn", "description", "id", "name", "region", "tags"})
SHOWN: Final[Mapping[str, frozenset[str]]] = {
    "aws_cloudwatch_dashboard": frozenset({"dashboard_name"}),
    "aws_cloudwatch_event_api_destination": frozenset(
        {
            *("connection_arn", "http_method"),
            *("invocation_endpoint", "invocation_rate_limit_per_second"),
        }
    ),
    "aws_cloudwatch_event_bus": frozenset({"event_source_name", "kms_key_identifier"}),
    "aws_cloudwatch_event_connection": frozenset({"authorization_type"}),
    "aws_cloudwatch_event_rule": frozenset({"event_bus_name", "event_pattern", "state"}),
    "aws_cloudwatch_event_target": frozenset(
        {
            *("dead_letter_config", "event_bus_name", "http_target", "input_path"),
            *("input_transformer", "retry_policy", "role_arn", "rule", "target_id"),
        }
    ),
    "aws_cloudwatch_log_group": frozenset({"kms_key_id", "log_group_class", "retention_in_days"}),
    "aws_cloudwatch_metric_alarm": frozenset(
        {
            *("actions_enabled", "alarm_actions", "alarm_description", "alarm_name"),
            *("comparison_operator", "datapoints_to_alarm", "dimensions", "evaluation_periods"),
            *("metric_name", "metric_query", "namespace", "ok_actions", "period", "statistic"),
            *("threshold", "treat_missing_data"),
        }
    ),
    "aws_dynamodb_table": frozenset(
        {
            *("attribute", "billing_mode", "deletion_protection_enabled", "hash_key"),
            *("point_in_time_recovery", "range_key", "read_capacity", "replica"),
            *("server_side_encryption", "stream_arn", "stream_enabled", "stream_view_type"),
            *("table_class", "ttl", "write_capacity"),
        }
    ),
    "aws_iam_role": frozenset({"assume_role_policy", "max_session_duration", "path"}),
    "aws_iam_role_policy": frozenset({"policy", "role"}),
    "aws_kms_alias": frozenset({"target_key_id"}),
    "aws_kms_key": frozenset(
        {
            *("deletion_window_in_days", "enable_key_rotation", "is_enabled", "key_usage"),
            *("policy", "rotation_period_in_days"),
        }
    ),
    "aws_pipes_pipe": frozenset(
        {
            *("desired_state", "enrichment", "log_configuration", "role_arn", "source"),
            *("source_parameters", "target", "target_parameters"),
        }
    ),
    "aws_s3_bucket": frozenset({"bucket", "force_destroy"}),
    "aws_s3_bucket_lifecycle_configuration": frozenset({"bucket", "rule"}),
    "aws_s3_bucket_policy": frozenset({"bucket", "policy"}),
    "aws_s3_bucket_public_access_block": frozenset(
        {
            *("block_public_acls", "block_public_policy", "bucket", "ignore_public_acls"),
            "restrict_public_buckets",
        }
    ),
    "aws_s3_bucket_server_side_encryption_configuration": frozenset({"bucket", "rule"}),
    "aws_s3_bucket_versioning": frozenset({"bucket", "versioning_configuration"}),
    "aws_secretsmanager_secret": frozenset({"kms_key_id", "recovery_window_in_days"}),
    "aws_secretsmanager_secret_version": frozenset({"secret_id"}),
    "aws_sns_topic": frozenset({"kms_master_key_id"}),
    "aws_sns_topic_policy": frozenset({"policy"}),
    "aws_sqs_queue": frozenset(
        {
            *("kms_data_key_reuse_period_seconds", "kms_master_key_id"),
            *("message_retention_seconds", "policy", "sqs_managed_sse_enabled"),
            "visibility_timeout_seconds",
        }
    ),
    "aws_sqs_queue_policy": frozenset({"policy", "queue_url"}),
    "output": frozenset({"value"}),
    "terraform_data": frozenset(),
}


def shown(change: Change, name: str, side: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return an attribute's value on one side of a change, as far as it may be shown."""
    if name not in SHOWN.get(change.type, frozenset()) | EVERYWHERE:
        return NOT_SHOWN
    if change.type not in SHOWN:
        return NOT_SHOWN
    if side is change.after and change.unknown.get(name):
        return AFTER_APPLY if change.unknown[name] is True else side.get(name, AFTER_APPLY)
    value = side.get(name)
    for marks in change.hidden:
        if isinstance(marks, dict):
            value = _without(value, marks.get(name))
        elif marks is True:
            return NOT_SHOWN
    return value


def secrets(plan: Plan) -> list[str]:
    """Return every secret that the plan holds, longest first, to be looked for in any text.

    These are the sensitive variables' values, and what any resource or output marks.
    """
    found: set[str] = set()
    document = plan.document
    configured = document.get("configuration", {}).get("root_module", {}).get("variables", {})
    for name, variable in document.get("variables", {}).items():
        if name not in configured or configured[name].get("sensitive"):
            found |= set(_texts(variable.get("value")))
    for change in [*plan.changes, *plan.drift, *plan.outputs]:
        for marks in change.hidden:
            for side in (change.before, change.after):
                found |= set(_marked(side, marks))
    for state in (document.get("prior_state", {}).get("values", {}), document["planned_values"]):
        for resource in state.get("root_module", {}).get("resources", ()):
            found |= set(_marked(resource.get("values"), resource.get("sensitive_values")))
    return sorted((text for text in found if len(text) >= SHORTEST), key=len, reverse=True)


def scrub(text: str, secret_texts: list[str]) -> str:
    """Return a text in which none of the secrets stands any more."""
    for secret in secret_texts:
        text = text.replace(secret, "***")
    return text


def _without(value: Any, marks: Any) -> Any:  # noqa: ANN401 - any JSON
    if marks is True:
        return NOT_SHOWN
    if isinstance(marks, dict) and isinstance(value, dict):
        return {name: _without(one, marks.get(name)) for name, one in value.items()}
    if isinstance(marks, list) and isinstance(value, list):
        padded = [*marks, *[None] * len(value)]
        return [_without(one, mark) for one, mark in zip(value, padded, strict=False)]
    return value


def _marked(value: Any, marks: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if marks is True:
        yield from _texts(value)
    elif isinstance(marks, dict) and isinstance(value, dict):
        for name, mark in marks.items():
            yield from _marked(value.get(name), mark)
    elif isinstance(marks, list) and isinstance(value, list):
        for one, mark in zip(value, marks, strict=False):
            yield from _marked(one, mark)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    match value:
        case str():
            yield value
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)
