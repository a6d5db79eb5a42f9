"""The EventBridge connection that puts the Momento API key into every request."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cdktf import ITerraformDependable, LocalExecProvisioner, TerraformResource
from constructs import Construct

from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.bindings import CloudwatchEventConnection
from momento_pipes.momento.api_key import ApiKey
from momento_pipes.momento.update_connection import PLACEHOLDER

OWNED_BY_THE_UPDATE: Final = ["auth_parameters", "description", "kms_key_identifier"]
"""Terraform never changes these, because the provider would send the placeholder again."""
UPDATE: Final = Path(__file__).with_name("update_connection.py")
COMMAND: Final = 'eval "$UPDATE_CONNECTION"'
"""It is short, because Terraform prints the whole command with an error."""
PYTHON: Final = """\
for python in "$CONNECTION_PYTHON" ../../../.venv/bin/python python3; do
  "$python" -c "import boto3" 2>/dev/null && exec "$python" -c "$CONNECTION_PROGRAM"
done
echo "error: found no Python with boto3: set CONNECTION_PYTHON to the path of one" >&2
exit 1
"""
"""Run the update with the first Python that has boto3: the user's, the project's, the machine's."""


class MomentoConnection(Construct):
    """A connection that sends the API key in the `Authorization` header.

    Terraform creates the connection with a placeholder. Then a local command updates it with the
    key from its environment. The command runs again if the key's version changes, or if the
    connection is changed or replaced. A resource that sends requests must depend on `ready`.

    See AWS: EventBridge API, "UpdateConnection".
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        region: str,
        api_key: ApiKey,
        secret_arn: str | None = None,
        protection: Protection = DEMO,
    ) -> None:
        """`secret_arn` is the ARN of a secret that also gets the key."""
        super().__init__(scope, id_)
        self.resource = CloudwatchEventConnection(
            self,
            "connection",
            name=name,
            description="Connection with API key authorization",
            authorization_type="API_KEY",
            auth_parameters={"api_key": {"key": "Authorization", "value": PLACEHOLDER}},
            lifecycle={"ignore_changes": OWNED_BY_THE_UPDATE},
        )
        self.name = name
        self.arn = self.resource.arn
        # cdktf's own DataResource runs `terraform version` at every synth.
        update = TerraformResource(
            self,
            "api-key",
            terraform_resource_type="terraform_data",
            provisioners=[
                LocalExecProvisioner(
                    type="local-exec",
                    interpreter=["/bin/sh", "-c"],
                    command=COMMAND,
                    environment={
                        "CONNECTION_NAME": name,
                        "CONNECTION_REGION": region,
                        "CONNECTION_API_KEY": api_key.value,
                        "CONNECTION_KEY_VERSION": api_key.version,
                        "CONNECTION_KMS_KEY": protection.key_arn or "",
                        "CONNECTION_SECRET": secret_arn or "",
                        "CONNECTION_PROGRAM": UPDATE.read_text(encoding="utf-8"),
                        "UPDATE_CONNECTION": PYTHON,
                    },
                )
            ],
        )
        update.add_override(
            "triggers_replace",
            {
                "connection": self.arn,
                "key_version": api_key.version,
                **({"kms_key": protection.key_arn} if protection.key_arn else {}),
            },
        )
        address = f"{self.resource.terraform_resource_type}.{self.resource.friendly_unique_id}"
        update.add_override("lifecycle.replace_triggered_by", [address])
        self.ready: Sequence[ITerraformDependable] = [update]
