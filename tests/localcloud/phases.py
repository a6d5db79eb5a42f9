"""The calls that a deployment takes, phase by phase."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tests.iam_policy import ARN, BOUNDARY, PREFIX, THE_KEY
from tests.localcloud.calls import Call, recorded


class Phases:
    """The calls of each phase, out of the file that they are recorded in."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = len(recorded(file))
        self.found: dict[str, list[Call]] = {}

    def end(self, phase: str) -> None:
        """Add the calls since the last end to a phase."""
        calls = recorded(self._file)
        more = (_of_the_key(call) for call in calls[self._seen :])
        self.found[phase] = distinct([*self.found.get(phase, ()), *more])
        self._seen = len(calls)


def distinct(calls: Iterable[Call]) -> list[Call]:
    return list({repr(call): call for call in calls}.values())


def _of_the_key(call: Call) -> Call:
    """Add the tag of both deployments to the calls about a key, and the boundary to a role's."""
    if call.action == "iam:PutRolePolicy":  # `test_iam.py`: all roles have it
        return replace(call, context={"iam:PermissionsBoundary": BOUNDARY})
    if not call.resource.startswith(ARN.format("kms", "key/")) or call.resource.endswith("/*"):
        return call
    context = {**call.context, "aws:ResourceTag/Project": PREFIX}
    return Call(action=call.action, resource=THE_KEY, context=context)
