"""What IAM policies allow and deny, read from their JSON."""

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

PolicyStatement = Mapping[str, Any]


def statements(policy: object) -> list[PolicyStatement]:
    """Return the statements of a policy, given as JSON or parsed; none if it is not a policy."""
    try:
        parsed = json.loads(policy) if isinstance(policy, str) else policy
    except ValueError:
        return []
    listed = several(parsed.get("Statement")) if isinstance(parsed, dict) else []
    return [statement for statement in listed if isinstance(statement, dict)]


def several(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """Return the elements of a list; IAM has a single element without its list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def actions(of: Iterable[PolicyStatement], effect: str = "Allow") -> set[str]:
    """Return the actions that statements allow, or have another effect on."""
    return {
        str(action)
        for statement in of
        if statement.get("Effect") == effect
        for action in several(statement.get("Action"))
    }


def is_named(action: str, patterns: Iterable[str]) -> bool:
    """Say whether patterns name an action, in letters of any case."""
    return any(fnmatchcase(action.lower(), str(pattern).lower()) for pattern in patterns)
