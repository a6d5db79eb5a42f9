"""Losses that show in one attribute, or in the action alone, kind by kind."""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ops.review.losses.loss import (
    GONE,
    Case,
    Loss,
    LossFinder,
    Whole,
    always,
    any_of,
    block,
    destroyed,
    differs,
    falls,
    goes,
    is_known,
    lowered,
    made_anew,
)
from ops.review.plan import Action, ResourceChange

OPENINGS = (
    *("block_public_acls", "block_public_policy", "ignore_public_acls"),
    "restrict_public_buckets",
)


def _switched_on(change: ResourceChange, name: str) -> bool:
    return bool(change.after.get(name)) and not change.before.get(name)


def _suspended(change: ResourceChange, name: str) -> bool:
    before, after = (block(side, name).get("status") for side in change.sides)
    return before == "Enabled" != after


def _opens(change: ResourceChange, _: str) -> bool:
    return change.action is Action.DELETE or any(falls(change, name) for name in OPENINGS)


bucket = any_of(
    goes(
        "the bucket is {done}: everything in it is lost, such as the Terraform state and its old"
        " versions",
        "keep it; without a state, Terraform does not know the resources any more",
    ),
    Case(
        *("force_destroy", _switched_on, "protection-off"),
        "force_destroy is switched on: a later plan can destroy the bucket with everything in it",
        "leave it off, unless you want to destroy the bucket",
    ),
)
versioning = any_of(
    Case(
        *("versioning_configuration", _suspended, "versions-off"),
        "the bucket no longer keeps old versions of its objects, such as the Terraform state",
        "leave versioning on",
        blocks=True,
        actions=(Action.DELETE, Action.UPDATE),
    )
)
lifecycle = any_of(
    Case(
        *("rule", differs, "lifecycle"),
        "the bucket's lifecycle changes: it may delete objects or old versions sooner",
        "compare the rules' filters and days",
    )
)
public_access = any_of(
    Case(
        *("", _opens, "public-access"),
        "the bucket can be made public again, and it holds the Terraform state",
        "leave public access blocked",
        blocks=True,
        actions=(Action.DELETE, Action.UPDATE),
    )
)
encryption = any_of(
    Case(
        *("", always, "encryption"),
        "the bucket's encryption setting is removed: new objects get Amazon S3's own key",
        "keep the setting",
        actions=(Action.DELETE,),
    )
)


def _way(what: str) -> LossFinder:
    return any_of(
        goes(
            f"the {what} is {{done}}: until there is a new one, each record is tried again, and"
            " becomes a dead letter after the pipes' record age",
            "look at the dead-letter queue afterwards: ./help.sh redrive",
            blocks=False,
        ),
        Case(
            *("invocation_rate_limit_per_second", lowered, "rate-lowered"),
            "at most {after} requests a second are sent, instead of {before}: with more writes,"
            " changes arrive late or become dead letters",
            "compare with ./help.sh capacity",
        ),
        Case(
            *("authorization_type", differs, "authorization"),
            "the connection authorizes requests in another way, but Momento needs an API key",
            "keep API_KEY",
        ),
    )


connection, destination = _way("connection"), _way("API destination")


topic = any_of(
    goes(
        "the topic is {done}, and all its subscriptions are lost, also those that were made by"
        " hand: the subscribers get no more messages",
        "keep the topic; otherwise write down its subscriptions, and subscribe and confirm again",
    ),
    Case(
        *("kms_master_key_id", falls, "encryption"),
        *("the topic is no longer encrypted with a key", "keep the key"),
    ),
)
subscription = any_of(
    goes(
        "the subscription is {done}: the subscriber gets no more messages, or must confirm again",
        "keep it",
    ),
    Case(
        *("filter_policy", differs, "filter"),
        "the subscription's filter changes: fewer messages may get to the subscriber",
        "compare before and after",
    ),
)
topic_policy = any_of(
    destroyed(
        "the topic's policy is destroyed: alarms may not be allowed to publish to it any more",
        "keep the policy as long as there are alarms",
    )
)


WHAT_FOR = "only this log has the keys of records that have left the stream, and redrive needs them"
EMPTY_THE_QUEUE = "empty the dead-letter queue first: ./help.sh redrive"


def _days(side: Mapping[str, Any]) -> float:
    """Return how many days a log group keeps its entries; 0 and None mean for ever."""
    return side.get("retention_in_days") or math.inf


def _shortened(change: ResourceChange, name: str) -> bool:
    return is_known(change, name) and _days(change.after) < _days(change.before)


