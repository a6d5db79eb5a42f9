"""AWS's limits that a stack can reach, each with its page.

`eventpipes` has the limits of a pipe or a rule, such as the length of its patterns and templates.
The pages were stored copies of unknown age. docs/quotas.md says which numbers another source
confirms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

EVENTBRIDGE = "Amazon EventBridge quotas"
STEP_FUNCTIONS = "Step Functions service quotas"
IAM = "IAM and AWS STS quotas"

NAME = "shorten NAME_PREFIX or the id in the stack, or give name="
ELSEWHERE = "deploy some of the pipelines in another stack, elsewhere"
REGION = "an account in a region"
BUCKET = (
    "shorten NAME_PREFIX or the pipeline's name (name=), which begin the bucket's name;"
    " STATE_BUCKET names the bucket of the state"
)
BUCKET_PAGE = "General purpose bucket naming rules"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How many units `subject` may have, and how to `fix` a stack with more.

    `most` is fixed by AWS. `default` can be raised in Service Quotas. If `default` is None, the
    limit cannot be raised; if `most` is None, AWS documents no fixed limit.
    """

    subject: str
    page: str
    fix: str
    most: int | None = None
    default: int | None = None
    least: int = 0
    unit: str = "characters"


def _name(subject: str, most: int, page: str, fix: str = NAME, *, least: int = 1) -> Limit:
    return Limit(subject=subject, most=most, least=least, page=page, fix=fix)


LENGTHS: Final[Mapping[tuple[str, str], Limit]] = {
    ("aws_pipes_pipe", "name"): _name("a pipe's name", 64, "CreatePipe"),
    ("aws_cloudwatch_event_connection", "name"): _name(
        "a connection's name", 64, "CreateConnection"
    ),
    ("aws_cloudwatch_event_api_destination", "name"): _name(
        "an API destination's name",
        64,
        "CreateApiDestination",
        "shorten NAME_PREFIX, the stack's name or the cache's name, because the name has them",
    ),
    ("aws_cloudwatch_event_api_destination", "invocation_endpoint"): _name(
        "an API destination's endpoint",
        2_048,
        "CreateApiDestination",
        "shorten MOMENTO_API_ENDPOINT or the cache's name",
    ),
    ("aws_cloudwatch_event_bus", "name"): _name("an event bus's name", 256, "CreateEventBus"),
    ("aws_cloudwatch_event_rule", "name"): _name("a rule's name", 64, "PutRule"),
    ("aws_cloudwatch_event_rule", "event_pattern"): Limit(
        subject="a rule's event pattern",
        default=2_048,
        page=EVENTBRIDGE,
        fix="narrow by fewer attributes or shorter values",
    ),
    ("aws_cloudwatch_event_target", "target_id"): _name("a target's id", 64, "PutTargets"),
    ("aws_sfn_state_machine", "name"): _name("a state machine's name", 80, "CreateStateMachine"),
    ("aws_sfn_state_machine", "definition"): Limit(
        subject="a state machine's definition",
        most=1_048_576,
        page="CreateStateMachine",
        fix="map fewer kinds of items, or use two pipelines",
    ),
    ("aws_iam_role", "name"): _name("a role's name", 64, IAM, NAME.replace("name=", "role_name=")),
    ("aws_iam_role_policy", "name"): _name(
        "a policy's name", 128, IAM, "give the policy a shorter name"
    ),
    ("aws_sqs_queue", "name"): _name("a queue's name", 80, "Amazon SQS standard queue quotas"),
    ("aws_dynamodb_table", "name"): _name(
        "a table's name", 255, "CreateTable", "give name= of add_table another length", least=3
    ),
    ("aws_cloudwatch_log_group", "name"): _name("a log group's name", 512, "CreateLogGroup"),
    ("aws_secretsmanager_secret", "name"): _name(
        "a secret's name", 512, "CreateSecret", "shorten MOMENTO_SECRET_NAME or secret_name="
    ),
    ("aws_cloudwatch_metric_alarm", "alarm_name"): _name("an alarm's name", 255, "PutMetricAlarm"),
    ("aws_cloudwatch_dashboard", "dashboard_name"): _name(
        "a dashboard's name", 255, "PutDashboard"
    ),
    ("aws_sns_topic", "name"): _name("a topic's name", 256, "CreateTopic"),
    ("aws_kms_alias", "name"): _name("a key's alias", 256, "CreateAlias"),
    ("aws_s3_bucket", "bucket"): _name(
        "a bucket's name",
        63,
        BUCKET_PAGE,
        BUCKET,
        least=3,
    ),
}
"""The most characters that an argument of a resource may have."""

COUNTS: Final[Mapping[str, Limit]] = {
    type_: Limit(subject=subject, default=default, unit=unit, page=page, fix=ELSEWHERE)
    for type_, subject, default, unit, page in (
        ("aws_pipes_pipe", REGION, 1_000, "pipes", EVENTBRIDGE),
        ("aws_cloudwatch_event_connection", REGION, 3_000, "connections", EVENTBRIDGE),
        ("aws_cloudwatch_event_api_destination", REGION, 3_000, "API destinations", EVENTBRIDGE),
        ("aws_cloudwatch_event_bus", REGION, 100, "event buses", EVENTBRIDGE),
        ("aws_sfn_state_machine", REGION, 10_000, "state machines", STEP_FUNCTIONS),
        ("aws_dynamodb_table", REGION, 2_500, "tables", "Quotas in Amazon DynamoDB"),
        ("aws_iam_role", "an account", 1_000, "roles", IAM),
    )
}
"""The most resources of a type that an account may have in a region (roles: in all regions)."""

RULES_OF_A_BUS: Final = Limit(
    subject="an event bus",
    default=300,
    unit="rules",
    page=EVENTBRIDGE,
    fix="use another event bus for some of the pipelines",
)
TARGETS_OF_A_RULE: Final = Limit(
    subject="a rule",
    most=5,
    unit="targets",
    page=EVENTBRIDGE,
    fix="move some of the targets to another rule with the same pattern",
)
WIDGETS_OF_A_DASHBOARD: Final = Limit(
    subject="a dashboard",
    most=500,
    unit="widgets",
    page="CloudWatch service quotas",
    fix="use another dashboard for some of the pipelines",
)
ROLE_POLICIES: Final = Limit(
    subject="a role's inline policies together",
    most=10_240,
    page=IAM,
    fix="split the pipeline, so that each part has its own role",
)
TRUST_POLICY: Final = Limit(
    subject="a role's trust policy",
    default=2_048,
    most=8_192,
    page=IAM,
    fix="shorten the pipes' names, or let fewer pipes or rules share the role",
)
KEY_POLICY: Final = Limit(
    subject="a key's policy",
    most=32_768,
    unit="bytes",
    page="AWS KMS resource quotas",
    fix="deploy some of the pipelines in another stack, which has another key",
)
