"""Where a stack is deployed: the AWS provider, and the ARNs that follow from the account."""

from cdktf import TerraformStack
from constructs import Construct

from stacks.bindings import AwsProvider, DataAwsCallerIdentity, DataAwsPartition
from stacks.settings import Settings


def use_aws(stack: TerraformStack, settings: Settings) -> None:
    """Configure the AWS provider: region, tags on everything, and the version if one is set."""
    AwsProvider(
        stack,
        "aws",
        region=settings.region,
        default_tags=[{"tags": settings.tags}] if settings.tags else None,
    )
    if settings.provider_version:
        stack.add_override("terraform.required_providers.aws.version", settings.provider_version)


class Account(Construct):
    """The account, partition and region that the stack's resources are in."""

    def __init__(self, scope: Construct, id_: str, *, region: str) -> None:
        super().__init__(scope, id_)
        self.region = region
        self.id = DataAwsCallerIdentity(self, "caller").account_id
        self.partition = DataAwsPartition(self, "partition").partition

    @property
    def root(self) -> str:
        """The account as a principal: whoever in it IAM allows to."""
        return f"arn:{self.partition}:iam::{self.id}:root"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN that a resource of this account and region has, or will have."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"
