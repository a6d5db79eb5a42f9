"""The AWS provider of a stack's resources."""

from cdktf import TerraformStack

from momento_pipes.bindings import AwsProvider
from stacks.settings import Settings


def use_aws(stack: TerraformStack, settings: Settings) -> None:
    """Configure the AWS provider: its region, the tags of all resources, and its version."""
    AwsProvider(
        stack,
        "aws",
        region=settings.region,
        default_tags=[{"tags": settings.tags}] if settings.tags else None,
    )
    if settings.provider_version:
        stack.add_override("terraform.required_providers.aws.version", settings.provider_version)
