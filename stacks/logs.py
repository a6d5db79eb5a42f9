"""The log group that the pipes write to."""

from constructs import Construct

from stacks.bindings import CloudwatchLogGroup

RETENTION_DAYS = 90


class PipeLogs(Construct):
    """A log group under `/aws/vendedlogs/pipes/`.

    CloudWatch keeps one resource policy of limited size for an account's log groups; the
    prefix saves an entry in it for each group.
    """

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        super().__init__(scope, id_)
        self.resource = CloudwatchLogGroup(
            self,
            "group",
            name=f"/aws/vendedlogs/pipes/{name}",
            retention_in_days=RETENTION_DAYS,
        )
        self.name = self.resource.name
        self.arn = self.resource.arn
