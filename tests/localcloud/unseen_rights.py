"""Rights that AWS uses in the caller's name, which no request to the local AWS shows.

Each is the consequence of a call, and has the page that documents it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

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


def _unseen(
    action: str,
    resource: str,
    because: str,
    page: str,
    policies: Sequence[str] = ("deploy",),
    context: Mapping[str, str] = MappingProxyType({}),
) -> Unseen:
    call = Call(action=action, resource=resource, context=context)
    return Unseen(call=call, policies=policies, because=because, page=page)


def unseen() -> Iterator[Unseen]:
    role = ROLE.format(f"{PREFIX}-sessions-pipes")
    bounded = {"iam:PermissionsBoundary": BOUNDARY}
    action = "iam:PutRolePermissionsBoundary"
    yield _unseen(action, role, "iam:CreateRole", NOT_MADE, context=bounded)
    tagged = {"aws:ResourceTag/Project": PREFIX}
    action = "kms:UpdateKeyDescription"
    yield _unseen(action, THE_KEY, "kms:CreateKey", NOT_MADE, context=tagged)
    for name in (
        f"/aws/vendedlogs/pipes/{PREFIX}",
        f"/aws/lambda/{PREFIX}-watch",
        f"/aws/lambda/{PREFIX}-bulk-verify",
    ):
        group = ARN.format("logs", f"log-group:{name}:log-stream:")
        because = "logs:CreateLogGroup"
        yield _unseen("logs:AssociateKmsKey", group, because, NOT_MADE, context=tagged)
    results = f"arn:aws:s3:::{PREFIX}-session-changes-bulk-123456789012-us-east-1/results"
    manifest = f"{results}/1/manifest.json"
    yield _unseen("s3:DeleteObjectVersion", manifest, "s3:DeleteObject", VERSIONS)
    yield _unseen(
        "states:ValidateStateMachineDefinition",
        "*",
        "states:CreateStateMachine",
        "terraform-provider-aws 5.100.0 validates a changed definition while it plans",
        policies=["plan", "deploy"],
    )
    yield _unseen(
        "events:UpdateEventBus",
        ARN.format("events", f"event-bus/{PREFIX}-bus"),
        "events:CreateEventBus",
        "EventBridge API, UpdateEventBus: a change of its description; moto has none",
    )
    for kind, name in (
        ("ApiDestination", f"api-destination/{PREFIX}-cache-put-api-destination"),
        ("Connection", f"connection/{PREFIX}-connection"),
    ):
        yield _unseen(
            f"events:Describe{kind}",
            ARN.format("events", f"{name}/0a1b2c3d"),
            f"events:Create{kind}",
            WITH_ITS_ID,
            policies=["plan", "deploy"],
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
        yield _unseen(f"logs:{action}", "*", because, DELIVERY)
    secret = ARN.format("secretsmanager", f"secret:events!connection/{PREFIX}-connection/1-AbCdEf")
    for action, because in (
        ("CreateSecret", "CreateConnection"),
        ("DeleteSecret", "DeleteConnection"),
        ("DescribeSecret", "UpdateConnection"),
        ("GetSecretValue", "UpdateConnection"),
        ("PutSecretValue", "UpdateConnection"),
        ("UpdateSecret", "UpdateConnection"),
    ):
        yield _unseen(f"secretsmanager:{action}", secret, f"events:{because}", CONNECTION)
    service = "apidestinations.events.amazonaws.com"
    role = f"{service}/AWSServiceRoleForAmazonEventBridgeApiDestinations"
    yield _unseen(
        "iam:CreateServiceLinkedRole",
        ROLE.format(f"aws-service-role/{role}"),
        "events:CreateConnection",
        CONNECTION,
        context={"iam:AWSServiceName": service},
    )
    through = {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}
    because = "dynamodb:CreateTable"
    for action in (
        *("Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"),
        *("GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
    ):
        yield _unseen(f"kms:{action}", THE_KEY, because, TABLE_KEY, context=through)
    granted = through | {"kms:GrantIsForAWSResource": "true"}
    yield _unseen("kms:CreateGrant", THE_KEY, because, TABLE_KEY, context=granted)
    through = {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}
    for action, because, page in (
        ("Decrypt", "events:UpdateConnection", CONNECTION_KEY),
        ("GenerateDataKey", "secretsmanager:PutSecretValue", WITH_A_KEY),
    ):
        yield _unseen(f"kms:{action}", THE_KEY, because, page, context=through)


UNSEEN = list(unseen())
