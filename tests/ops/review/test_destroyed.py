"""Resources that are destroyed, forgotten, moved, imported or created again."""

import pytest

from ops.review.guard import examine
from tests.each import each
from tests.ops.review.plans import change, plan
from tests.ops.review.weaker_cases import PIPE, QUEUE, TABLE, TARGET, recovery

HOLDING = (
    *("aws_cloudwatch_event_archive", "aws_dynamodb_table_replica", "aws_dynamodb_table_item"),
    *("aws_s3_object", "aws_kinesis_stream", "aws_sns_topic", "aws_sns_topic_subscription"),
    *("aws_cloudwatch_log_group", "aws_cloudwatch_log_stream", "aws_ssm_parameter"),
    *("aws_db_instance", "aws_rds_cluster", "aws_efs_file_system", "aws_ebs_volume"),
    *("aws_elasticache_cluster", "aws_opensearch_domain", "aws_kms_replica_key", "aws_instance"),
    *("aws_backup_vault", "aws_ecr_repository", "aws_cognito_user_pool", "aws_sfn_state_machine"),
    *("aws_redshift_cluster", "aws_keyspaces_table", "aws_timestreamwrite_table"),
    *("aws_kms_external_key", "random_password", "tls_private_key"),
    *("aws_ami", "aws_cloudfrontkeyvaluestore_key", "aws_codeartifact_repository"),
    *("aws_cloudformation_stack", "aws_acmpca_certificate_authority", "aws_cloudhsm_v2_cluster"),
    *("aws_directory_service_directory", "aws_kms_custom_key_store", "aws_route53_zone"),
    *("aws_verifiedpermissions_policy_store", "aws_sesv2_contact_list", "aws_eks_cluster"),
    *("aws_iam_access_key", "aws_lambda_layer_version", "aws_s3vectors_vector_bucket"),
    *("aws_organizations_account", "aws_paymentcryptography_key", "kubernetes_persistent_volume"),
)


@each(action=["destroy", "replace"], kind=HOLDING)
def test_a_kind_that_holds_data_does_not_go(kind: str, action: str) -> None:
    (loss,) = examine(plan(change(kind, action, {}, {})))
    assert (loss.name, loss.blocks) == (
        {"destroy": "destroyed", "replace": "replaced"}[action],
        True,
    )


SECRET, VERSION = "aws_secretsmanager_secret", "aws_secretsmanager_secret_version"
DESTROYED = {
    "aws_cloudwatch_event_api_destination": ("destroyed", False, "the API destination is"),
    "aws_cloudwatch_event_archive": ("destroyed", True, "the archived events are lost"),
    "aws_cloudwatch_event_bus": ("destroyed", True, "the event bus is destroyed"),
    "aws_cloudwatch_event_connection": ("destroyed", False, "the connection is"),
    "aws_cloudwatch_event_rule": ("destroyed", True, "the rule is destroyed: the bus keeps no"),
    "aws_cloudwatch_event_target": ("destroyed", True, "the rule's target is"),
    "aws_cloudwatch_log_group": ("destroyed", True, "the pipes' log is destroyed"),
    "aws_cloudwatch_metric_alarm": ("destroyed", False, "the alarm is"),
    "aws_dynamodb_table": ("destroyed", True, "the table is destroyed: every item is lost"),
    "aws_iam_policy": ("destroyed", False, "the role's policy is"),
    "aws_iam_role": ("destroyed", False, "the role is"),
    "aws_iam_role_policy": ("destroyed", False, "the role's policy is"),
    "aws_iam_role_policy_attachment": ("destroyed", False, "the role's policy is"),
    "aws_kms_key": (
        "destroyed",
        True,
        "the key is destroyed: everything that is encrypted with it is lost",
    ),
    "aws_lambda_function": ("destroyed", False, "the watch's function is"),
    "aws_pipes_pipe": ("destroyed", True, "later changes are not delivered"),
    "aws_quantum_ledger": ("destroyed", False, "not know whether aws_quantum_ledger holds data"),
    "aws_s3_bucket": ("destroyed", True, "in it is lost, such as the Terraform state"),
    "aws_s3_bucket_public_access_block": ("public-access", True, "the bucket can be made public"),
    "aws_s3_bucket_server_side_encryption_configuration": (
        *("encryption", False, "the bucket's encryption setting is"),
    ),
    "aws_scheduler_schedule": ("destroyed", False, "the watch's schedule is"),
    "aws_secretsmanager_secret": ("destroyed", True, "the secret with the Momento API key is"),
    "aws_secretsmanager_secret_version": ("destroyed", True, "the secret with the Momento API key"),
    "aws_sfn_state_machine": ("destroyed", True, "the state machine is"),
    "aws_sns_topic": ("destroyed", True, "the topic is"),
    "aws_sns_topic_policy": ("destroyed", False, "the topic's policy is"),
    "aws_sns_topic_subscription": ("destroyed", True, "the subscription is"),
    "aws_sqs_queue": ("destroyed", True, "the queue is destroyed: the dead letters in it are lost"),
    "aws_sqs_queue_policy": ("destroyed", True, "rules cannot put their dead letters"),
}


@each(
    ("group", "blocks", "beginning"),
    [
        ("/aws/vendedlogs/pipes/shop", True, "the pipes' log is"),
        ("/aws/lambda/shop-watch", False, "the watch's log is"),
    ],
)
def test_a_log_has_the_sentence_of_what_writes_to_it(
    group: str, beginning: str, *, blocks: bool
) -> None:
    log = change("aws_cloudwatch_log_group", "destroy", {"name": group})
    (loss,) = examine(plan(log))
    assert loss.blocks is blocks
    assert loss.text.startswith(beginning)


