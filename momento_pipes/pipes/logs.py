"""The log group of the pipes, and the settings of their logs."""

from collections.abc import Mapping
from typing import Any

from constructs import Construct

from momento_pipes.access.protection import DEMO, Protection
from momento_pipes.bindings import CloudwatchLogGroup
from momento_pipes.named_construct import NamedConstruct


def log_group(
    scope: Construct, id_: str, *, name: str, protection: Protection
) -> CloudwatchLogGroup:
    """Return a log group with the profile's retention and encryption.

    CloudWatch has one resource policy, of limited size, for all log groups of an account. Groups
    whose names begin with `/aws/vendedlogs/` need no entry in it.
    """
    if protection.key:
        protection.key.encrypt_logs(name)
    return CloudwatchLogGroup(
        scope,
        id_,
        name=name,
        retention_in_days=protection.log_retention_days,
        kms_key_id=protection.key_arn,
    )


class PipeLogs(NamedConstruct):
    """A log group under `/aws/vendedlogs/pipes/`.

    `level` is OFF, ERROR, INFO or TRACE. With `execution_data`, payloads are also logged.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        level: str = "INFO",
        execution_data: bool = False,
        protection: Protection = DEMO,
    ) -> None:
        super().__init__(scope, id_)
        self._level = level
        self._execution_data = execution_data
        group = f"/aws/vendedlogs/pipes/{name}"
        self.resource = log_group(self, "group", name=group, protection=protection)

    def configuration(self) -> Mapping[str, Any]:
        """Return a pipe's `log_configuration`."""
        return {
            "level": self._level,
            "include_execution_data": ["ALL"] if self._execution_data else None,
            "cloudwatch_logs_log_destination": {"log_group_arn": self.arn},
        }
