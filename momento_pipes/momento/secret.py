"""A secret with a Momento API key."""

from constructs import Construct

from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.bindings import SecretsmanagerSecret


class ApiKeySecret(Construct):
    """A Secrets Manager secret. Terraform never has its value.

    The walk-through's secret is for people and programs: no pipe reads it, and `MomentoConnection`
    writes its value.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        description: str = "Momento API key used by EventBridge",
        protection: Protection = DEMO,
    ) -> None:
        super().__init__(scope, id_)
        self.resource = SecretsmanagerSecret(
            self,
            "secret",
            name=name,
            description=description,
            # While a deleted secret can be recovered, no new secret can have its name.
            recovery_window_in_days=protection.secret_recovery_days,
            kms_key_id=protection.key_arn,
        )
        self.arn: str = self.resource.arn
