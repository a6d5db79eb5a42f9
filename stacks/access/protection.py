"""How much a deployment protects what it holds, for each profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Profile(StrEnum):
    """What a deployment is for: something to try and throw away, or data to keep."""

    DEMO = "demo"
    PRODUCTION = "production"


@dataclass(frozen=True, kw_only=True)
class Protection:
    """What is done for the data; every default is the demonstration's.

    `own_key` encrypts with a key of the account in the place of AWS's own. `keep_data` refuses
    to destroy what cannot be made again, in Terraform and, for the table, at AWS.
    """

    own_key: bool = False
    keep_data: bool = False
    point_in_time_recovery: bool = False
    log_retention_days: int = 90
    secret_recovery_days: int = 0

    @property
    def lifecycle(self) -> dict[str, Any] | None:
        """The Terraform lifecycle of a resource that holds data."""
        return {"prevent_destroy": True} if self.keep_data else None


DEMO = Protection()
"""Gone without a trace after a destroy, so that the next deploy finds every name free."""

PRODUCTION = Protection(
    own_key=True,
    keep_data=True,
    point_in_time_recovery=True,
    log_retention_days=365,
    secret_recovery_days=30,
)
"""Kept, encrypted with an own key, restorable; see docs/production.md for each."""

PROTECTIONS: Mapping[Profile, Protection] = {
    Profile.DEMO: DEMO,
    Profile.PRODUCTION: PRODUCTION,
}
