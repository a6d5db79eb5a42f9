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


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (CREATED, change(Action.NOTHING)),
        (CREATED, change(Action.CREATE, KNOWN)),
        (CREATED, change(Action.REPLACE, KNOWN, tainted=True)),
        (change(Action.REPLACE), change(Action.REPLACE)),
        (change(Action.REPLACE), change(Action.REPLACE, tainted=True)),
        (change(Action.REPLACE), change(Action.CREATE)),
        (UPDATED, UPDATED),
        (change(Action.DELETE), change(Action.DELETE)),
    ],
)
def test_what_is_left_of_a_plan_is_its_rest(was: ResourceChange, now: ResourceChange) -> None:
    assert beyond(plan(was), plan(now)) == []
    assert beyond(plan(was), plan()) == []


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (CREATED, change(Action.REPLACE, KNOWN)),
        (CREATED, change(Action.REPLACE, OLDER, tainted=True)),
        (CREATED, change(Action.CREATE, OLDER)),
        (CREATED, change(Action.DELETE)),
        (UPDATED, change(Action.UPDATE, {"name": "a", "age": 2})),
        (UPDATED, change(Action.REPLACE, UPDATED.after, tainted=True)),
        (change(Action.NOTHING), UPDATED),
        (replace(UPDATED, address="aws_pipes_pipe.b"), UPDATED),
    ],
)
def test_anything_else_is_not_applied(was: ResourceChange, now: ResourceChange) -> None:
    """Nobody has reviewed it, such as a change that somebody else has made meanwhile."""
    assert beyond(plan(was), plan(now)) == ["aws_pipes_pipe.a"]
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
