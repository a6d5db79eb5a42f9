"""What a plan would lose: data, deliveries, or what is needed to bring them back."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.review.plan import Action, Change, Plan

GONE = (Action.DELETE, Action.REPLACE)
"""What Terraform only forgets goes on as it is."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A loss, and what to do in its place; `allowed` if it was named by `--allow`."""

    address: str
    loss: str
    instead: str
    blocks: bool = True
    allowed: bool = False


def examine(plan: Plan, allow: Sequence[str] = ()) -> list[Finding]:
    """Return what the plan loses, what blocks first, then by address."""
    found = [
        Finding(
            address=change.address,
            loss=finding.loss,
            instead=finding.instead,
            blocks=finding.blocks,
            allowed=change.address in allow,
        )
        for change in plan.changes
        for finding in RULES.get(change.type, _nothing)(change)
    ]
    return sorted(found, key=lambda finding: (not finding.blocks, finding.address, finding.loss))


def blocked(findings: Sequence[Finding]) -> bool:
    """Return whether a finding blocks that nobody has allowed."""
    return any(finding.blocks and not finding.allowed for finding in findings)


def _lost(loss: str, instead: str, *, blocks: bool = True) -> Finding:
    return Finding(address="", loss=loss, instead=instead, blocks=blocks)


def _nothing(_: Change) -> Iterator[Finding]:
    yield from ()


