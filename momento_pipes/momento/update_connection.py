"""Give an EventBridge connection the Momento API key, and also a secret if there is one.

Terraform runs the text of this file on the machine that applies the plan. So it imports nothing of
this project. It reads everything from its environment, because other users of a machine can read
the arguments of a process.
"""

import hashlib
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

SECONDS = 300
"""AWS needs up to five minutes until it knows the tag of a new key (KMS, "ABAC for AWS KMS")."""
DIGITS = 7
PLACEHOLDER = "is-set-after-creation"
"""Terraform creates the connection with this text. The state has it, and not the API key."""


class KeyNotGivenError(Exception):
    """The connection did not get the key. The message says what to do, without the key."""


def version_of(api_key: str) -> str:
    """Return a version that changes with the key: 28 bits of its SHA-256, which do not reveal it.

    >>> version_of("a-key")
    '2a8a124'
    """
    return hashlib.sha256(api_key.encode()).hexdigest()[:DIGITS]


def update(
    given: Mapping[str, str],
    client: Callable[..., Any],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Update the connection, and wait until it is authorized; then write the secret.

    `given` is the environment. `client` returns a client of boto3.

    Raises:
        KeyNotGivenError: the plan is for another key, or the connection is not authorized.
        ClientError: AWS refuses a request.

    """
    key = given["CONNECTION_API_KEY"]
    if version_of(key) != given["CONNECTION_KEY_VERSION"]:
        raise KeyNotGivenError(
            f"the plan is for an API key of version {given['CONNECTION_KEY_VERSION']}, but the key"
            f" here has version {version_of(key)}: apply the plan with the plan's key, or make a"
            " new plan"
        )
    events = client("events", region_name=given["CONNECTION_REGION"])
    wanted: dict[str, Any] = {
        "Name": given["CONNECTION_NAME"],
        "AuthorizationType": "API_KEY",
        "AuthParameters": {
            "ApiKeyAuthParameters": {"ApiKeyName": "Authorization", "ApiKeyValue": key}
        },
    }
    if given.get("CONNECTION_KMS_KEY"):
        wanted["KmsKeyIdentifier"] = given["CONNECTION_KMS_KEY"]
    taken = False
    for _ in range(SECONDS):
        taken = taken or _is_taken(events, wanted)
        if taken and _is_authorized(events, wanted["Name"]):
            break
        sleep(1)
    else:
        raise KeyNotGivenError(
            f"the connection {wanted['Name']} was not authorized within {SECONDS} seconds: run the"
            " deploy again"
        )
    if given.get("CONNECTION_SECRET"):
        secrets = client("secretsmanager", region_name=given["CONNECTION_REGION"])
        secrets.put_secret_value(SecretId=given["CONNECTION_SECRET"], SecretString=key)


def _is_taken(events: Any, wanted: Mapping[str, Any]) -> bool:  # noqa: ANN401 - a boto3 client
    """Send the update; return False if it must be sent again.

    Another update may be running, or AWS may not know the tag of a new KMS key yet.
    """
    from botocore.exceptions import ClientError  # other users of this module have no boto3

    try:
        events.update_connection(**wanted)
    except ClientError as error:
        problem = error.response["Error"]
        about_kms = "KmsKeyIdentifier" in wanted and "kms" in problem["Message"].lower()
        if problem["Code"] == "ConcurrentModificationException" or about_kms:
            return False
        raise
    return True


def _is_authorized(events: Any, name: str) -> bool:  # noqa: ANN401 - a boto3 client
    return bool(events.describe_connection(Name=name)["ConnectionState"] == "AUTHORIZED")


def main() -> int:
    """Update as the environment says; print an error without the key, and return the exit code."""
    import boto3  # see above
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        update(os.environ, boto3.client)
    except (BotoCoreError, ClientError, KeyNotGivenError) as error:
        message = str(error).replace(os.environ["CONNECTION_API_KEY"], "***")
        print(f"error: the connection did not get the API key: {message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
