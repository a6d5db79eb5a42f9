"""A construct around one resource that has a name and an ARN."""

from functools import cached_property
from typing import Any

from constructs import Construct


class NamedConstruct(Construct):
    """A construct with the name and the ARN of its `resource`.

    Both are Terraform references. Each is read once, because jsii asks node for it.
    """

    resource: Any

    @cached_property
    def name(self) -> str:
        """The resource's name."""
        name: str = self.resource.name
        return name

    @cached_property
    def arn(self) -> str:
        """The resource's ARN."""
        arn: str = self.resource.arn
        return arn
