"""How a deployment protects its data, for each profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the settings import this module without cdktf
    from momento_pipes.access.key import Key


class Profile(StrEnum):
    """The purpose of a deployment: to try something and destroy it, or to keep data."""

    DEMO = "demo"
    PRODUCTION = "production"


@dataclass(frozen=True, kw_only=True)
class Protection:
    """How data is kept and encrypted. The defaults are those of the profile `demo`.

    With `own_key`, a key of the account encrypts the data instead of AWS's key; the stack creates
    it and sets `key`. With `keep_data`, Terraform refuses to destroy resources with data, and AWS
    refuses to delete the table.
    """

    own_key: bool = False
    key: "Key | None" = None
    keep_data: bool = False
    point_in_time_recovery: bool = False
    log_retention_days: int = 90
    secret_recovery_days: int = 0

    @property
    def key_arn(self) -> str | None:
        """The ARN of the account's own key, or None."""
        return self.key.arn if self.key else None

    @property
    def lifecycle(self) -> dict[str, Any] | None:
        """The Terraform lifecycle of a resource that holds data."""
        return {"prevent_destroy": True} if self.keep_data else None


DEMO = Protection()
"""A destroy deletes everything, so the next deploy can use all names again."""

PRODUCTION = Protection(
    own_key=True,
    keep_data=True,
    point_in_time_recovery=True,
    log_retention_days=365,
    secret_recovery_days=30,
)
"""Data is kept, encrypted with an own key, and can be restored; see docs/production.md."""

PROTECTIONS: Mapping[Profile, Protection] = {
    Profile.DEMO: DEMO,
    Profile.PRODUCTION: PRODUCTION,
}
