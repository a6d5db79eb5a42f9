"""Rights that AWS uses in the caller's name, which no request to the local AWS shows.

Each is the consequence of a call, and has the page that documents it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.iam_policy import ARN, BOUNDARY, PREFIX, ROLE, THE_KEY
from tests.localcloud.calls import Call

DELIVERY = "CloudWatch Logs, 'Logs sent to CloudWatch Logs': user permissions"
CONNECTION = "EventBridge, 'Using roles to create secrets for API destinations'"
TABLE_KEY = "DynamoDB, 'Authorizing use of your customer managed key'"
CONNECTION_KEY = "EventBridge, 'Encrypting EventBridge connection authorization with AWS KMS keys'"
WITH_A_KEY = "Secrets Manager, 'Secret encryption and decryption': permissions for the KMS key"
WITH_ITS_ID = (
    "EventBridge API, ApiDestination and Connection: an ARN ends with an id that AWS gives"
)
VERSIONS = (
    "S3, 'Policy actions for Amazon S3': a request with a version id; terraform-provider-aws"
    " deletes all versions of a bucket that it empties"
)
NOT_MADE = (
    "A change that is not made here: one is watched for long, one comes from the demo profile"
)


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """A right that AWS uses in the name of the caller of another action, and the page for it."""

    call: Call
    policies: Sequence[str]
    because: str
    page: str


def unseen() -> Iterator[Unseen]:
    """Yield these rights."""
    yield Unseen(
        call=Call(
            action="iam:PutRolePermissionsBoundary",
            resource=ROLE.format(f"{PREFIX}-sessions-pipes"),
            context={"iam:PermissionsBoundary": BOUNDARY},
        ),
        policies=["deploy"],
        because="iam:CreateRole",
        page=NOT_MADE,
    )
    group = ARN.format("logs", f"log-group:/aws/vendedlogs/pipes/{PREFIX}:log-stream:")
    watch_group = ARN.format("logs", f"log-group:/aws/lambda/{PREFIX}-watch:log-stream:")
    bulk_group = ARN.format("logs", f"log-group:/aws/lambda/{PREFIX}-bulk-verify:log-stream:")
    for action, because, resource in (
        ("kms:UpdateKeyDescription", "kms:CreateKey", THE_KEY),
        ("logs:AssociateKmsKey", "logs:CreateLogGroup", group),
        ("logs:AssociateKmsKey", "logs:CreateLogGroup", watch_group),
        ("logs:AssociateKmsKey", "logs:CreateLogGroup", bulk_group),
    ):
        context = {"aws:ResourceTag/Project": PREFIX}
        yield Unseen(
            call=Call(action=action, resource=resource, context=context),
            policies=["deploy"],
            because=because,
            page=NOT_MADE,
        )
    yield Unseen(
        call=Call(
            action="s3:DeleteObjectVersion",
            resource=f"arn:aws:s3:::{PREFIX}-session-changes-bulk-123456789012-us-east-1/results/1/manifest.json",
        ),
        policies=["deploy"],
        because="s3:DeleteObject",
        page=VERSIONS,
    )
    yield Unseen(
        call=Call(action="states:ValidateStateMachineDefinition", resource="*"),
        policies=["plan", "deploy"],
        because="states:CreateStateMachine",
        page="terraform-provider-aws 5.100.0 validates a changed definition while it plans",
    )
    yield Unseen(
        call=Call(
            action="events:UpdateEventBus", resource=ARN.format("events", f"event-bus/{PREFIX}-bus")
        ),
        policies=["deploy"],
        because="events:CreateEventBus",
        page="EventBridge API, UpdateEventBus: a change of its description; moto has none",
    )
    for kind, name in (("ApiDestination", "api-destination"), ("Connection", "connection")):
        within = "cache-put-" if kind == "ApiDestination" else ""
        yield Unseen(
            call=Call(
                action=f"events:Describe{kind}",
                resource=ARN.format("events", f"{name}/{PREFIX}-{within}{name}/0a1b2c3d"),
            ),
            policies=["plan", "deploy"],
            because=f"events:Create{kind}",
            page=WITH_ITS_ID,
        )
    for action, because in (
        ("CreateLogDelivery", "pipes:CreatePipe"),
        ("DeleteLogDelivery", "pipes:DeletePipe"),
        ("DescribeResourcePolicies", "pipes:CreatePipe"),
        ("GetLogDelivery", "pipes:UpdatePipe"),
        ("ListLogDeliveries", "pipes:UpdatePipe"),
        ("PutResourcePolicy", "pipes:CreatePipe"),
        ("UpdateLogDelivery", "pipes:UpdatePipe"),
    ):
        call = Call(action=f"logs:{action}", resource="*")
        yield Unseen(call=call, policies=["deploy"], because=because, page=DELIVERY)
    secret = ARN.format("secretsmanager", f"secret:events!connection/{PREFIX}-connection/1-AbCdEf")
    for action, because in (
        ("CreateSecret", "CreateConnection"),
        ("DeleteSecret", "DeleteConnection"),
        ("DescribeSecret", "UpdateConnection"),
        ("GetSecretValue", "UpdateConnection"),
        ("PutSecretValue", "UpdateConnection"),
        ("UpdateSecret", "UpdateConnection"),
    ):
        yield Unseen(
            call=Call(action=f"secretsmanager:{action}", resource=secret),
            policies=["deploy"],
            because=f"events:{because}",
            page=CONNECTION,
        )
    service = "apidestinations.events.amazonaws.com"
    role = f"{service}/AWSServiceRoleForAmazonEventBridgeApiDestinations"
    yield Unseen(
        call=Call(
            action="iam:CreateServiceLinkedRole",
            resource=ROLE.format(f"aws-service-role/{role}"),
            context={"iam:AWSServiceName": service},
        ),
        policies=["deploy"],
        because="events:CreateConnection",
        page=CONNECTION,
    )
    through = {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}
    for action in (
        *("Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"),
        *("GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
    ):
        yield Unseen(
            call=Call(action=f"kms:{action}", resource=THE_KEY, context=through),
            policies=["deploy"],
            because="dynamodb:CreateTable",
            page=TABLE_KEY,
        )
    yield Unseen(
        call=Call(
            action="kms:CreateGrant",
            resource=THE_KEY,
            context=through | {"kms:GrantIsForAWSResource": "true"},
        ),
        policies=["deploy"],
        because="dynamodb:CreateTable",
        page=TABLE_KEY,
    )
    through = {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}
    for action, because, page in (
        ("Decrypt", "events:UpdateConnection", CONNECTION_KEY),
        ("GenerateDataKey", "secretsmanager:PutSecretValue", WITH_A_KEY),
    ):
        yield Unseen(
            call=Call(action=f"kms:{action}", resource=THE_KEY, context=through),
            policies=["deploy"],
            because=because,
            page=page,
        )


UNSEEN = list(unseen())
