"""AWS's limits that a stack can reach, each with the page that states it.

The limits of a pipe or a rule itself, such as the length of its patterns and templates, are in
`eventpipes`. The pages were read as stored copies of unknown age; docs/quotas.md says which
numbers a second source confirms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

EVENTBRIDGE = "Amazon EventBridge quotas"
STEP_FUNCTIONS = "Step Functions service quotas"
IAM = "IAM and AWS STS quotas"

NAME = "shorten NAME_PREFIX or the id in the stack, or give name="
ELSEWHERE = "deploy some of the pipelines as a stack of their own, elsewhere"
REGION = "an account in a region"


@dataclass(frozen=True, kw_only=True)
class Limit:
    """How many of a unit something may have, and what to do if it has more.

    `most` is fixed by AWS. `default` applies until an account asks Service Quotas for more. Either
    may be None: the limit cannot be raised, or no fixed limit is documented.
    """

    what: str
    page: str
    fix: str
    most: int | None = None
    default: int | None = None
    least: int = 0
    unit: str = "characters"


def _name(what: str, most: int, page: str, fix: str = NAME, *, least: int = 1) -> Limit:
    return Limit(what=what, most=most, least=least, page=page, fix=fix)


LENGTHS: Final[Mapping[tuple[str, str], Limit]] = {
    ("aws_pipes_pipe", "name"): _name("a pipe's name", 64, "CreatePipe"),
    ("aws_cloudwatch_event_connection", "name"): _name(
        "a connection's name", 64, "CreateConnection"
    ),
    ("aws_cloudwatch_event_api_destination", "name"): _name(
        "an API destination's name",
        64,
        "CreateApiDestination",
        "shorten NAME_PREFIX, the stack's name or that of the cache, which are part of it",
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
        what="a rule's event pattern",
        default=2_048,
        page=EVENTBRIDGE,
        fix="narrow by fewer attributes or shorter values",
    ),
    ("aws_cloudwatch_event_target", "target_id"): _name("a target's id", 64, "PutTargets"),
    ("aws_sfn_state_machine", "name"): _name("a state machine's name", 80, "CreateStateMachine"),
    ("aws_sfn_state_machine", "definition"): Limit(
        what="a state machine's definition",
        most=1_048_576,
        page="CreateStateMachine",
        fix="map fewer kinds of items, or split them between two pipelines",
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
        "General purpose bucket naming rules",
        "give STATE_BUCKET another length",
        least=3,
    ),
}
"""How many characters an argument of a resource may have."""

COUNTS: Final[Mapping[str, Limit]] = {
    type_: Limit(what=what, default=default, unit=unit, page=page, fix=ELSEWHERE)
    for type_, what, default, unit, page in (
        ("aws_pipes_pipe", REGION, 1_000, "pipes", EVENTBRIDGE),
        ("aws_cloudwatch_event_connection", REGION, 3_000, "connections", EVENTBRIDGE),
        ("aws_cloudwatch_event_api_destination", REGION, 3_000, "API destinations", EVENTBRIDGE),
        ("aws_cloudwatch_event_bus", REGION, 100, "event buses", EVENTBRIDGE),
        ("aws_sfn_state_machine", REGION, 10_000, "state machines", STEP_FUNCTIONS),
        ("aws_dynamodb_table", REGION, 2_500, "tables", "Quotas in Amazon DynamoDB"),
        ("aws_iam_role", "an account", 1_000, "roles", IAM),
    )
}
"""How many resources of a type an account may have in a region (roles: in all regions)."""

RULES_OF_A_BUS: Final = Limit(
    what="an event bus",
    default=300,
    unit="rules",
    page=EVENTBRIDGE,
    fix="give some of the pipelines an event bus of their own",
)
TARGETS_OF_A_RULE: Final = Limit(
    what="a rule",
    most=5,
    unit="targets",
    page=EVENTBRIDGE,
    fix="move some of the targets to another rule with the same pattern",
)
WIDGETS_OF_A_DASHBOARD: Final = Limit(
    what="a dashboard",
    most=500,
    unit="widgets",
    page="CloudWatch service quotas",
    fix="give some of the pipelines a dashboard of their own",
)
ROLE_POLICIES: Final = Limit(
    what="a role's inline policies together",
    most=10_240,
    page=IAM,
    fix="split the pipeline, which gives each part a role of its own",
)
TRUST_POLICY: Final = Limit(
    what="a role's trust policy",
    default=2_048,
    most=8_192,
    page=IAM,
    fix="shorten the pipes' names, or let fewer pipes or rules share the role",
)
KEY_POLICY: Final = Limit(
    what="a key's policy",
    most=32_768,
    unit="bytes",
    page="AWS KMS resource quotas",
    fix="deploy some of the pipelines as a stack of their own: each has a key of its own",
)

EVERY: Final = (
    *LENGTHS.values(),
    *COUNTS.values(),
    RULES_OF_A_BUS,
    TARGETS_OF_A_RULE,
    WIDGETS_OF_A_DASHBOARD,
    ROLE_POLICIES,
    TRUST_POLICY,
    KEY_POLICY,
)
"""All limits, in the order of docs/quotas.md."""
