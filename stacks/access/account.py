"""The AWS account of a stack, and the ARNs that follow from it."""

from constructs import Construct

from stacks.bindings import DataAwsCallerIdentity, DataAwsPartition


class Account(Construct):
    """The account, partition and region that the stack's resources are in."""

    def __init__(
        self, scope: Construct, id_: str, *, region: str, permissions_boundary: str | None = None
    ) -> None:
        """`permissions_boundary` is the ARN of the policy that bounds the account's new roles."""
        super().__init__(scope, id_)
        self.permissions_boundary = permissions_boundary
        self.region = region
        self.id = DataAwsCallerIdentity(self, "caller").account_id
        self.partition = DataAwsPartition(self, "partition").partition

    @property
    def root(self) -> str:
        """The account as a principal: everybody in it to whom IAM allows the action."""
        return f"arn:{self.partition}:iam::{self.id}:root"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN that a resource of this account and region has, or will have."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"
