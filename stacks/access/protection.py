"""How a deployment protects its data, for each profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the settings need this module, and do without cdktf
    from stacks.access.key import Key


class Profile(StrEnum):
    """What a deployment is for: something to try and throw away, or data to keep."""

    DEMO = "demo"
    PRODUCTION = "production"


@dataclass(frozen=True, kw_only=True)
class Protection:
    """How data is kept, and the key that encrypts it; every default is the demonstration's.

    `own_key` asks for a key of the account instead of AWS's own; `key` is that key, once the stack
    has made it. `keep_data` refuses to destroy what cannot be made again, in Terraform and, for
    the table, at AWS.
    """

    own_key: bool = False
    key: "Key | None" = None
    keep_data: bool = False
    point_in_time_recovery: bool = False
    log_retention_days: int = 90
    secret_recovery_days: int = 0

    @property
    def key_arn(self) -> str | None:
        """The ARN of the account's own key, if there is one."""
        return self.key.arn if self.key else None

    @property
    def lifecycle(self) -> dict[str, Any] | None:
        """The Terraform lifecycle of a resource that holds data."""
        return {"prevent_destroy": True} if self.keep_data else None


DEMO = Protection()
"""Everything is gone after a destroy, so that the next deploy finds every name free."""

PRODUCTION = Protection(
    own_key=True,
    keep_data=True,
    point_in_time_recovery=True,
    log_retention_days=365,
    secret_recovery_days=30,
)
"""Kept, encrypted with an own key, restorable; docs/production.md explains each."""

PROTECTIONS: Mapping[Profile, Protection] = {
    Profile.DEMO: DEMO,
    Profile.PRODUCTION: PRODUCTION,
}
