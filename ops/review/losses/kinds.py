"""Losses of other resources: kinds with data, kinds without data, and other kinds."""

import re
from collections.abc import Iterator
from typing import Final

from ops.review.losses.loss import GONE, Loss, Whole, done, only_shown
from ops.review.plan import ResourceChange

HOLDING: Final = re.compile(
    r"""aws_(
        acmpca_certificate_authority|ami.*|appconfig_hosted_configuration_version
        |appstream_image_builder|appsync_datasource|athena_(database|named_query)|backup_.*
        |bedrock_custom_model|bedrockagent_knowledge_base|bedrockagentcore_memory
        |cloud9_environment_ec2|cloudcontrolapi_resource|cloudformation_stack.*
        |cloudfront_key_value_store|cloudfrontkeyvaluestore_.*|cloudhsm_v2_.*|cloudsearch_domain
        |cloudtrail_event_data_store|cloudwatch_log_(group|stream)
        |codeartifact_(domain|repository)|codecatalyst_(dev_environment|project|source_repository)
        |codecommit_repository|cognito_(identity_pool|user.*)|comprehend_.*
        |connect_(instance|phone_number|user)|customerprofiles_.*
        |dataexchange_.*|datasync_.*|datazone_.*|dax_cluster|db_.*|detective_graph
        |devicefarm_upload|directory_service_directory|docdb.*|dsql_cluster|dynamodb_.*
        |ebs_.*|ec2_(fleet|instance)|ecr.*_repository|efs_.*|eip|eks_cluster
        |elastic_beanstalk_(application_version|environment)|elasticache_.*|elasticsearch_domain
        |emr_cluster|finspace_.*|fsx_.*|gamelift_.*|glacier_.*
        |glue_(catalog_.*|ml_transform|partition|registry|schema)|grafana_workspace.*
        |guardduty_detector|iam_(access_key|server_certificate|service_specific_credential)
        |iam_(signing_certificate|user|virtual_mfa_device)|imagebuilder_image|instance|iot_.*
        |kendra_.*|key_pair|keyspaces_.*|kinesis_.*|kinesisanalytics.*_application.*
        |kms_(.*key|custom_key_store)|lambda_layer_version|lex.*
        |lightsail_(bucket|database|disk|instance|key_pair|static_ip)|location_.*|m2_.*
        |macie2_account|media_store_container|memorydb_.*|mq_broker|msk_.*|mwaa_environment
        |neptune.*|odb_.*|opensearch.*|organizations_(account|organization)
        |paymentcryptography_key|pinpoint_app|pinpointsmsvoicev2_(opt_out_list|phone_number)
        |prometheus_workspace|qbusiness_application|qldb_ledger
        |quicksight_(account_subscription|analysis|dashboard|data_set|folder|namespace|template)
        |rds_.*|redshift.*|rekognition_(collection|project)
        |route53_(domains_.*|hosted_zone_dnssec|key_signing_key|records_exclusive|zone)
        |s3_.*|s3control_.*|s3outposts_.*|s3tables_.*|s3vectors_.*|sagemaker_.*
        |schemas_(registry|schema)|secretsmanager_secret.*|securityhub_account
        |securitylake_data_lake|sesv2_contact_list|sfn_state_machine|simpledb_domain
        |sns_(platform_application|topic|topic_subscription)|spot_(fleet|instance)_request
        |sqs_queue|ssm_parameter|ssmincidents_replication_set|storagegateway_.*|swf_domain
        |timestream.*|transcribe_language_model|transfer_(host_key|server|user)
        |verifiedpermissions_policy.*|workdocs_.*|workmail_.*|workspaces_(directory|workspace)
    )
    |tls_(private_key|self_signed_cert)|random_.*|time_(rotating|static)
    |local_(sensitive_)?file|docker_volume|github_repository
    |(google|azurerm|confluent|kubernetes|mongodbatlas|mysql|postgresql|snowflake|vault)_.*""",
    re.VERBOSE,
)
"""Kinds with data that no plan restores, such as items, objects, messages and keys."""
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
"""Kinds without data: if they are created again, nothing is lost."""


def unknown(change: ResourceChange, _: Whole) -> Iterator[Loss]:
    """Yield the losses of a resource whose kind is not in `FINDERS`."""
    if change.action not in GONE or change.type in EMPTY:
        return
    if HOLDING.fullmatch(change.type):
        yield Loss(
            name=done(change),
            text=f"the resource is {done(change)}, and its data is lost ({change.type} holds data)",
            instead="keep it, or copy its data first",
        )
    else:
        yield only_shown(
            done(change),
            f"the resource is {done(change)}, and the review does not know whether {change.type}"
            " holds data",
            "look at the resource before you apply the plan",
        )
