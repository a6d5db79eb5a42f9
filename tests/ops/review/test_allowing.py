"""A loss is allowed by its name and its mark, which another plan's loss does not have."""

from dataclasses import replace
from typing import Any

import pytest

from ops.review import Plan, review
from ops.review.guard import _mark
from ops.review.losses.loss import only_shown
from ops.shared.errors import OpsError
from tests.ops.review.plans import change, plan, recorded

PIPE = "aws_pipes_pipe"
QUEUED = {
    "source_parameters": [{"dynamodb_stream_parameters": [{"dead_letter_config": [{"arn": "q"}]}]}]
}


def token(made: Plan, name: str) -> str:
    (found,) = [one.token for one in review(made).losses if one.name == name]
    return found


def replaced(**attributes: Any) -> Plan:
    return plan(
        change(PIPE, "replace", {"name": "a"}, attributes, replace_paths=[[*attributes][:1]])
    )


def test_a_token_names_the_address_the_loss_and_the_plan() -> None:
    address, _, rest = token(plan(change("aws_dynamodb_table", "replace")), "replaced").partition(
        ":"
    )
    name, _, mark = rest.partition("@")
    assert (address, name, len(mark)) == ("aws_dynamodb_table.it", "replaced", 8)


def test_the_review_shows_what_to_allow() -> None:
    made = plan(change("aws_dynamodb_table", "replace"))
    assert token(made, "replaced") in review(made).markdown


@pytest.mark.parametrize(
    ("given", "other"),
    [
        (replaced(name="b"), replaced(name="c")),
        (replaced(name="b"), replaced(source="s")),
        (replaced(name="b"), plan(change(PIPE, "destroy", {"name": "a"}))),
        (
            plan(change("aws_dynamodb_table", "destroy", {"name": "a"})),
            plan(
                change("aws_dynamodb_table", "destroy", {"name": "a"}),
                change("aws_sqs_queue", "add", None, {"name": "b"}),
            ),
        ),
        (
            plan(change("aws_dynamodb_table", "destroy", {"name": "a"})),
            plan(change("aws_dynamodb_table", "destroy", {"name": "b"})),
        ),
    ],
)
def test_the_same_loss_of_another_plan_is_not_allowed(given: Plan, other: Plan) -> None:
    name = review(given).losses[0].name
    allowed = token(given, name)
    done = review(other, allow=[allowed])
    assert done.blocked
    assert "**Allowed for another plan**" in done.markdown
    assert allowed in done.markdown
    assert not review(given, allow=[allowed]).blocked


def test_a_better_sentence_keeps_the_token() -> None:
    """A token depends on the loss's name and values, not on the words that describe it."""
    change_, loss = (
        change(PIPE, "destroy", {"name": "a"}),
        only_shown("destroyed", "a sentence", "wait"),
    )
    destroyed = plan(change_).changes[0]
    marks = [
        _mark(destroyed.address, destroyed, one)
        for one in (loss, replace(loss, text="another"), replace(loss, values=("b",)))
    ]
    assert marks[0] == marks[1] != marks[2]


def test_a_plan_that_is_made_again_keeps_its_tokens() -> None:
    """A pull request allows what the deploy then plans."""
    first, again = (
        [one.token for one in review(recorded("weather-demo-pipes", "prefix")).losses]
        for _ in range(2)
    )
    assert first == again


def test_the_order_of_a_plans_attributes_does_not_change_its_tokens() -> None:
    bucket = {"bucket": "a", "tags": {"x": "1", "y": "2"}}
    turned = {"tags": {"y": "2", "x": "1"}, "bucket": "a"}
    tokens = {
        token(plan(change("aws_s3_bucket", "destroy", before)), "destroyed")
        for before in (bucket, turned)
    }
    assert len(tokens) == 1


def test_each_of_two_losses_at_one_address_needs_its_token() -> None:
    recovery = {"point_in_time_recovery": [{"enabled": True}], "stream_enabled": True}
    made = plan(change("aws_dynamodb_table", "change", recovery, {}))
    tokens = [one.token for one in review(made).losses if one.blocks]
    assert len(tokens) == 2
    assert review(made, allow=tokens[:1]).blocked
    assert not review(made, allow=tokens).blocked


def test_an_address_without_a_token_is_refused_with_its_losses() -> None:
    made = plan(change(PIPE, "change", QUEUED, {"source_parameters": [{}]}))
    for given in ("aws_pipes_pipe.it", "aws_pipes_pipe.it:no-dead-letters"):
        with pytest.raises(OpsError) as caught:
            review(made, allow=[given])
        assert f"at this address the plan loses: {token(made, 'no-dead-letters')}" in str(
            caught.value
        )


@pytest.mark.parametrize("given", ["nobody.here", "nobody.here:replaced@00000000", "@", ":", ""])
def test_only_losses_can_be_allowed(given: str) -> None:
    with pytest.raises(OpsError, match=f"--allow {given}: the plan has no such loss; copy ADDR"):
        review(plan(), allow=[given])


def test_an_address_with_colons_and_quotes_can_be_allowed() -> None:
    made = plan(change("aws_dynamodb_table", "destroy", name='it["a:b@00000000"]'))
    assert not review(made, allow=[token(made, "destroyed")]).blocked
