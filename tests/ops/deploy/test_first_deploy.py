"""What Terraform prints after a first deploy, and which plan is the rest of a reviewed plan."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from ops.deploy.first_deploy import must_be_the_rest, reasons
from ops.deploy.rest_of_plan import beyond
from ops.review.losses.loss import Whole
from ops.review.losses.pipe import pipe as losses_of
from ops.review.plan import Action, Plan, ResourceChange
from ops.shared.errors import HeldBackError, OpsError
from tests.each import each

ERROR = (
    "╷\n│ Error: waiting for EventBridge Pipes Pipe (a-pipe) create: unexpected state"
    " 'CREATE_FAILED', wanted target 'RUNNING, STOPPED'. last error: Input parameter is\n│ invalid"
    " from the request due to : {}\n│ \n│   with aws_pipes_pipe.a,\n╵\n"
)
STREAM = ERROR.format("Cannot access\n│ stream arn:aws:dynamodb:us-east-1:123456789012:table/t")
QUEUE = ERROR.format("Error occurred while sending message to SQS queue: arn:aws:sqs:eu:1:dlq")
OTHER = "╷\n│ Error: creating DynamoDB Table (t): AccessDeniedException\n╵\n"


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        (STREAM, ["cannot read the table's stream"]),
        (QUEUE, ["cannot send to the dead-letter queue"]),
        (STREAM + QUEUE + STREAM, ["cannot read", "cannot send"]),
        (STREAM + OTHER, []),
        (OTHER, []),
        ("", []),
    ],
)
def test_only_errors_of_a_first_deploy_are_tried_again(printed: str, words: list[str]) -> None:
    found = reasons(printed)
    assert len(found) == len(words)
    assert all(word in said for word, said in zip(words, found, strict=True))


def plan(*changes: ResourceChange) -> Plan:
    return Plan(changes=changes, drift=[], outputs=[], document={"planned_values": {}})


def change(action: Action, after: Mapping[str, Any] | None = None, **more: Any) -> ResourceChange:
    """Return a change of one pipe."""
    kind, given = "aws_pipes_pipe", {"name": "a"} if after is None else after
    return ResourceChange(address=f"{kind}.a", type=kind, action=action, after=given, **more)


CREATED = change(
    Action.CREATE,
    {"name": "a", "source_parameters": [{"dlq": [{}], "age": 60}], "tags": None},
    unknown={"arn": True, "source_parameters": [{"dlq": [{"arn": True}]}]},
)
KNOWN = {"name": "a", "source_parameters": [{"dlq": [{"arn": "x"}], "age": 60}], "tags": {}}
OLDER = {"name": "a", "source_parameters": [{"dlq": [{"arn": "x"}], "age": 61}], "tags": {}}
UPDATED = change(Action.UPDATE, {"name": "a", "age": 1})


@each(
    ("was", "now", "is_rest"),
    [
        (CREATED, change(Action.NOTHING), True),
        (CREATED, change(Action.CREATE, KNOWN), True),
        (CREATED, change(Action.REPLACE, KNOWN, tainted=True), True),
        (change(Action.REPLACE), change(Action.REPLACE), True),
        (change(Action.REPLACE), change(Action.REPLACE, tainted=True), True),
        (change(Action.REPLACE), change(Action.CREATE), True),
        (UPDATED, UPDATED, True),
        (change(Action.DELETE), change(Action.DELETE), True),
        (CREATED, change(Action.REPLACE, KNOWN), False),
        (CREATED, change(Action.REPLACE, OLDER, tainted=True), False),
        (CREATED, change(Action.CREATE, OLDER), False),
        (CREATED, change(Action.DELETE), False),
        (UPDATED, change(Action.UPDATE, {"name": "a", "age": 2}), False),
        (UPDATED, change(Action.REPLACE, UPDATED.after, tainted=True), False),
        (change(Action.NOTHING), UPDATED, False),
        (replace(UPDATED, address="aws_pipes_pipe.b"), UPDATED, False),
    ],
)
def test_only_what_is_left_of_a_plan_is_its_rest(
    was: ResourceChange, now: ResourceChange, *, is_rest: bool
) -> None:
    """Nobody has reviewed anything else, such as what somebody else has changed meanwhile."""
    assert beyond(plan(was), plan()) == []
    assert beyond(plan(was), plan(now)) == ([] if is_rest else ["aws_pipes_pipe.a"])
    if not is_rest:
        with pytest.raises(OpsError, match=r"else than what was reviewed, at aws_pipes_pipe\.a"):
            must_be_the_rest(plan(was), plan(now), frozenset())


def test_the_rest_of_a_plan_may_have_only_the_losses_of_the_plan() -> None:
    both = plan(change(Action.DELETE))
    must_be_the_rest(both, both, {("aws_pipes_pipe.a", "destroyed")})
    with pytest.raises(HeldBackError, match=r"aws_pipes_pipe\.a:destroyed@"):
        must_be_the_rest(both, both, {("aws_pipes_pipe.b", "destroyed")})


@pytest.mark.parametrize(("tainted", "blocks"), [(True, False), (False, True)])
def test_the_replacement_of_a_pipe_that_failed_is_not_held_back(
    *, tainted: bool, blocks: bool
) -> None:
    one = change(Action.REPLACE, tainted=tainted)
    (loss,) = losses_of(one, Whole(plan(one)))
    assert (loss.name, loss.blocks) == ("replaced", blocks)
