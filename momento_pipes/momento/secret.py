"""The secret of the walk-through, with the Momento API key."""

from constructs import Construct

from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.bindings import SecretsmanagerSecret


class ApiKeySecret(Construct):
    """A Secrets Manager secret. `MomentoConnection` writes its value; Terraform never has it.

    No pipe reads it. It is for people and programs that use it as in the walk-through.
    """

    def __init__(
        self, scope: Construct, id_: str, *, name: str, protection: Protection = DEMO
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
        self.arn: str = self.resource.arn
