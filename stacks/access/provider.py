"""The AWS provider that a stack's resources are made with."""

from cdktf import TerraformStack

from stacks.bindings import AwsProvider
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
