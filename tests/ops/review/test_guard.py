"""The guard holds back a plan that loses data, and no other plan."""

from typing import Any

from ops.review.guard import blocked, examine
from tests.each import each
from tests.ops.review.plans import change, plan, real
from tests.ops.review.weaker_cases import BLOCKING, stream, ttl

STREAM = {"stream_enabled": True, "stream_view_type": "NEW_AND_OLD_IMAGES"}
QUEUED = stream(dead_letter_config=[{"arn": "q"}])
EXPIRING = ttl(enabled=True)


def bounded(attempts: int, seconds: int) -> dict[str, Any]:
    """Return a pipe with limits for the attempts with a record and for its age."""
    return stream(maximum_retry_attempts=attempts, maximum_record_age_in_seconds=seconds)


WEAKER = {
    "a stream off": "the stream is switched off",
    "a view narrowed": "another view type makes a new stream",
    "recovery off": "point-in-time recovery is switched off",
    "no dead letters of a pipe": "no dead-letter queue any more",
    "no dead letters of a rule": "no dead-letter queue any more",
    "a rule off": "the rule is switched off",
    "a queue that keeps letters for less long": "older than the new retention",
    "a state bucket without versions": "no longer keeps old versions",
    "a key off": "switched off",
}
LOSSES: dict[str, tuple[dict[str, Any], str]] = {
    **{
        name: (change(BLOCKING[name][0], "change", *BLOCKING[name][1:3]), text)
        for name, text in WEAKER.items()
    },
    "a table replaced": (change("aws_dynamodb_table", "replace", STREAM, {}), "every item is lost"),
    "a table replaced, the new one first": (
        change("aws_dynamodb_table", "replace, new one first", STREAM, {}),
        "every item is lost",
    ),
    "a stream taken out": (
        change("aws_dynamodb_table", "change", STREAM, {}),
        "the stream is switched off",
    ),
    "a pipe replaced": (
        change("aws_pipes_pipe", "replace", {}, {}, replace_paths=[["source"]]),
        "the pipe is replaced (source), and the new one begins at LATEST",
    ),
    "a rule's target replaced": (
        change("aws_cloudwatch_event_target", "replace", {}, {}),
        "events that come before the new one is there are not delivered",
    ),
    "a queue replaced": (change("aws_sqs_queue", "replace", {}, {}), "dead letters in it are lost"),
    "the secret's value destroyed with its secret": (
        change("aws_secretsmanager_secret_version", "destroy", {"secret_id": "arn:gone"}),
        "API key",
    ),
}
HARMLESS: dict[str, dict[str, Any]] = {
    "a new key for Momento": change(
        "terraform_data",
        "replace",
        {"triggers_replace": {"key_version": "1111111"}},
        {"triggers_replace": {"key_version": "2222222"}},
    ),
    "attempts without end, but within an hour": change(
        "aws_pipes_pipe", "change", bounded(3, 3_600), bounded(-1, 3_600)
    ),
    "an expiry kept": change(
        "aws_dynamodb_table", "change", STREAM | EXPIRING, STREAM | EXPIRING | {"tags": {"a": "b"}}
    ),
    "a log kept for ever": change(
        "aws_cloudwatch_log_group", "change", {"retention_in_days": 90}, {"retention_in_days": 0}
    ),
    "protection that is known after apply": change(
        "aws_dynamodb_table",
        "change",
        STREAM | {"deletion_protection_enabled": True},
        STREAM,
        after_unknown={"deletion_protection_enabled": True},
    ),
}
MINDED: dict[str, dict[str, Any]] = {
    "a pipe without attempts, which the provider sends as 0": change(
        "aws_pipes_pipe", "change", bounded(3, -1), bounded(0, -1)
    ),
    "a table no longer managed": change("aws_dynamodb_table", "forget", STREAM),
    "an expiry by another attribute": change(
        "aws_dynamodb_table",
        "change",
        STREAM | EXPIRING,
        STREAM | {"ttl": [{"enabled": True, "attribute_name": "Other"}]},
    ),
    "a log no longer kept for ever": change(
        "aws_cloudwatch_log_group", "change", {"retention_in_days": 0}, {"retention_in_days": 90}
    ),
    "the connection replaced": change("aws_cloudwatch_event_connection", "replace", {}, {}),
    "the role replaced": change("aws_iam_role", "replace", {}, {}),
    "nothing said of deletion protection any more": change(
        "aws_dynamodb_table",
        "change",
        STREAM | {"deletion_protection_enabled": True},
        STREAM | {"deletion_protection_enabled": None},
    ),
}


@each(case=LOSSES)
def test_a_loss_holds_the_plan_back(case: str) -> None:
    loss, text = LOSSES[case]
    found = examine(plan(loss))
    assert [one.address for one in found] == [loss["address"]]
    assert text in found[0].text
    assert found[0].instead
    assert blocked(found)


@each(case=LOSSES)
def test_an_allowed_loss_does_not_hold_the_plan_back(case: str) -> None:
    loss, _ = LOSSES[case]
    (token,) = [one.token for one in examine(plan(loss))]
    found = examine(plan(loss), [token])
    assert found[0].allowed
    assert not blocked(found)


@each(case=HARMLESS)
def test_a_harmless_change_does_not_hold_the_plan_back(case: str) -> None:
    assert examine(plan(HARMLESS[case])) == []


@each(case=MINDED)
def test_a_smaller_loss_warns_without_holding_back(case: str) -> None:
    found = examine(plan(MINDED[case]))
    assert len(found) == 1
    assert not blocked(found)


def test_each_loss_of_a_pipe_is_reported() -> None:
    running, stopped = {"desired_state": "RUNNING"}, {"desired_state": "STOPPED"}
    found = change("aws_pipes_pipe", "change", QUEUED | running, bounded(-1, -1) | stopped)
    assert [one.blocks for one in examine(plan(found))] == [True, False, False]


def test_a_token_does_not_allow_another_loss() -> None:
    losses = [change("aws_dynamodb_table", "destroy", {}, name=name) for name in ("a", "b")]
    first, second = examine(plan(*losses))
    assert [one.holds_back for one in examine(plan(*losses), [first.token])] == [False, True]
    assert second.address.endswith(".b")


def test_blocking_losses_come_first() -> None:
    found = examine(plan(MINDED["the role replaced"], LOSSES["a table replaced"][0]))
    assert [one.blocks for one in found] == [True, False]


def test_a_real_change_of_key_ttl_and_retries_loses_nothing() -> None:
    assert examine(real("changed")) == []


def test_a_real_change_of_the_prefix_loses_table_pipes_and_queue() -> None:
    held = [one.address.split(".")[0] for one in examine(real("renamed")) if one.blocks]
    assert sorted(held) == [
        "aws_cloudwatch_log_group",
        "aws_dynamodb_table",
        *["aws_pipes_pipe"] * 3,
        "aws_sqs_queue",
    ]
