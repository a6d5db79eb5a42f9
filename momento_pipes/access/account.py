"""The AWS account of a stack, and the ARNs of its resources."""

from constructs import Construct

from momento_pipes.bindings import DataAwsCallerIdentity, DataAwsPartition


class Account(Construct):
    """The account, partition and region of the stack's resources."""

    def __init__(
        self, scope: Construct, id_: str, *, region: str, permissions_boundary: str | None = None
    ) -> None:
        """`permissions_boundary` is the ARN of the policy that limits the stack's roles."""
        super().__init__(scope, id_)
        self.permissions_boundary = permissions_boundary
        self.region = region
        self.id = DataAwsCallerIdentity(self, "caller").account_id
        self.partition = DataAwsPartition(self, "partition").partition

    @property
    def root(self) -> str:
        """The account as a principal: everybody in it who has the action's IAM permission."""
        return f"arn:{self.partition}:iam::{self.id}:root"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region, which may not exist yet."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"
