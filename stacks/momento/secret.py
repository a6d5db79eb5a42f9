"""The Momento API key: a sensitive variable, and the secret that stores it."""

from cdktf import Fn, TerraformVariable, Token
from constructs import Construct

from stacks.bindings import SecretsmanagerSecret, SecretsmanagerSecretVersion
from stacks.access.protection import DEMO, Protection

API_KEY_VARIABLE = "momento_api_key"
"""The Terraform variable; its value comes from `TF_VAR_momento_api_key`."""


def api_key_variable(scope: Construct) -> TerraformVariable:
    """Declare the variable for the key; its value is never part of the JSON."""
    return TerraformVariable(
        scope,
        API_KEY_VARIABLE,
        type="string",
        sensitive=True,
        nullable=False,
        description="The Momento API key, at most 512 characters.",
    )


class ApiKeySecret(Construct):
    """A Secrets Manager secret whose value is written, and never read back into the state."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        api_key: str,
        protection: Protection = DEMO,
    ) -> None:
        super().__init__(scope, id_)
        self.resource = SecretsmanagerSecret(
            self,
            "secret",
            name=name,
            description="Momento API key used by EventBridge",
            # While a deleted secret can be recovered, no new secret can have its name.
            recovery_window_in_days=protection.secret_recovery_days,
            kms_key_id=protection.key_arn,
        )
        SecretsmanagerSecretVersion(
            self,
            "value",
            secret_id=self.resource.id,
            secret_string_wo=api_key,
            secret_string_wo_version=_version_of(api_key),
        )


def _version_of(api_key: str) -> int | float:
    """Return a number that changes with the key: 28 bits of its SHA-256, which do not reveal it."""
    return Token.as_number(Fn.parseint(Fn.substr(Fn.sha256(api_key), 0, 7), 16))
