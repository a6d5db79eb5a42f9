"""The Momento API key, as two Terraform variables: its value and its version."""

from typing import Final

from cdktf import TerraformVariable
from constructs import Construct

API_KEY_VARIABLE: Final = "momento_api_key"
"""The variable of the key. Its value is in `TF_VAR_momento_api_key`."""
KEY_VERSION_VARIABLE: Final = "momento_api_key_version"
"""The variable of the key's version. Its value is in `TF_VAR_momento_api_key_version`."""


class ApiKey(Construct):
    """The key and its version. Terraform's state and plans have only the version.

    The key is an ephemeral variable. Terraform can neither store it nor compare it, so the version
    shows whether it has changed. `momento_pipes.momento.update_connection` computes the version.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        key = TerraformVariable(
            self,
            API_KEY_VARIABLE,
            type="string",
            sensitive=True,
            nullable=False,
            description="The Momento API key, at most 512 characters.",
        )
        key.add_override("ephemeral", True)  # noqa: FBT003 - cdktf's own parameter
        version = TerraformVariable(
            self,
            KEY_VERSION_VARIABLE,
            type="string",
            nullable=False,
            description="The first 7 hexadecimal digits of the SHA-256 of the Momento API key.",
        )
        for variable, name in ((key, API_KEY_VARIABLE), (version, KEY_VERSION_VARIABLE)):
            variable.override_logical_id(name)
        self.value: str = key.string_value
        self.version: str = version.string_value
