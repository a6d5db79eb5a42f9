"""Resources that no rule knows: which kinds hold data, which hold none, and the others."""

import re
from collections.abc import Iterator
from typing import Final

from ops.review.losses.loss import GONE, Loss, Whole, done, told
from ops.review.plan import Change

HOLDING: Final = re.compile(
    r"""aws_(
        appsync_datasource|athena_(database|named_query)|backup_.*
        |cloudsearch_domain|cloudtrail_event_data_store|cloudwatch_log_(group|stream)
        |codecommit_repository|cognito_user.*|customerprofiles_domain
        |datasync_.*|dax_cluster|db_.*|docdb.*|dsql_cluster|dynamodb_.*
        |ebs_.*|ec2_instance|ecr.*_repository|efs_.*|elasticache_.*|elasticsearch_domain
        |emr_cluster|finspace_.*|fsx_.*|gamelift_.*|glacier_.*|glue_(catalog_.*|registry|schema)
        |instance|iot_.*|keyspaces_.*|kinesis_.*|kms_.*key|lex.*|lightsail_(bucket|database|disk|instance)
        |location_.*|memorydb_.*|mq_broker|msk_.*|neptune.*|opensearch.*|pinpoint_app
        |prometheus_workspace|qldb_ledger|rds_.*|redshift.*|s3_.*|s3control_.*|s3tables_.*
        |sagemaker_.*|schemas_(registry|schema)|secretsmanager_secret.*|sfn_state_machine
        |simpledb_domain|sns_topic(_subscription)?|sqs_queue|ssm_parameter|storagegateway_.*
        |timestream.*|transfer_user|workdocs_.*|workspaces_workspace
    )
    |tls_private_key|random_.*|google_.*|azurerm_.*|mongodbatlas_.*|postgresql_.*|mysql_.*""",
    re.VERBOSE,
)
"""Kinds that hold what no plan makes anew: items, objects, messages, keys, subscriptions."""
EMPTY: Final = frozenset(
    {
        "aws_cloudwatch_dashboard",
        "aws_dynamodb_kinesis_streaming_destination",
        "aws_dynamodb_resource_policy",
        "aws_kms_alias",
        "aws_s3_bucket_ownership_controls",
        "null_resource",
        "terraform_data",
        "time_sleep",
    }
)
"""Kinds that hold nothing: made anew, they are as before."""


def unknown(change: Change, _: Whole) -> Iterator[Loss]:
    """Yield what goes with a resource of a kind that has no rule of its own."""
    if change.action not in GONE or change.type in EMPTY:
        return
    if HOLDING.fullmatch(change.type):
        yield Loss(
            name=done(change),
            text=f"what the resource holds is lost: {change.type} is a kind that holds data, and it"
            f" is {done(change)}",
            instead="keep it, or make a copy of what it holds first",
        )
    else:
        yield told(
            done(change),
            f"the resource is {done(change)}, and the review does not know whether {change.type}"
            " holds data",
            "look at what it holds before you allow it to go",
        )
