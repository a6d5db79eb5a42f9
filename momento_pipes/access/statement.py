"""The statements of IAM policies, and their JSON document."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Allow these actions on exactly these ARNs, under these conditions.

    A role's policy has no principal, and its trust policy has no resources. `actions` and
    `resources` are a list or one text. The document has them unchanged.

    See AWS: "IAM JSON policy elements reference".
    """

    actions: Sequence[str]
    sid: str | None = None
    effect: str = "Allow"
    principal: Mapping[str, str] | str | None = None
    resources: Sequence[str] = ()
    conditions: Mapping[str, Any] = field(default_factory=dict)


def policy_document(*statements: Statement) -> str:
    """Return the statements as an IAM policy in JSON."""
    elements = (
        {
            "Sid": statement.sid,
            "Effect": statement.effect,
            "Principal": statement.principal,
            "Action": statement.actions,
            "Resource": statement.resources,
            "Condition": statement.conditions,
        }
        for statement in statements
    )
    given = [{name: value for name, value in each.items() if value} for each in elements]
    return json.dumps({"Version": "2012-10-17", "Statement": given})