@each(
    ("kind", "before"),
    [
        ("aws_sfn_state_machine", {"name": "shop-orders-bulk-warm", "type": "STANDARD"}),
        ("aws_sfn_state_machine", {"name": "shop-orders-bulk-put-page", "type": "EXPRESS"}),
        ("aws_lambda_function", {"function_name": "shop-orders-bulk-verify"}),
        ("aws_s3_bucket", {"bucket": "shop-orders-bulk-123456789012"}),
        ("aws_cloudwatch_log_group", {"name": "/aws/vendedlogs/states/shop-orders-bulk"}),
    ],
)
def test_what_runs_on_aws_may_go(kind: str, before: dict[str, str]) -> None:
    """BULK=false destroys no data; a name that only begins so is another resource's."""
    (loss,) = examine(plan(change(kind, "destroy", before)))
    assert not loss.blocks
    assert loss.text.startswith("a part of warm --on-aws and verify --on-aws is destroyed")
    other = {name: f"{value}-other" for name, value in before.items()}
    found = examine(plan(change(kind, "destroy", other)))
    assert "on-aws" not in "".join(one.text for one in found)


@each(kind=DESTROYED)
def test_a_kind_has_its_sentence_and_an_unknown_one_is_reported(kind: str) -> None:
    (loss,) = examine(plan(change(kind, "destroy", {})))
    name, blocks, said = DESTROYED[kind]
    assert (loss.name, loss.blocks) == (name, blocks)
    assert said in loss.text


@each(
    ("action", "id_", "lost"),
    [
        ("keep", "a", []),
        ("change", "a", []),
        ("keep", "b", [VERSION]),
        ("destroy", "a", [SECRET, VERSION]),
        ("replace", "a", [SECRET, VERSION]),
    ],
)
def test_a_version_of_a_secret_is_a_loss_unless_the_secret_stays(
    action: str, id_: str, lost: list[str]
) -> None:
    """The provider cannot delete a secret's current version, so it leaves it."""
    secret = change(SECRET, action, {"id": id_}, {"id": id_})
    found = examine(plan(secret, change(VERSION, "destroy", {"secret_id": "a"})))
    assert [(one.address.split(".")[0], one.blocks) for one in found] == [(it, True) for it in lost]


def test_versions_that_are_no_longer_kept_hold_back() -> None:
    kept = {"versioning_configuration": [{"status": "Enabled"}]}
    (loss,) = examine(plan(change("aws_s3_bucket_versioning", "destroy", kept)))
    assert (loss.name, loss.blocks) == ("versions-off", True)


@pytest.mark.parametrize(
    "kind", ["terraform_data", "null_resource", "aws_kms_alias", "aws_cloudwatch_dashboard"]
)
def test_a_kind_that_holds_nothing_may_go(kind: str) -> None:
    assert examine(plan(change(kind, "destroy", {}))) == []


def test_a_forgotten_pipe_continues_to_send() -> None:
    (loss,) = examine(plan(change(PIPE, "forget", {})))
    assert loss.name == "left-behind"
    assert "the pipe continues to send to the same cache" in loss.text


def test_a_moved_or_imported_resource_is_not_a_loss_but_a_weaker_setting_is() -> None:
    moved = change(QUEUE, "keep", {}, {}, previous_address="aws_sqs_queue.old")
    assert examine(plan(moved)) == []
    for come in ({"previous_address": "aws_dynamodb_table.old"}, {"importing": {"id": "t"}}):
        weaker = change(TABLE, "change", recovery(35), {}, **come)
        assert [one.name for one in examine(plan(weaker))] == ["recovery-off"]


CREATED_AGAIN = (
    *(TABLE, PIPE, QUEUE, TARGET, "aws_cloudwatch_event_rule", "aws_cloudwatch_event_bus"),
    "aws_sfn_state_machine",
)


@each(kind=CREATED_AGAIN)
def test_a_resource_deleted_by_hand_is_created_again(kind: str) -> None:
    gone = change(kind, "destroy", {"name": "a"}, None)
    found = examine(plan(change(kind, "add", None, {"name": "a"}), resource_drift=[gone]))
    assert [one.name for one in found] == ["made-anew"]


def test_the_credentials_of_another_account_leave_the_deployment_behind() -> None:
    arn = "arn:aws:pipes:us-east-1:111111111111:pipe/a"
    caller = {"type": "aws_caller_identity", "mode": "data", "values": {"account_id": "2" * 12}}
    found = examine(
        plan(
            change(PIPE, "add", None, {"name": "a"}),
            resource_drift=[change(PIPE, "destroy", {"arn": arn}, None)],
            prior_state={"values": {"root_module": {"resources": [caller]}}},
        )
    )
    assert [(one.address, one.name, one.blocks) for one in found] == [
        ("provider.aws", "account", True)
    ]


def test_a_region_in_each_resource_leaves_them_behind() -> None:
    """From 6.0 on, the provider does this where a Region forces a replacement."""
    made = change(
        TABLE,
        "replace",
        {"region": "us-east-1"},
        {"region": "eu-west-1"},
        replace_paths=[["region"]],
    )
    provider = {"aws": {"expressions": {"region": {"constant_value": "eu-west-1"}}}}
    found = examine(plan(made, configuration={"provider_config": provider}))
    assert ("provider.aws", "region") in [(one.address, one.name) for one in found]
