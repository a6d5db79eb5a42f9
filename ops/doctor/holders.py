"""Checks of what is kept: the secrets with the API keys, and the pipes' logs."""

from collections.abc import Iterator
from typing import Any

from momento_pipes.watch_settings import SECRET_SUFFIX
from ops.deploy.watch_key import has_value, users_of
from ops.doctor.check import Check, failure, ok
from ops.doctor.declared import Declared
from ops.doctor.existence import Existence


def secrets(client: Any, declared: Declared, existence: Existence) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    """Yield the problems of secrets: missing, marked to be deleted, or without the watch's key."""
    names = declared.names("aws_secretsmanager_secret")
    for name, answer in existence.each("secret", names, client.describe_secret, "SecretId"):
        if answer.get("DeletedDate"):
            yield failure(
                "secret",
                f"{name} is marked to be deleted, and nobody can read it: aws secretsmanager"
                f" restore-secret --secret-id {name}",
            )
        elif name.endswith(SECRET_SUFFIX) and not has_value(answer):
            yield failure(
                "secret",
                f"{name} has no key, so {users_of(declared.document)[0]}: set MOMENTO_READ_API_KEY"
                " (./help.sh key create makes one) and run ./help.sh deploy",
            )
        else:
            yield ok("secret", f"{name} is there")


def logs(client: Any, declared: Declared, existence: Existence) -> Iterator[Check]:  # noqa: ANN401 - a boto3 client
    """Yield missing log groups: redrive finds the keys of old records in them."""
    there = 0
    names = declared.names("aws_cloudwatch_log_group")
    for name, answer in existence.each(
        "log group", names, client.describe_log_groups, "logGroupNamePrefix"
    ):
        if any(group["logGroupName"] == name for group in answer["logGroups"]):
            there += 1
        else:
            existence.found -= 1  # an empty answer is not a log group
            existence.miss("log group", name)
    if there:
        yield ok("logs", f"{there} log groups are there" if there > 1 else "their group is there")
