"""The policies of `.github/iam`, filled in, and what IAM would say by them.

IAM itself is not there: a policy is judged by action, resource and the conditions that it uses.
See AWS: "Policy evaluation logic".
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import Template
from typing import Any

from tests.conftest import BUCKET, ROOT
from tests.localcloud.calls import Call

IAM = ROOT / ".github" / "iam"
PREFIX = "weather-stats-demo"
FILLED = {
    "ACCOUNT": "123456789012",
    "PIPE_ROLE": "AmazonEventBridgePipeWeatherStatsDemoEventToMomentoCache",
    "PREFIX": PREFIX,
    "REGION": "us-east-1",
    "REPOSITORY": "owner/name",
    "SECRET": "momento-eventbridge-api-key",
    "STATE_BUCKET": BUCKET,
}
ARN = "arn:aws:{}:us-east-1:123456789012:{}"
ROLE = "arn:aws:iam::123456789012:role/{}"
BOUNDARY = f"arn:aws:iam::123456789012:policy/{PREFIX}-ci-boundary"
THE_KEY = ARN.format("kms", "key/the-key")
NO_RIGHT_NEEDED = {"sts:GetCallerIdentity"}
"""AWS STS API, GetCallerIdentity: no permissions are required, and none can be taken away."""


@dataclass(frozen=True)
class Policy:
    """A policy as IAM judges by it: what is denied is not allowed, whatever else is said."""

    statements: Sequence[Mapping[str, Any]]

    def allows(self, call: Call) -> bool:
        """Say whether a call is allowed."""
        effects = {each["Effect"] for each in self.statements if _is_about(each, call)}
        return effects == {"Allow"}

    def refused(self, calls: Sequence[Call]) -> set[str]:
        """Return the calls that are not allowed, of those that take a right."""
        return {
            f"{call.action} on {call.resource} {dict(call.context)}"
            for call in calls
            if call.action not in NO_RIGHT_NEEDED and not self.allows(call)
        }

    def allowed(self) -> Iterator[tuple[str, str]]:
        """Yield each action that is allowed with each resource."""
        for each in self._allowing():
            for action in each["Action"]:
                for resource in as_list(each["Resource"]):
                    yield action, resource

    def granted(self, member: str) -> Iterator[tuple[str, str]]:
        """Yield what the allowing statements hold of `Action` or `Resource`, with their names."""
        for each in self._allowing():
            for value in as_list(each[member]):
                yield each["Sid"], value

    def without(self, sid: str, member: str, value: str) -> "Policy":
        """Return the policy without one action or resource of one statement."""
        return Policy(
            [
                {**each, member: [one for one in as_list(each[member]) if one != value]}
                if each["Sid"] == sid
                else each
                for each in self.statements
            ]
        )

    def needs(self, sid: str, member: str, value: str, calls: Sequence[Call]) -> bool:
        """Say whether a call is refused without one action or resource of one statement."""
        about = [
            call
            for call in calls
            if _matches(value, call.action if member == "Action" else call.resource)
        ]
        return bool(self.without(sid, member, value).refused(about))

    def _allowing(self) -> Iterator[Mapping[str, Any]]:
        yield from (each for each in self.statements if each["Effect"] == "Allow")


def as_list(value: Any) -> list[str]:
    """Return a list, which IAM takes without its brackets if it has one member."""
    return value if isinstance(value, list) else [value]


def filled(name: str, names: Mapping[str, str] = FILLED) -> Any:
    """Return a file of `.github/iam` with its placeholders filled in."""
    return json.loads(Template((IAM / name).read_text(encoding="utf-8")).substitute(names))


def _is_about(statement: Mapping[str, Any], call: Call) -> bool:
    return (
        any(_matches(action, call.action) for action in as_list(statement["Action"]))
        and any(_matches(resource, call.resource) for resource in as_list(statement["Resource"]))
        and all(
            _CONDITIONS[operator](call.context.get(key), as_list(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


@cache
def _matches(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."))


_CONDITIONS: Mapping[str, Callable[[str | None, list[str]], bool]] = {
    "ArnEquals": lambda value, wanted: any(_matches(one, value or "") for one in wanted),
    "ArnLike": lambda value, wanted: any(_matches(one, value or "") for one in wanted),
    "Bool": lambda value, wanted: value in wanted,
    "Null": lambda value, wanted: (value is None) == (wanted == ["true"]),
    "StringEquals": lambda value, wanted: value in wanted,
    "StringEqualsIfExists": lambda value, wanted: value is None or value in wanted,
    "StringLike": lambda value, wanted: any(_matches(one, value or "") for one in wanted),
}

FILES: Mapping[str, Sequence[str]] = {
    "plan": ["plan.json"],
    "deploy": ["deploy.json", "deploy-watch.json", "deploy-bulk.json"],
}
"""The policies of each role: the first is an inline policy, the others are managed ones."""
POLICIES = {
    role: Policy([each for name in names for each in filled(name)["Statement"]])
    for role, names in FILES.items()
}
BOUND = Policy(filled("boundary.json")["Statement"])
"""What the roles of pipes, rules, workflows, watches and bulk runs may do at most."""
