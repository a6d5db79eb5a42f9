"""Checks of the AWS account: the credentials, the state bucket, the quotas."""

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from live.errors import LiveError
from ops.bootstrap import Bucket, look
from ops.doctor.check import Check, failure, ok, warning
from ops.key.connections import listed
from ops.shared.errors import OpsError
from ops.shared.permissions import statements
from stacks.settings import Settings

Client = Callable[[str], Any]
"""Returns the boto3 client of a service."""

QUOTAS = {
    "pipes": ("pipes", "list_pipes", "Pipes", 1_000),
    "connections": ("events", "list_connections", "Connections", 3_000),
    "API destinations": ("events", "list_api_destinations", "ApiDestinations", 3_000),
    "state machines": ("stepfunctions", "list_state_machines", "stateMachines", 10_000),
}
"""AWS's defaults for an account in a region; an account may have more.

See AWS: EventBridge, "Quotas"; Step Functions, "Service quotas".
"""
NONE = (
    "NoSuchBucketPolicy",
    "NoSuchPublicAccessBlockConfiguration",
    "ServerSideEncryptionConfigurationNotFoundError",
)
"""S3's error codes where a bucket has no such setting."""
NEAR = 0.8
"""The share of a quota above which a check warns."""


def examine(settings: Settings, client: Client) -> Iterator[Check]:
    """Yield the checks of the account; only the first one without credentials."""
    try:
        me = client("sts").get_caller_identity()
    except NoCredentialsError:
        yield warning(
            "credentials",
            "there are none for AWS; demo and up need none; to deploy, see 'AWS' in .env.example",
        )
        return
    except (BotoCoreError, ClientError) as error:
        yield failure("credentials", f"AWS refuses them: {error}")
        return
    yield ok("credentials", f"{me['Arn']} in account {me['Account']}, {settings.region}")
    yield from _state_bucket(settings, client)
    yield from _quotas(client)


def _state_bucket(settings: Settings, client: Client) -> Iterator[Check]:
    name, bucket = "state bucket", settings.state_bucket
    try:
        state = look(settings, client, key=settings.state_key)
    except (LiveError, OpsError) as error:
        yield failure(name, str(error))
        return
    if state is Bucket.ABSENT:
        yield warning(name, f"{bucket} does not exist yet: run ./help.sh bootstrap")
        return
    try:
        open_doors = list(_open_doors(client("s3"), bucket))
    except ClientError as error:
        yield warning(name, f"{bucket} cannot be checked: {error}")
        return
    if open_doors:
        yield failure(name, f"{bucket} is {', '.join(open_doors)}: run ./help.sh bootstrap")
    else:
        yield ok(name, f"{bucket} is private, encrypted, versioned and takes TLS only")


def _open_doors(s3: Any, bucket: str) -> Iterator[str]:  # noqa: ANN401 - a boto3 client
    """Yield the settings that make the state bucket, and the API key in it, readable for others."""
    if _answer(s3.get_bucket_versioning, bucket).get("Status") != "Enabled":
        yield "not versioned"
    if not _answer(s3.get_bucket_encryption, bucket):
        yield "not encrypted"
    block = _answer(s3.get_public_access_block, bucket).get("PublicAccessBlockConfiguration", {})
    if not block or not all(block.values()):
        yield "not closed to the public"
    policy = _answer(s3.get_bucket_policy, bucket).get("Policy")
    denied = [
        statement.get("Condition")
        for statement in statements(policy)
        if statement.get("Effect") == "Deny"
    ]
    if {"Bool": {"aws:SecureTransport": "false"}} not in denied:
        yield "open to requests without TLS"


def _answer(ask: Callable[..., Any], bucket: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = ask(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in NONE:
            raise
        return {}
    return answer


def _quotas(client: Client) -> Iterator[Check]:
    counts = []
    for what, (service, operation, member, most) in QUOTAS.items():
        try:
            count = len([*listed(getattr(client(service), operation), member)])
        except (BotoCoreError, ClientError) as error:
            yield warning("quotas", f"the {what} cannot be counted: {error}")
            continue
        if count >= NEAR * most:
            yield warning(
                "quotas",
                f"{count} {what} of {most} by default: ask for more in Service Quotas",
            )
        else:
            counts.append(f"{count} of {most} {what}")
    if counts:
        yield ok("quotas", ", ".join(counts))
