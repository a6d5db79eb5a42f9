"""The log group that the pipes write to."""

from functools import cached_property

from constructs import Construct

from stacks.bindings import CloudwatchLogGroup
from stacks.access.protection import DEMO, Protection


def log_group_name(name: str) -> str:
    """Return the name of the group that a pipeline's pipes write to."""
    return f"/aws/vendedlogs/pipes/{name}"


class PipeLogs(Construct):
    """A log group under `/aws/vendedlogs/pipes/`.

    CloudWatch keeps one resource policy of limited size for an account's log groups; the
    prefix saves an entry in it for each group.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        protection: Protection = DEMO,
    ) -> None:
        super().__init__(scope, id_)
        if protection.key:
            protection.key.encrypt_logs(log_group_name(name))
        self.resource = CloudwatchLogGroup(
            self,
            "group",
            name=log_group_name(name),
            retention_in_days=protection.log_retention_days,
            kms_key_id=protection.key_arn,
        )

    @cached_property
    def name(self) -> str:
        """The group's name."""
        return self.resource.name

    @cached_property
    def arn(self) -> str:
        """The group's ARN."""
        return self.resource.arn
