"""What a role may do: one statement of an IAM policy, handed out by the thing it is about."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Statement:
    """Allow these actions on exactly these ARNs."""

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]


def policy_document(statements: Iterable[Statement]) -> str:
    """Return the statements as an IAM policy in JSON."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": statement.sid,
                    "Effect": "Allow",
                    "Action": list(statement.actions),
                    "Resource": list(statement.resources),
                }
                for statement in statements
            ],
        }
    )
