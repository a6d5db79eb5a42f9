"""What a plan loses of a workflow: the state machine, its log, and its pipe's permission."""

import copy
import json
from typing import Any

import pytest

from ops.review import Plan, read_plan
from ops.review.guard import examine
from tests.ops.review.plans import change, changed, group, plan
from tests.ops.review.record import WORKFLOW

MACHINE, LOG, POLICY = "aws_sfn_state_machine", "aws_cloudwatch_log_group", "aws_iam_role_policy"
STATES = "/aws/vendedlogs/states/shop-changes"


def lost(found: Plan) -> list[tuple[str, bool]]:
    """Return the names of what is lost, and whether it holds the plan back."""
    return [(one.name, one.blocks) for one in examine(found)]


def machine(**values: Any) -> dict[str, Any]:
    """Return the attributes of a state machine."""
    return {"name": "shop-changes", "arn": "arn:of:it", "type": "EXPRESS", **values}


def logging(level: str) -> dict[str, Any]:
    return machine(logging_configuration=[{"level": level}])


def kept(days: int) -> dict[str, Any]:
    return {"name": STATES, "retention_in_days": days}


def test_destroying_a_state_machine_that_a_pipe_runs_is_held_back() -> None:
    gone = {"actions": ["delete"], "after": None}
    found = changed(WORKFLOW, MACHINE, lambda change: change.update(gone))
    assert ("destroyed", True) in lost(found)


@pytest.mark.parametrize(
    ("kind", "action", "before", "after", "expected"),
    [
        (MACHINE, "replace", machine(), machine(), [("replaced", True)]),
        # Without a pipe it may go if it keeps no history.
        (MACHINE, "destroy", machine(), None, []),
        (MACHINE, "destroy", machine(type="STANDARD"), None, [("destroyed", True)]),
        (MACHINE, "change", machine(), machine(type="STANDARD"), [("type", True)]),
        (MACHINE, "change", logging("ALL"), logging("ERROR"), [("less-logged", False)]),
        (MACHINE, "change", logging("ERROR"), logging("ALL"), []),
        (MACHINE, "change", machine(definition="{}"), machine(definition="{ }"), []),
        # Redrive reads the letters, not this log.
        (LOG, "destroy", kept(90), None, [("destroyed", False)]),
        (LOG, "change", kept(90), kept(7), [("retention-shortened", False)]),
    ],
)
def test_a_change_of_the_state_machine_or_its_log(
    kind: str,
    action: str,
    before: dict[str, Any],
    after: dict[str, Any] | None,
    expected: list[tuple[str, bool]],
) -> None:
    assert lost(plan(change(kind, action, before, after))) == expected


def test_its_pipe_needs_the_permission_to_run_it() -> None:
    found = group(WORKFLOW)["second"]["resource_changes"]
    (before,) = (
        one["change"]["before"]
        for one in found
        if one["type"] == POLICY and "StartSyncExecution" in one["change"]["before"]["policy"]
    )
    text = before["policy"].replace("states:StartSyncExecution", "states:DescribeStateMachine")
    whole = copy.deepcopy(group(WORKFLOW)["second"])
    for one in whole["resource_changes"]:
        if one["type"] == POLICY and one["change"]["before"] == before:
            one["change"] |= {"actions": ["update"], "after": before | {"policy": text}}
    (loss,) = examine(read_plan(json.dumps(whole), "edited"))
    assert (loss.name, loss.blocks) == ("narrowed", True)
    assert "states:StartSyncExecution on arn:aws:states:" in loss.text
