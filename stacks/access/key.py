"""The customer-managed key that encrypts what a deployment holds."""

from constructs import Construct

from stacks.access.account import Account
from stacks.bindings import KmsAlias, KmsKey
from stacks.access.key_policy import key_policy, via
from stacks.access.statement import Statement

DELETION_DAYS = 30
"""The longest time that KMS leaves to change one's mind."""


class Key(Construct):
    """A key that is renewed every year, with an alias of the deployment's name.

    Nobody can use it directly: the account's principals only through the services that hold
    the data, if IAM allows them to. So who writes to the table needs `kms:Decrypt`, too.
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
        """Name the topic, which is made after the key."""
        super().__init__(scope, id_)
        self._account = account
        self._alarm_topic_name = alarm_topic_name
        self._keep_data = keep_data
        self._log_groups: list[str] = []
        self._dead_letters = False
        self.resource = KmsKey(
            self,
            "key",
            description=f"Encrypts the data of {name}",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            lifecycle={"prevent_destroy": True} if keep_data else None,
        )
        self.arn = self.resource.arn
        KmsAlias(self, "alias", name=f"alias/{name}", target_key_id=self.resource.key_id)

    def encrypt_logs(self, group: str) -> None:
        """Let CloudWatch encrypt a log group, by its name, which is made after the key."""
        self._log_groups.append(self._account.arn("logs", f"log-group:{group}"))
        self._write_policy()

    def encrypt_dead_letters(self) -> None:
        """Let the rules of event buses encrypt what they send to a queue."""
        self._dead_letters = True
        self._write_policy()

    def use(self, sid: str, *actions: str, service: str) -> Statement:
        """Return what it takes to read or write what `service` has encrypted with the key."""
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
            rules_of=account.id if self._dead_letters else None,
            keep=self._keep_data,
        )
