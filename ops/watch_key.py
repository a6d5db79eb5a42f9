"""Give the watch's secret the Momento key that reads, after a deploy.

Terraform creates the secret without a value. So the key is in no state and in no plan.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from live.aws import Aws, asking_aws
from ops.stack import load_settings
from momento_pipes.watch_settings import SECRET_SUFFIX

NAMES = UUID("7f4a1d3e-5c0b-4a58-9d5e-3f1f6f0c2b11")
"""The namespace of the versions' ids. Any constant would do."""
MISSING = (
    "warning: the watch has no key: set MOMENTO_READ_API_KEY (./help.sh key create makes one) and"
    " run ./help.sh deploy again; until then its alarm watch-failing is on, unless the secret has"
    " a key from an earlier deploy"
)


def secrets_in(document: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the names of the watch's secrets in a synthesized stack."""
    for secret in document.get("resource", {}).get("aws_secretsmanager_secret", {}).values():
        if str(secret.get("name", "")).endswith(SECRET_SUFFIX):
            yield secret["name"]


def put(folder: Path) -> None:
    """Write the key into the secrets of a deployed stack; do nothing if it has no watch.

    The version's id comes from the key. Secrets Manager ignores a version that it has already
    (Secrets Manager API, "PutSecretValue", ClientRequestToken).

    Raises:
        LiveError: AWS refuses, or cannot be asked.

    """
    document = json.loads((folder / "cdk.tf.json").read_text(encoding="utf-8"))
    names = list(secrets_in(document))
    if not names:
        return
    settings = load_settings()
    if settings.momento_read_api_key is None:
        print(MISSING, file=sys.stderr)
        return
    key = settings.momento_read_api_key.get_secret_value()
    with closing(Aws(settings.region)) as aws, asking_aws():
        for name in names:
            aws.client("secretsmanager").put_secret_value(
                SecretId=name, SecretString=key, ClientRequestToken=str(uuid5(NAMES, key))
            )