def _table(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        yield _lost(
            f"every item is lost: the table is to be {_done(change)}",
            "keep the table; if it must go, export it first (point-in-time recovery to S3)",
        )
    elif change.action is Action.UPDATE:
        streamed = change.before.get("stream_enabled")
        if streamed and not change.after.get("stream_enabled"):
            yield _lost(
                "the stream is switched off: pipes that read it are unusable for good, and what"
                " is written from then on reaches nobody",
                "leave the stream on; to pause deliveries, stop the pipes (at most 24 hours)",
            )
        elif streamed and _differs(change, "stream_view_type"):
            yield _lost(
                "another view type makes a new stream: every pipe is replaced, and what is"
                " written in between reaches nobody",
                "write a copy of the table with the new view type, and move over",
            )
        if _falls(change, "deletion_protection_enabled"):
            yield _lost(
                "the table's deletion protection goes: a later plan may destroy it",
                "leave it on, unless the table is to go",
                blocks=False,
            )
        expires = _expires(change.after)
        if expires and expires != _expires(change.before):
            yield _lost(
                f"DynamoDB removes items by the attribute {expires}, those of before included:"
                " each whose time is over, and each removal goes the way of any other",
                "look at what the attribute holds; a second since 1970 is a time, a duration is one"
                " that is long over",
                blocks=False,
            )
        if _on(change.before, "point_in_time_recovery") and not _on(
            change.after, "point_in_time_recovery"
        ):
            yield _lost(
                "point-in-time recovery goes, and with it every earlier state of the table",
                "leave it on",
            )


def _pipe(change: Change) -> Iterator[Finding]:
    if change.action is Action.REPLACE:
        reason = ", ".join(change.replaced_for) or "its source or name"
        yield _lost(
            f"the pipe is replaced ({reason}) and begins anew at LATEST: records written between"
            " the old and the new pipe are never delivered",
            "stop writing meanwhile, or run ./help.sh verify --repair afterwards",
        )
    elif change.action in GONE:
        yield _lost(
            f"the pipe is {_done(change)}: what is written from then on reaches nobody",
            "to pause it, stop it (at most 24 hours)",
        )
    elif change.action is Action.UPDATE:
        yield from _changed_pipe(change)


def _changed_pipe(change: Change) -> Iterator[Finding]:
    if _dead_letters(change.before) and not _dead_letters(change.after):
        yield _lost(
            "the pipe has no dead-letter queue any more: a record that fails for good is gone",
            "leave the queue",
        )
    if _is_endless(change.after) and not _is_endless(change.before):
        yield _lost(
            "the pipe tries a record for as long as the stream keeps it: one that fails for good"
            " holds up its shard for a day",
            "set PIPE_RETRY_ATTEMPTS or PIPE_RECORD_AGE_SECONDS",
            blocks=False,
        )
    if change.after.get("desired_state") == "STOPPED" != change.before.get("desired_state"):
        yield _lost(
            "the pipe stops: records older than 24 hours leave the stream undelivered",
            "start it again within 24 hours, or run ./help.sh verify --repair afterwards",
            blocks=False,
        )


def _rule(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        yield _lost(
            f"the rule is {_done(change)}: the bus keeps no events, so what is written before"
            " there is a new one reaches nobody",
            "stop the pipe to the bus meanwhile, or run ./help.sh verify --repair afterwards",
        )
    elif change.after.get("state") == "DISABLED" != change.before.get("state"):
        yield _lost(
            "the rule is switched off: what is written from then on reaches nobody",
            "stop the pipe to the bus in its place (at most 24 hours)",
        )


def _target(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        yield _lost(
            f"the rule's target is {_done(change)}: events that come before there is a new one"
            " reach nobody",
            "stop the pipe to the bus meanwhile, or run ./help.sh verify --repair afterwards",
        )
    elif change.before.get("dead_letter_config") and not change.after.get("dead_letter_config"):
        yield _lost(
            "the rule has no dead-letter queue any more: an event that fails for good is gone",
            "leave the queue",
        )


def _bus(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        yield _lost(
            f"the event bus is {_done(change)}, and its rules with it: records are tried again,"
            " and become dead letters after the pipe's record age",
            "stop the pipe to it first",
        )


def _queue_policy(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        yield _lost(
            f"the queue's policy is {_done(change)}: without it rules cannot put their dead letters"
            " there, and what fails for good is gone",
            "leave it as long as there are rules",
        )
    elif change.action is Action.UPDATE and _differs(change, "policy"):
        yield _lost(
            "the queue's policy changes: a rule that it does not name loses what fails for good",
            "compare the rules in it with those there are",
            blocks=False,
        )


def _logs(change: Change) -> Iterator[Finding]:
    if change.action in GONE or _retention(change.after) < _retention(change.before):
        what = _done(change) if change.action in GONE else "kept for less long"
        yield _lost(
            f"the pipes' log is {what}: for a record that has left the stream, it is what tells"
            " redrive its key",
            "empty the dead-letter queue first: ./help.sh redrive",
            blocks=False,
        )


def _retention(side: Mapping[str, Any]) -> float:
    """Return for how many days a log group keeps what it has; 0 and none said are for ever."""
    return side.get("retention_in_days") or math.inf


def _queue(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        yield _lost(
            f"the dead letters are lost: the queue is {_done(change)}",
            "empty it first: ./help.sh redrive",
        )
    elif _less(change, "message_retention_seconds"):
        yield _lost(
            "dead letters older than the new retention are lost at once",
            "empty it first: ./help.sh redrive",
        )


def _bucket(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        yield _lost(
            f"the Terraform state and its old versions are lost: the bucket is {_done(change)}",
            "keep it; without a state, Terraform knows none of the resources",
        )


def _versioning(change: Change) -> Iterator[Finding]:
    if change.action in GONE or change.changed:
        before, after = (
            (side.get("versioning_configuration") or [{}])[0].get("status")
            for side in (change.before, change.after)
        )
        if before == "Enabled" != after:
            yield _lost("old versions of the Terraform state are no longer kept", "keep them")


def _secret(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        yield _lost(
            f"the Momento API key's secret is {_done(change)}: who reads it there fails",
            "keep it; a new key is a new version of the same secret",
        )


def _key(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        yield _lost(
            f"what is encrypted with the key is lost with it: the key is {_done(change)}",
            "keep the key as long as anything is encrypted with it",
        )
    elif _falls(change, "is_enabled"):
        yield _lost("the key is switched off: nothing encrypted with it can be read", "leave it on")


def _secret_version(change: Change) -> Iterator[Finding]:
    """Tell only of a version that goes: a replaced one is how a new key gets in."""
    if change.action is Action.DELETE:
        yield from _secret(change)


def _way_to_momento(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        what = "connection" if change.type.endswith("connection") else "API destination"
        yield _lost(
            f"the {what} is {_done(change)}: until there is a new one, records are retried, and"
            " become dead letters after the pipes' record age",
            "look at the dead-letter queue afterwards: ./help.sh redrive",
            blocks=False,
        )


def _role(change: Change) -> Iterator[Finding]:
    if change.action in GONE:
        what = "role's policy" if change.type.endswith("policy") else "role"
        yield _lost(
            f"the {what} is {_done(change)}: pipes that may do nothing can be stopped by"
            " EventBridge, and rules give up their events",
            "look at the pipes afterwards: ./help.sh doctor",
            blocks=False,
        )


RULES: dict[str, Callable[[Change], Iterator[Finding]]] = {
    "aws_cloudwatch_event_api_destination": _way_to_momento,
    "aws_cloudwatch_event_bus": _bus,
    "aws_cloudwatch_event_connection": _way_to_momento,
    "aws_cloudwatch_event_rule": _rule,
    "aws_cloudwatch_event_target": _target,
    "aws_cloudwatch_log_group": _logs,
    "aws_dynamodb_table": _table,
    "aws_iam_role": _role,
    "aws_iam_role_policy": _role,
    "aws_kms_key": _key,
    "aws_pipes_pipe": _pipe,
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_versioning": _versioning,
    "aws_secretsmanager_secret": _secret,
    "aws_secretsmanager_secret_version": _secret_version,
    "aws_sqs_queue": _queue,
    "aws_sqs_queue_policy": _queue_policy,
}


def _done(change: Change) -> str:
    return "destroyed" if change.action is Action.DELETE else "replaced"


def _stream(side: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how a pipe reads its stream."""
    parameters = (side.get("source_parameters") or [{}])[0]
    found: Mapping[str, Any] = (parameters.get("dynamodb_stream_parameters") or [{}])[0]
    return found


def _dead_letters(side: Mapping[str, Any]) -> bool:
    """Say whether a pipe has a dead-letter queue, also one that is still to be created."""
    return bool(_stream(side).get("dead_letter_config"))


def _is_endless(side: Mapping[str, Any]) -> bool:
    """Say whether nothing but the stream's own day ends a pipe's attempts.

    Where no attempts are said, the provider sends 0 with a change, which is a bound.
    """
    stream = _stream(side)
    age = stream.get("maximum_record_age_in_seconds")
    return stream.get("maximum_retry_attempts") == -1 and age in (None, 0, -1)


def _expires(side: Mapping[str, Any]) -> str | None:
    """Return the attribute by which a table's items expire, if they do."""
    ttl = (side.get("ttl") or [{}])[0]
    return (ttl.get("attribute_name") or None) if ttl.get("enabled") else None


def _differs(change: Change, name: str) -> bool:
    return bool(change.before.get(name) != change.after.get(name))


def _falls(change: Change, name: str) -> bool:
    """Say whether something is switched off: by false, or by saying no more about it."""
    return bool(change.before.get(name)) and not (
        change.after.get(name) or change.unknown.get(name)
    )


def _less(change: Change, name: str) -> bool:
    before, after = change.before.get(name), change.after.get(name)
    return isinstance(before, int) and isinstance(after, int) and after < before


def _on(side: Mapping[str, Any], block: str) -> bool:
    values = side.get(block) or [{}]
    return bool(values[0].get("enabled"))
