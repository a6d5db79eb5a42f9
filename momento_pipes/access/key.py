"""The customer-managed key that encrypts the data of a stack."""

from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.key_policy import SERVICES, key_policy, via
from momento_pipes.access.statement import Statement
from momento_pipes.bindings import KmsAlias, KmsKey

DELETION_DAYS = 30
"""How long a deleted key can be recovered: the longest time that KMS allows."""
USED_BY_CONNECTIONS = {"EventBridgeApiDestinations": "true"}
"""EventBridge encrypts connections only with keys that have this tag.

See AWS: "Encrypting EventBridge connection authorization with AWS KMS keys".
"""


class Key(Construct):
    """A key that is rotated every year, with an alias.

    Nobody can use it directly. The account's principals use it through the services that store the
    data, if IAM allows it. So a principal that writes to the table also needs `kms:Decrypt`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account: Account,
        alarm_topic_name: str | None,
        keep_data: bool,
    ) -> None:
        """Create the key. The topic is given by its name, because it is created after the key."""
        super().__init__(scope, id_)
        self._account = account
        self._alarm_topic_name = alarm_topic_name
        self._keep_data = keep_data
        self._log_groups: list[str] = []
        self._dead_letters = False
        self._services = set(SERVICES)
        self.resource = KmsKey(
            self,
            "key",
            description=f"Encrypts the data of {name}",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            tags=USED_BY_CONNECTIONS,
            lifecycle={"prevent_destroy": True} if keep_data else None,
        )
        self.arn = self.resource.arn
        KmsAlias(self, "alias", name=f"alias/{name}", target_key_id=self.resource.key_id)

    def encrypt_logs(self, group: str) -> None:
        """Allow CloudWatch to encrypt the log group with this name; it is created after the key."""
        self._log_groups.append(self._account.arn("logs", f"log-group:{group}"))
        self._write_policy()

    def encrypt_dead_letters(self) -> None:
        """Allow the rules of event buses to encrypt their dead letters."""
        self._dead_letters = True
        self._write_policy()

    def serve(self, service: str) -> None:
        """Allow the account's principals to use the key through a further service, such as S3."""
        self._services.add(service)
        self._write_policy()

    def use(self, sid: str, *actions: str, service: str) -> Statement:
        """Return the permission to use the key through a service."""
        return Statement(
            sid=sid,
            actions=actions,
            resources=[self.arn],
            conditions={"StringEquals": {"kms:ViaService": via(service, self._account.region)}},
        )

    def _write_policy(self) -> None:
        account, topic = self._account, self._alarm_topic_name
        self.resource.policy = key_policy(
            root=account.root,
            region=account.region,
            log_group_arns=self._log_groups,
            alarm_topic_arn=topic and account.arn("sns", topic),
            services=sorted(self._services),
            rules_of=account.id if self._dead_letters else None,
            keep=self._keep_data,
        )
