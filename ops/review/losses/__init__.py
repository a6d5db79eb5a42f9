"""What a plan would lose: data, deliveries, or what is needed to recover them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from ops.review.behaviour import Behaviour
from ops.review.losses import bus, cases, orphan
from ops.review.losses.alarm import alarm
from ops.review.losses.bulk import or_bulk
from ops.review.losses.kinds import unknown
from ops.review.losses.loss import Loss, LossFinder, Whole
from ops.review.losses.pipe import pipe
from ops.review.losses.role import role
from ops.review.losses.sent import sent
from ops.review.losses.table import table
from ops.review.losses.workflow import workflow
from ops.review.plan import Plan, ResourceChange

__all__ = ["Loss", "losses"]

FINDERS: Final[Mapping[str, LossFinder]] = {
    "aws_cloudwatch_event_api_destination": cases.destination,
    "aws_cloudwatch_event_archive": bus.archive,
    "aws_cloudwatch_event_bus": bus.bus,
    "aws_cloudwatch_event_connection": cases.connection,
    "aws_cloudwatch_event_rule": bus.rule,
    "aws_cloudwatch_event_target": bus.target,
    "aws_cloudwatch_log_group": or_bulk(cases.logs),
    "aws_cloudwatch_metric_alarm": alarm,
    "aws_dynamodb_table": table,
    "aws_iam_policy": role,
    "aws_iam_role": role,
    "aws_iam_role_policy": role,
    "aws_iam_role_policy_attachment": role,
    "aws_kms_key": cases.key,
    "aws_lambda_function": or_bulk(cases.watch_function),
    "aws_pipes_pipe": pipe,
    "aws_s3_bucket": or_bulk(cases.bucket),
    "aws_s3_bucket_lifecycle_configuration": cases.lifecycle,
    "aws_s3_bucket_public_access_block": cases.public_access,
    "aws_s3_bucket_server_side_encryption_configuration": cases.encryption,
    "aws_s3_bucket_versioning": cases.versioning,
    "aws_scheduler_schedule": cases.watch_schedule,
    "aws_secretsmanager_secret": cases.secret,
    "aws_secretsmanager_secret_version": cases.secret_version,
    "aws_sfn_state_machine": or_bulk(workflow),
    "aws_sns_topic": cases.topic,
    "aws_sns_topic_policy": cases.topic_policy,
    "aws_sns_topic_subscription": cases.subscription,
    "aws_sqs_queue": cases.queue,
    "aws_sqs_queue_policy": cases.queue_policy,
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
