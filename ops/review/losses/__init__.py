"""What a plan would lose: data, deliveries, or what is needed to recover them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ops.review.behaviour import Behaviour
from ops.review.losses import alarm, bucket, bus, destination, orphan, watch
from ops.review.losses.bulk import or_bulk
from ops.review.losses.kinds import unknown
from ops.review.losses.logs import logs
from ops.review.losses.loss import Loss, LossFinder, Whole
from ops.review.losses.pipe import pipe
from ops.review.losses.queue import queue, queue_policy
from ops.review.losses.role import role
from ops.review.losses.secret import key, secret, secret_version
from ops.review.losses.sent import sent
from ops.review.losses.table import table
from ops.review.losses.workflow import workflow
from ops.review.plan import Plan, ResourceChange

__all__ = ["Loss", "losses"]

FINDERS: Final[Mapping[str, LossFinder]] = {
    "aws_cloudwatch_event_api_destination": destination.destination,
    "aws_cloudwatch_event_archive": bus.archive,
    "aws_cloudwatch_event_bus": bus.bus,
    "aws_cloudwatch_event_connection": destination.connection,
    "aws_cloudwatch_event_rule": bus.rule,
    "aws_cloudwatch_event_target": bus.target,
    "aws_cloudwatch_log_group": or_bulk(logs),
    "aws_cloudwatch_metric_alarm": alarm.alarm,
    "aws_dynamodb_table": table,
    "aws_iam_policy": role,
    "aws_iam_role": role,
    "aws_iam_role_policy": role,
    "aws_iam_role_policy_attachment": role,
    "aws_kms_key": key,
    "aws_lambda_function": or_bulk(watch.function),
    "aws_pipes_pipe": pipe,
    "aws_s3_bucket": or_bulk(bucket.bucket),
    "aws_s3_bucket_lifecycle_configuration": bucket.lifecycle,
    "aws_s3_bucket_public_access_block": bucket.public_access,
    "aws_s3_bucket_server_side_encryption_configuration": bucket.encryption,
    "aws_s3_bucket_versioning": bucket.versioning,
    "aws_scheduler_schedule": watch.schedule,
    "aws_secretsmanager_secret": secret,
    "aws_secretsmanager_secret_version": secret_version,
    "aws_sfn_state_machine": or_bulk(workflow),
    "aws_sns_topic": alarm.topic,
    "aws_sns_topic_policy": alarm.topic_policy,
    "aws_sns_topic_subscription": alarm.subscription,
    "aws_sqs_queue": queue,
    "aws_sqs_queue_policy": queue_policy,
}


def losses(
    plan: Plan, behaviours: Sequence[Behaviour] = ()
) -> Iterator[tuple[str, ResourceChange | Behaviour | None, Loss]]:
    """Yield every loss with its address and its cause.

    The cause is a change or a pipe's behaviour. A loss of the whole plan has no cause.
    """
    whole = Whole(plan)
    moved = list(orphan.moved_away(whole))
    for address, loss in [*moved, *orphan.first(whole)]:
        yield address, None, loss
    for change in plan.changes:
        if moved and whole.made_anew(change):
            continue  # it exists, but in a place where the provider no longer looks
        for loss in [*orphan.forgotten(change), *FINDERS.get(change.type, unknown)(change, whole)]:
            yield change.address, change, loss
    for behaviour in behaviours:
        for loss in sent(behaviour):
            yield behaviour.address, behaviour, loss