_unencrypted = Case(
    *("kms_key_id", falls, "encryption"),
    *("the log is no longer encrypted with a key of this account", "keep the key"),
)
pipe_logs = any_of(
    goes(f"the pipes' log is {{done}}: {WHAT_FOR}", EMPTY_THE_QUEUE),
    Case(
        *("retention_in_days", _shortened, "retention-shortened"),
        f"the pipes' log is kept for a shorter time ({{after}} days): {WHAT_FOR}",
        EMPTY_THE_QUEUE,
    ),
    _unencrypted,
)
workflow_logs = any_of(
    goes(
        "the workflow's log is {done}, with everything that earlier executions logged",
        EMPTY_THE_QUEUE,
        blocks=False,
    ),
    Case(
        *("retention_in_days", _shortened, "retention-shortened"),
        "the workflow's log is kept for a shorter time ({after} days)",
        EMPTY_THE_QUEUE,
    ),
    _unencrypted,
)
watch_logs = any_of(
    goes(
        "the watch's log is {done}, with what earlier runs found",
        "keep the log (WATCH=true)",
        blocks=False,
    ),
    _unencrypted,
)


def logs(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a log group, by what writes to it."""
    name = str(change.before.get("name") or change.after.get("name") or "")
    writers = {"/aws/vendedlogs/states/": workflow_logs, "/aws/lambda/": watch_logs}
    finders = [find for prefix, find in writers.items() if name.startswith(prefix)]
    yield from (finders or [pipe_logs])[0](change, whole)


EMPTY_IT = "empty it first: ./help.sh redrive"


def _loses_key(change: ResourceChange, own: str) -> bool:
    return falls(change, own) or (
        falls(change, "sqs_managed_sse_enabled") and not change.after.get(own)
    )


queue = any_of(
    goes("the queue is {done}: the dead letters in it are lost", EMPTY_IT),
    made_anew(
        "the queue was deleted outside of Terraform, with the dead letters in it, and is created"
        " again"
    ),
    Case(
        *("message_retention_seconds", lowered, "retention-shortened"),
        *("dead letters older than the new retention are lost at once", EMPTY_IT),
        blocks=True,
    ),
    Case(
        *("kms_master_key_id", _loses_key, "encryption"),
        *("the queue is no longer encrypted with its key", "keep the key"),
    ),
)
_policy = any_of(
    goes(
        "the queue's policy is {done}: without it rules cannot put their dead letters there, and an"
        " event that a rule gives up is lost",
        "keep the policy as long as there are rules",
    ),
    Case(
        *("policy", differs, "policy"),
        "the queue's policy changes: a rule that it does not name loses what it gives up",
        "compare the rules in the policy with the rules of the bus",
    ),
)


def queue_policy(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a queue's policy. Only rules need one."""
    if change.action not in GONE or whole.rules or not whole.pipes:
        yield from _policy(change, whole)


SHORTER = "after it is deleted, the %s can be restored for {after} days instead of {before}"

secret = any_of(
    goes(
        "the secret with the Momento API key is {done}: applications that read it there fail",
        "keep it; a new key is a new version of the same secret",
    ),
    Case(
        *("recovery_window_in_days", lowered, "recovery-shortened"),
        *(SHORTER % "secret", "keep the recovery window"),
    ),
)
key = any_of(
    goes(
        "the key is {done}: everything that is encrypted with it is lost",
        "keep the key as long as anything is encrypted with it",
    ),
    Case(
        *("is_enabled", falls, "off"),
        *("the key is switched off: data that is encrypted with it cannot be read", "leave it on"),
        blocks=True,
    ),
    Case(
        *("enable_key_rotation", falls, "rotation-off"),
        *("the key is no longer rotated", "leave rotation on"),
    ),
    Case(
        *("deletion_window_in_days", lowered, "recovery-shortened"),
        *(SHORTER % "key", "keep the recovery window"),
    ),
    Case(
        *("policy", differs, "policy"),
        "the key's policy changes: those that it no longer names cannot read data that is encrypted"
        " with the key",
        "compare the policies below",
    ),
)


def secret_version(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the loss of a destroyed version, unless its secret stays.

    The provider then leaves the version as it is, because it cannot delete a current one (Terraform
    AWS provider, "aws_secretsmanager_secret_version"). A version of an earlier deploy goes so: a
    command writes the value now.
    """
    if change.action is Action.DELETE:
        kept = any(
            resource.type == "aws_secretsmanager_secret"
            and resource.action not in GONE
            and resource.before.get("id") == change.before.get("secret_id")
            for resource in whole.plan.changes
        )
        if not (kept and change.before.get("secret_id")):
            yield from secret(change, whole)


BLIND: Final = "nobody compares the table with the cache any more"
KEEP: Final = "keep it (WATCH=true)"


def _watch_is_off(change: ResourceChange, name: str) -> bool:
    return differs(change, name) and change.after.get(name) == "DISABLED"


watch_function = any_of(destroyed(f"the watch's function is destroyed: {BLIND}", KEEP))
watch_schedule = any_of(
    destroyed(f"the watch's schedule is destroyed: {BLIND}", KEEP),
    Case(
        *("state", _watch_is_off, "off"),
        *(f"the watch's schedule is switched off: {BLIND}", "leave it on"),
    ),
    Case(
        *("schedule_expression", differs, "rate"),
        *("the watch runs at another rate: {before} to {after}", "compare it with WATCH_MINUTES"),
    ),
)
