"""Changes in place that weaken something: the kind, before, after, and the name of the loss."""

import json
from typing import Any

TABLE, PIPE, QUEUE = "aws_dynamodb_table", "aws_pipes_pipe", "aws_sqs_queue"
LOG, ALARM = "aws_cloudwatch_log_group", "aws_cloudwatch_metric_alarm"
MACHINE, SCHEDULE = "aws_sfn_state_machine", "aws_scheduler_schedule"
ROLE_POLICY, TARGET = "aws_iam_role_policy", "aws_cloudwatch_event_target"
Before = dict[str, Any] | None
Weaker = tuple[str, Before, Before, str]


def stream(**values: Any) -> dict[str, Any]:
    return {"source_parameters": [{"dynamodb_stream_parameters": [values]}]}


def recovery(days: int | None, *, enabled: bool = True) -> dict[str, Any]:
    return {"point_in_time_recovery": [{"enabled": enabled, "recovery_period_in_days": days}]}


def ttl(*, enabled: bool) -> dict[str, Any]:
    return {"ttl": [{"attribute_name": "Until", "enabled": enabled}]}


def replicas(*regions: str, **values: Any) -> dict[str, Any]:
    return {"replica": [{"region_name": region, **values} for region in regions]}


def log(level: str, *data: str) -> dict[str, Any]:
    return {"log_configuration": [{"level": level, "include_execution_data": list(data)}]}


def machine_log(level: str) -> dict[str, Any]:
    return {"logging_configuration": [{"level": level}]}


def allowing(*actions: str, resource: str = "*", effect: str = "Allow") -> dict[str, Any]:
    statements = [{"Effect": effect, "Action": list(actions), "Resource": resource}]
    return {"policy": json.dumps({"Version": "2012-10-17", "Statement": statements})}


def attribute(kind: str, name: str, before: object, after: object, loss: str) -> Weaker:
    """Return the case of one attribute that changes."""
    return kind, {name: before}, {name: after}, loss


def off(kind: str, name: str, loss: str) -> Weaker:
    """Return the case of one attribute that is switched off."""
    return kind, {name: True}, {name: False}, loss


def gone(kind: str, name: str, before: object, loss: str) -> Weaker:
    """Return the case of one attribute that is taken out."""
    return kind, {name: before}, {}, loss


