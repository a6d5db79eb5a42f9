"""Give the watch's secret the Momento key that reads, after a deploy.

Terraform creates the secret without a value. So the key is in no state and in no plan.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from live.aws import Aws, asking_aws
from momento_pipes.watch_settings import SECRET_SUFFIX
from ops.terraform.stack import load_settings
from ops.terraform.terraform import read_synthesized

NAMES = UUID("7f4a1d3e-5c0b-4a58-9d5e-3f1f6f0c2b11")
"""The namespace of the versions' ids. Any constant would do."""
MISSING = (
    "warning: {name} has no key, so {blind}: set MOMENTO_READ_API_KEY (./help.sh key create makes"
    " one) and run ./help.sh deploy again; {off}"
)
WATCH_IS_BLIND = "the watch cannot compare, and its alarm watch-failing starts"
BULK_IS_BLIND = "./help.sh verify --on-aws cannot compare"


def secrets_in(document: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the names of the watch's secrets in a synthesized stack."""
    for secret in document.get("resource", {}).get("aws_secretsmanager_secret", {}).values():
        if str(secret.get("name", "")).endswith(SECRET_SUFFIX):
            yield secret["name"]


def users_of(document: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON
    """Return what cannot work without a key in a synthesized stack, and what leaves it out."""
    functions = document.get("resource", {}).get("aws_lambda_function", {}).values()
    known = [function.get("environment", {}).get("variables", {}) for function in functions]
    watch = any("WATCH_PIPELINE" in variables for variables in known)
    bulk = any("BULK_RATE" in variables for variables in known)
    parts = [(watch, WATCH_IS_BLIND, "WATCH=false"), (bulk, BULK_IS_BLIND, "BULK=false")]
    used = [(blind, off) for there, blind, off in parts if there] or [parts[0][1:]]
    return (
        ", and ".join(blind for blind, _ in used),
        f"{' and '.join(off for _, off in used)} removes what needs it",
    )


def has_value(secret: Mapping[str, Any]) -> bool:
    """Return whether a secret has a value, from the answer of DescribeSecret.

    The current version has the label AWSCURRENT (Secrets Manager API, "DescribeSecret").
    """
    versions = secret.get("VersionIdsToStages") or {}
    return any("AWSCURRENT" in labels for labels in versions.values())


def put(folder: Path) -> None:
    """Write the key into the secrets of a deployed stack; do nothing if it has no watch.

    Without a key, a secret keeps the key that it has; if it has none, a warning is printed.

    Raises:
        LiveError: AWS refuses, or cannot be asked.

    """
    document = read_synthesized(folder)
    names = list(secrets_in(document))
    if not names:
        return
    settings = load_settings()
    given = settings.momento_read_api_key
    with closing(Aws(settings.region)) as aws:
        if given is not None:
            write(aws, names, given.get_secret_value())
            return
        with asking_aws():
            for name in names:
                if not has_value(aws.client("secretsmanager").describe_secret(SecretId=name)):
                    blind, off = users_of(document)
                    print(MISSING.format(name=name, blind=blind, off=off), file=sys.stderr)


def write(aws: Aws, names: Iterable[str], key: str) -> None:
    """Write a key into secrets; change none that has it.

    A version's id comes from the key and the version before it. So the same key makes no new
    version, and a former key can come back: Secrets Manager ignores a version that it has already
    (Secrets Manager API, "PutSecretValue", ClientRequestToken).

    Raises:
        LiveError: AWS refuses, or cannot be asked.

    """
    secrets = aws.client("secretsmanager")
    with asking_aws():
        for name in names:
            versions = secrets.describe_secret(SecretId=name).get("VersionIdsToStages") or {}
            ids = {label: id_ for id_, labels in versions.items() for label in labels}
            current, previous = ids.get("AWSCURRENT"), ids.get("AWSPREVIOUS")
            if current is None or current != _version(key, previous):
                secrets.put_secret_value(
                    SecretId=name,
                    SecretString=key,
                    ClientRequestToken=_version(key, current),
                )


def _version(key: str, before: str | None) -> str:
    return str(uuid5(NAMES, f"{key} {before or ''}"))
