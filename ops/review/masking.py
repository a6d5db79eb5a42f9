"""Which values a review may show: those of listed attributes, never sensitive ones.

More people read a review than the state. Of a type or an attribute that is not listed, the review
says only that it changed; one line here lists one more.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any, Final
from urllib.parse import quote

from eventpipes.template import to_json
from ops.review.escape import coded, plain
from ops.review.plan import Plan, ResourceChange, holds

NOT_SHOWN: Final = "(not shown)"
AFTER_APPLY: Final = "(known after apply)"
SHORTEST: Final = 4
"""A shorter secret is not searched for in other texts: every page contains it by chance."""

EVERYWHERE: Final = frozenset({"arn", "description", "id", "name", "region", "tags"})
_LISTED: Final = {
    "aws_cloudwatch_dashboard": "dashboard_name",
    "aws_cloudwatch_event_api_destination": (
        "connection_arn http_method invocation_endpoint invocation_rate_limit_per_second"
    ),
    "aws_cloudwatch_event_bus": "event_source_name kms_key_identifier",
    "aws_cloudwatch_event_connection": "authorization_type",
    "aws_cloudwatch_event_rule": "event_bus_name event_pattern state",
    "aws_cloudwatch_event_target": (
        "dead_letter_config event_bus_name http_target input_path input_transformer retry_policy"
        " role_arn rule target_id"
    ),
    "aws_cloudwatch_log_group": "kms_key_id log_group_class retention_in_days",
    "aws_cloudwatch_metric_alarm": (
        "actions_enabled alarm_actions alarm_description alarm_name comparison_operator"
        " datapoints_to_alarm dimensions evaluation_periods metric_name metric_query namespace"
        " ok_actions period statistic threshold treat_missing_data"
    ),
    "aws_dynamodb_table": (
        "attribute billing_mode deletion_protection_enabled hash_key point_in_time_recovery"
        " range_key read_capacity replica server_side_encryption stream_arn stream_enabled"
        " stream_view_type table_class ttl write_capacity"
    ),
    "aws_iam_role": "assume_role_policy max_session_duration path",
    "aws_iam_role_policy": "policy role",
    "aws_kms_alias": "target_key_id",
    "aws_kms_key": (
        "deletion_window_in_days enable_key_rotation is_enabled key_usage policy"
        " rotation_period_in_days"
    ),
    "aws_pipes_pipe": (
        "desired_state enrichment log_configuration role_arn source source_parameters target"
        " target_parameters"
    ),
    "aws_s3_bucket": "bucket force_destroy",
    "aws_s3_bucket_lifecycle_configuration": "bucket rule",
    "aws_s3_bucket_policy": "bucket policy",
    "aws_s3_bucket_public_access_block": (
        "block_public_acls block_public_policy bucket ignore_public_acls restrict_public_buckets"
    ),
    "aws_s3_bucket_server_side_encryption_configuration": "bucket rule",
    "aws_s3_bucket_versioning": "bucket versioning_configuration",
    "aws_secretsmanager_secret": "kms_key_id recovery_window_in_days",
    "aws_secretsmanager_secret_version": "secret_id",
    "aws_sns_topic": "kms_master_key_id",
    "aws_sns_topic_policy": "policy",
    "aws_sqs_queue": (
        "kms_data_key_reuse_period_seconds kms_master_key_id message_retention_seconds policy"
        " sqs_managed_sse_enabled visibility_timeout_seconds"
    ),
    "aws_sqs_queue_policy": "policy queue_url",
    "output": "value",
    "terraform_data": "",
}
"""The attributes of each type that may be shown."""
SHOWN: Final = {kind: frozenset(names.split()) for kind, names in _LISTED.items()}


def shown(change: ResourceChange, name: str, side: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """Return an attribute's value on one side of a change, or what may be shown of it."""
    if change.type not in SHOWN or name not in SHOWN[change.type] | EVERYWHERE:
        return NOT_SHOWN
    value = side.get(name)
    if side is change.after:
        value = _overlaid(value, change.unknown.get(name), AFTER_APPLY, absent=True)
    for marks in change.hidden:
        value = _overlaid(value, marks.get(name) if isinstance(marks, dict) else marks, NOT_SHOWN)
    return value


def secrets(plan: Plan) -> set[str]:
    """Return every secret of the plan, to search for it in a text.

    These are the values of sensitive variables, and the values that a resource or an output marks
    as sensitive.
    """
    texts: set[str] = set()
    document = plan.document
    configured = document.get("configuration", {}).get("root_module", {}).get("variables", {})
    for name, variable in document.get("variables", {}).items():
        if name not in configured or configured[name].get("sensitive"):
            texts |= set(_texts(variable.get("value")))
    for change in [*plan.changes, *plan.drift, *plan.outputs]:
        for marks in change.hidden:
            for side in change.sides:
                texts |= set(_marked(side, marks))
    for state in (document.get("prior_state", {}).get("values", {}), document["planned_values"]):
        for resource in _resources(state.get("root_module", {})):
            texts |= set(_marked(resource.get("values"), resource.get("sensitive_values")))
    return {text for text in texts if len(text) >= SHORTEST}


def scrub(page: str, secret_texts: Iterable[str]) -> str:
    """Return a page without any of the secrets, in whatever way they are written there."""
    lines = {line for secret in secret_texts for line in (secret, *secret.splitlines())}
    written = {form for line in lines for form in _written(line) if len(form) >= SHORTEST}
    for form in sorted(written, key=len, reverse=True):
        page = page.replace(form, "***")
    return page


def _written(secret: str) -> Iterator[str]:
    """Yield a secret as a page can contain it: as text, in JSON, in a URL, in Markdown.

    A page has each line of it separately.
    """
    for text in (secret, json.dumps(secret)[1:-1], to_json(secret)[1:-1], quote(secret, safe="")):
        yield from (text, plain(text), coded(text))


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _resources(child)


def _overlaid(value: Any, marks: Any, words: str, *, absent: bool = False) -> Any:  # noqa: ANN401 - any JSON
    """Return a value with words in place of its sensitive parts.

    With `absent`, sensitive parts that the value does not have count too. A value that is known
    only after apply is absent until then.
    """
    if marks is True:
        return words
    if not holds(marks):
        return value
    if isinstance(marks, dict) and isinstance(value, dict | None):
        members = dict(value or {})
        if absent:
            members = {name: None for name, mark in marks.items() if holds(mark)} | members
        return {
            name: _overlaid(member, marks.get(name), words, absent=absent)
            for name, member in members.items()
        }
    if isinstance(marks, list) and isinstance(value, list | None):
        pairs = list(zip_longest(value or [], marks))
        return [
            _overlaid(item, mark, words, absent=absent)
            for item, mark in (pairs if absent else pairs[: len(value or [])])
        ]
    return value


def _marked(value: Any, marks: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if marks is True:
        yield from _texts(value)
    elif isinstance(marks, dict) and isinstance(value, dict):
        for name, mark in marks.items():
            yield from _marked(value.get(name), mark)
    elif isinstance(marks, list) and isinstance(value, list):
        for item, mark in zip(value, marks, strict=False):
            yield from _marked(item, mark)


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    match value:
        case str():
            yield value
        case dict():
            for member in value.values():
                yield from _texts(member)
        case list():
            for item in value:
                yield from _texts(item)