BLOCKING: dict[str, Weaker] = {
    "recovery shortened": (TABLE, recovery(35), recovery(7), "recovery-shortened"),
    "recovery shortened from the default": (
        TABLE,
        recovery(None),
        recovery(1),
        "recovery-shortened",
    ),
    "recovery off": (TABLE, recovery(35), recovery(None, enabled=False), "recovery-off"),
    "recovery taken out": (TABLE, recovery(35), {}, "recovery-off"),
    "a view narrowed": (
        TABLE,
        {"stream_enabled": True, "stream_view_type": "NEW_AND_OLD_IMAGES"},
        {"stream_enabled": True, "stream_view_type": "NEW_IMAGE"},
        "stream-view",
    ),
    "a replica removed": (
        TABLE,
        replicas("eu-west-1", "us-west-2"),
        replicas("us-west-2"),
        "replica-removed-eu-west-1",
    ),
    "the last replica removed": (TABLE, replicas("eu-west-1"), {}, "replica-removed-eu-west-1"),
    "an archive kept for less long": attribute(
        "aws_cloudwatch_event_archive", "retention_days", 0, 7, "retention-shortened"
    ),
    "a stream off": off(TABLE, "stream_enabled", "stream-off"),
    "no dead letters of a pipe": (
        PIPE,
        stream(dead_letter_config=[{"arn": "q"}]),
        stream(),
        "no-dead-letters",
    ),
    "no dead letters of a rule": gone(
        TARGET, "dead_letter_config", [{"arn": "q"}], "no-dead-letters"
    ),
    "a rule off": attribute("aws_cloudwatch_event_rule", "state", "ENABLED", "DISABLED", "off"),
    "a queue that keeps letters for less long": attribute(
        QUEUE, "message_retention_seconds", 1_209_600, 60, "retention-shortened"
    ),
    "a key off": off("aws_kms_key", "is_enabled", "off"),
    "a workflow that a pipe cannot wait for": attribute(
        MACHINE, "type", "EXPRESS", "STANDARD", "type"
    ),
    "a state bucket without versions": attribute(
        "aws_s3_bucket_versioning",
        "versioning_configuration",
        [{"status": "Enabled"}],
        [{"status": "Suspended"}],
        "versions-off",
    ),
    "a state bucket opened": off(
        "aws_s3_bucket_public_access_block", "block_public_acls", "public-access"
    ),
    "a role that pipes may no longer take": (
        "aws_iam_role",
        {
            "assume_role_policy": '{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
            '"Principal":{"Service":"pipes.amazonaws.com"}}]}'
        },
        {
            "assume_role_policy": '{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
            '"Principal":{"Service":"states.amazonaws.com"}}]}'
        },
        "distrusted",
    ),
}
TOLD: dict[str, Weaker] = {
    "expiry off": (TABLE, ttl(enabled=True), ttl(enabled=False), "expiry-off"),
    "expiry on": (TABLE, {}, ttl(enabled=True), "expiry"),
    "expiry taken out": (TABLE, ttl(enabled=True), {}, "expiry-left-on"),
    "no key of one's own": attribute(
        TABLE, "server_side_encryption", [{"enabled": True}], [], "encryption"
    ),
    "less capacity": (
        TABLE,
        {"billing_mode": "PROVISIONED", "read_capacity": 10, "write_capacity": 10},
        {"billing_mode": "PROVISIONED", "read_capacity": 10, "write_capacity": 5},
        "capacity",
    ),
    "no longer on demand": (
        TABLE,
        {"billing_mode": "PAY_PER_REQUEST"},
        {"billing_mode": "PROVISIONED", "read_capacity": 1, "write_capacity": 1},
        "capacity",
    ),
    "an index removed": attribute(
        TABLE, "global_secondary_index", [{"name": "by-city"}], [], "index-removed-by-city"
    ),
    "a replica's recovery off": (
        TABLE,
        replicas("eu-west-1", point_in_time_recovery=True),
        replicas("eu-west-1", point_in_time_recovery=False),
        "replica-point-off-eu-west-1",
    ),
    "fewer attempts": (
        PIPE,
        stream(maximum_retry_attempts=5),
        stream(maximum_retry_attempts=1),
        "fewer-attempts",
    ),
    "bounded attempts": (
        PIPE,
        stream(maximum_retry_attempts=-1, maximum_record_age_in_seconds=60),
        stream(maximum_retry_attempts=3, maximum_record_age_in_seconds=60),
        "fewer-attempts",
    ),
    "a shorter age": (
        PIPE,
        stream(maximum_retry_attempts=3, maximum_record_age_in_seconds=3600),
        stream(maximum_retry_attempts=3, maximum_record_age_in_seconds=60),
        "shorter-age",
    ),
    "no bounds": (
        PIPE,
        stream(maximum_retry_attempts=3, maximum_record_age_in_seconds=3600),
        stream(maximum_retry_attempts=-1, maximum_record_age_in_seconds=-1),
        "endless",
    ),
    "a stopped pipe": attribute(PIPE, "desired_state", "RUNNING", "STOPPED", "stopped"),
    "a table that may be destroyed": off(TABLE, "deletion_protection_enabled", "protection-off"),
    "a lower log level": (PIPE, log("INFO"), log("ERROR"), "less-logged"),
    "a log off": (PIPE, log("ERROR"), {}, "less-logged"),
    "no records in the log": (PIPE, log("INFO", "ALL"), log("INFO"), "no-execution-data"),
    "a workflow's lower log level": (
        MACHINE,
        machine_log("ALL"),
        machine_log("ERROR"),
        "less-logged",
    ),
    "a workflow's log off": (MACHINE, machine_log("FATAL"), {}, "less-logged"),
    "no dead letters of a bus": gone(
        "aws_cloudwatch_event_bus", "dead_letter_config", [{"arn": "q"}], "no-dead-letters"
    ),
    "a topic's key": ("aws_sns_topic", {"kms_master_key_id": "k"}, {}, "encryption"),
    "a rule's fewer attempts": attribute(
        TARGET,
        "retry_policy",
        [{"maximum_retry_attempts": 185}],
        [{"maximum_retry_attempts": 2}],
        "fewer-attempts",
    ),
    "a rule's shorter age": (
        TARGET,
        {},
        {"retry_policy": [{"maximum_event_age_in_seconds": 60}]},
        "shorter-age",
    ),
    "a queue's key": (QUEUE, {"kms_master_key_id": "k"}, {"kms_master_key_id": ""}, "encryption"),
    "a log's key": (LOG, {"kms_key_id": "k"}, {}, "encryption"),
    "a log kept for less long": attribute(LOG, "retention_in_days", 90, 30, "retention-shortened"),
    "rotation off": off("aws_kms_key", "enable_key_rotation", "rotation-off"),
    "a key that goes sooner": attribute(
        "aws_kms_key", "deletion_window_in_days", 30, 7, "recovery-shortened"
    ),
    "a secret that goes at once": attribute(
        "aws_secretsmanager_secret", "recovery_window_in_days", 30, 0, "recovery-shortened"
    ),
    "a lower rate": attribute(
        "aws_cloudwatch_event_api_destination",
        "invocation_rate_limit_per_second",
        100,
        10,
        "rate-lowered",
    ),
    "an alarm without actions": attribute(ALARM, "alarm_actions", ["topic"], [], "silenced"),
    "an alarm that no longer says that all is well": attribute(
        ALARM, "ok_actions", ["topic"], [], "silenced"
    ),
    "an alarm silent without data": gone(ALARM, "insufficient_data_actions", ["topic"], "silenced"),
    "longer periods": (ALARM, {"period": 60}, {"period": 300}, "tells-later"),
    "more datapoints": attribute(ALARM, "datapoints_to_alarm", 1, 2, "tells-later"),
    "an alarm switched off": off(ALARM, "actions_enabled", "silenced"),
    "a higher threshold": (
        ALARM,
        {"threshold": 1, "comparison_operator": "GreaterThanThreshold"},
        {"threshold": 10, "comparison_operator": "GreaterThanThreshold"},
        "tells-later",
    ),
    "a lower threshold": (
        ALARM,
        {"threshold": 10, "comparison_operator": "LessThanThreshold"},
        {"threshold": 1, "comparison_operator": "LessThanThreshold"},
        "tells-later",
    ),
    "more periods": (ALARM, {"evaluation_periods": 1}, {"evaluation_periods": 5}, "tells-later"),
    "missing data that is fine": attribute(
        ALARM, "treat_missing_data", "breaching", "notBreaching", "tells-later"
    ),
    "a bucket that can be emptied": (
        "aws_s3_bucket",
        {"force_destroy": False},
        {"force_destroy": True},
        "protection-off",
    ),
    "a policy that allows less": (
        ROLE_POLICY,
        allowing("dynamodb:GetRecords", "sqs:SendMessage"),
        allowing("dynamodb:GetRecords"),
        "narrowed",
    ),
    "a boundary": ("aws_iam_role", {}, {"permissions_boundary": "arn:b"}, "boundary"),
}
OTHER: dict[str, Weaker] = {
    "another dead-letter queue": (
        PIPE,
        stream(dead_letter_config=[{"arn": "a"}]),
        stream(dead_letter_config=[{"arn": "b"}]),
        "other-dead-letters",
    ),
    "a subscription's filter": attribute(
        "aws_sns_topic_subscription", "filter_policy", "a", "b", "filter"
    ),
    "a queue's policy": ("aws_sqs_queue_policy", {"policy": "a"}, {"policy": "b"}, "policy"),
    "a key's policy": ("aws_kms_key", {"policy": "a"}, {"policy": "b"}, "policy"),
    "an authorization": attribute(
        "aws_cloudwatch_event_connection", "authorization_type", "API_KEY", "BASIC", "authorization"
    ),
    "a bucket's lifecycle": attribute(
        "aws_s3_bucket_lifecycle_configuration", "rule", [{"id": "a"}], [{"id": "b"}], "lifecycle"
    ),
    "an alarm's comparison": attribute(
        ALARM, "comparison_operator", "GreaterThanThreshold", "LessThanThreshold", "tells-later"
    ),
}
"""Changes that may weaken something in either direction."""
OTHER |= {
    "the watch off": (SCHEDULE, {"state": "ENABLED"}, {"state": "DISABLED"}, "off"),
    "the watch at another rate": attribute(
        SCHEDULE, "schedule_expression", "rate(5 minutes)", "rate(60 minutes)", "rate"
    ),
}
TOLD |= OTHER
