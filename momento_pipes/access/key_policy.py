"""The policy of the customer-managed key: who may use it (pure: from strings to JSON)."""

from collections.abc import Mapping, Sequence
from typing import Any

from momento_pipes.access.statement import Statement, policy_document

SERVICES = ("dynamodb", "secretsmanager", "sqs")
"""The services that use the key on behalf of their callers in each stack."""
ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:Describe*",
    "kms:Disable*",
    "kms:Enable*",
    "kms:Get*",
    "kms:List*",
    "kms:Put*",
    "kms:Revoke*",
    "kms:RotateKeyOnDemand",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:Update*",
)
"""The actions for the account's administrators. They can neither encrypt nor decrypt."""
DELETION = "kms:ScheduleKeyDeletion"
"""Not allowed if data is kept, because Terraform would delete the key before the data."""
CRYPTOGRAPHY = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)
DATA_KEYS = ("kms:Decrypt", "kms:GenerateDataKey*")


def key_policy(
    *,
    root: str,
    region: str,
    log_group_arns: Sequence[str],
    alarm_topic_arn: str | None = None,
    services: Sequence[str] = SERVICES,
    rules_of: str | None = None,
    keep: bool = True,
) -> str:
    """Return the key's policy: who may use the key for this data.

    `root` is the account's principal, so the account's IAM policies decide. The log groups and the
    topic may not exist yet. `services` use the key on behalf of their callers. CloudWatch alarms
    call KMS directly, not through SNS. The rules of event buses also call it directly, for their
    dead letters (`rules_of` is the account's id). If `keep` is true, nobody can delete the key
    before they change its policy.

    See AWS: "Key policies in AWS KMS", "Encrypt log data in CloudWatch Logs using AWS KMS" and
    "Managing Amazon SNS encryption keys".
    """
    account = {"AWS": root}
    administration = [*ADMINISTRATION, *([] if keep else [DELETION])]
    log_groups = log_group_arns[0] if len(log_group_arns) == 1 else list(log_group_arns)
    statements = [
        _allow("Administer", account, administration),
        _allow(
            "UseThroughServices",
            account,
            CRYPTOGRAPHY,
            {"StringEquals": {"kms:ViaService": [via(service, region) for service in services]}},
        ),
        _allow(
            "LetDynamodbKeepUsingIt",  # for time to live and backups
            account,
            ["kms:CreateGrant"],
            {
                "Bool": {"kms:GrantIsForAWSResource": "true"},
                "StringEquals": {"kms:ViaService": via("dynamodb", region)},
            },
        ),
        _allow(
            "EncryptLogs",
            {"Service": f"logs.{region}.amazonaws.com"},
            CRYPTOGRAPHY,
            {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
        ),
    ]
    if alarm_topic_arn is not None:
        statements.append(
            _allow(
                "PublishAlarms",
                {"Service": "cloudwatch.amazonaws.com"},
                DATA_KEYS,
                {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": alarm_topic_arn}},
            )
        )
    if rules_of is not None:
        statements.append(
            _allow(
                "SendDeadLetters",
                {"Service": "events.amazonaws.com"},
                DATA_KEYS,
                {"StringEquals": {"aws:SourceAccount": rules_of}},
            )
        )
    return policy_document(*statements)


def via(service: str, region: str) -> str:
    """Return KMS's name for a service that calls it on behalf of a principal.

    >>> via("sqs", "eu-west-1")
    'sqs.eu-west-1.amazonaws.com'
    """
    return f"{service}.{region}.amazonaws.com"


def _allow(
    sid: str,
    principal: Mapping[str, str],
    actions: Sequence[str],
    conditions: Mapping[str, Any] | None = None,
) -> Statement:
    """Return a statement of a key's policy. The resource `*` is the key."""
    return Statement(
        sid=sid,
        principal=principal,
        actions=actions,
        resources="*",
        conditions=conditions or {},
    )
