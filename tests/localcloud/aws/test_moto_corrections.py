"""Each correction of moto's server, tested through boto3."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.localcloud.arrivals import until

if TYPE_CHECKING:
    from types_boto3_pipes import EventBridgePipesClient
    from types_boto3_s3 import S3Client

pytestmark = pytest.mark.usefixtures("local_aws")
PIPE = "corrected"
STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026-01-01T00:00:00.000"
DESTINATION = "arn:aws:events:us-east-1:123456789012:api-destination/d/1"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:q"
ROLE = "arn:aws:iam::123456789012:role/r"
SOURCE: Any = {
    "DynamoDBStreamParameters": {
        "StartingPosition": "LATEST",
        "BatchSize": 1,
        "MaximumRetryAttempts": 3,
        "DeadLetterConfig": {"Arn": QUEUE},
    },
    "FilterCriteria": {"Filters": [{"Pattern": '{"eventName":["INSERT"]}'}]},
}
TARGET: Any = {
    "InputTemplate": '{"a":<$.eventName>}',
    "HttpParameters": {"PathParameterValues": ["cache"]},
}
WITHOUT_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def test_the_account_has_the_runs_of_lambda_that_aws_gives() -> None:
    """Lambda API, "GetAccountSettings". moto does not know the call."""
    with closing(boto3.client("lambda")) as client:
        limit = client.get_account_settings()["AccountLimit"]
    assert (limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]) == (1000, 1000)


@pytest.fixture
def pipes() -> "Iterator[EventBridgePipesClient]":
    """Return a client of a local AWS with one pipe."""
    with closing(boto3.client("pipes")) as client:
        client.create_pipe(
            Name=PIPE,
            RoleArn=ROLE,
            Source=STREAM,
            SourceParameters=SOURCE,
            Target=DESTINATION,
            TargetParameters=TARGET,
        )
        yield client
        client.delete_pipe(Name=PIPE)


@pytest.fixture
def s3() -> "Iterator[S3Client]":
    """Return a client of a local AWS with a bucket that has an object `o`."""
    with closing(boto3.client("s3")) as client:
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="o", Body=b"x")
        yield client
        client.delete_bucket_policy(Bucket="bucket")
        client.delete_object(Bucket="bucket", Key="o")
        client.delete_bucket(Bucket="bucket")


def changed(pipes: "EventBridgePipesClient", **changes: Any) -> tuple[Any, Any]:
    """Update the pipe; return its new source and target parameters."""
    pipes.update_pipe(Name=PIPE, RoleArn=ROLE, **changes)
    pipe = pipes.describe_pipe(Name=PIPE)
    return pipe["SourceParameters"], pipe["TargetParameters"]


RETRIES: Any = {"BatchSize": 1, "MaximumRetryAttempts": 5}
REMOVED: Any = {"Filters": [{"Pattern": '{"eventName":["REMOVE"]}'}]}


@pytest.mark.parametrize(
    ("changes", "source", "target"),
    [
        (
            {"SourceParameters": {"DynamoDBStreamParameters": RETRIES}},
            {"DynamoDBStreamParameters": {"StartingPosition": "LATEST", **RETRIES}},
            {},
        ),
        ({"SourceParameters": {"FilterCriteria": REMOVED}}, {"FilterCriteria": REMOVED}, {}),
        ({"SourceParameters": {"FilterCriteria": {}}}, {"FilterCriteria": None}, {}),
        ({"TargetParameters": {"InputTemplate": "a"}}, {}, {"InputTemplate": "a"}),
        ({"Description": "changed"}, {}, {}),
    ],
    ids=["the stream", "the filter", "no filter", "the template", "neither"],
)
def test_an_update_keeps_the_other_members(
    pipes: "EventBridgePipesClient", changes: Any, source: Any, target: Any
) -> None:
    """The provider sends an empty filter if a pipe has none, and expects to read none."""
    kept = {name: value for name, value in (SOURCE | source).items() if value}
    assert changed(pipes, **changes) == (kept, TARGET | target)


def test_an_update_of_an_unknown_pipe_is_refused(pipes: "EventBridgePipesClient") -> None:
    with pytest.raises(ClientError, match="NotFoundException"):
        pipes.update_pipe(Name="unknown", RoleArn=ROLE)


@pytest.mark.parametrize(
    "request_",
    [
        lambda s3: s3.get_object(Bucket="bucket", Key="o")["Body"].close(),
        lambda s3: s3.put_object(Bucket="bucket", Key="o", Body=b"y"),
        lambda s3: s3.list_objects_v2(Bucket="bucket"),
        lambda s3: s3.get_bucket_policy(Bucket="bucket"),
    ],
    ids=["get", "put", "list", "policy"],
)
def test_a_tls_only_policy_does_not_deny_the_local_api(
    s3: "S3Client", request_: "Callable[[S3Client], object]"
) -> None:
    """Plain HTTP on the loopback replaces AWS's HTTPS."""
    s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Statement": [WITHOUT_TLS]}))
    request_(s3)


@pytest.mark.parametrize(
    "statements",
    [
        [WITHOUT_TLS | {"Condition": {}}],
        [WITHOUT_TLS, {name: WITHOUT_TLS[name] for name in WITHOUT_TLS if name != "Condition"}],
        [WITHOUT_TLS | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}],
    ],
    ids=["no condition", "beside the TLS statement", "another condition"],
)
def test_another_deny_statement_still_denies(s3: "S3Client", statements: list[object]) -> None:
    s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps({"Statement": statements}))
    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden"):
        s3.get_object(Bucket="bucket", Key="o")


@pytest.mark.parametrize(("owner", "status"), [("123456789012", 200), ("111122223333", 403)])
def test_a_bucket_with_another_owner_than_expected_is_refused(
    s3: "S3Client", owner: str, status: int
) -> None:
    try:
        answer: Any = s3.head_bucket(Bucket="bucket", ExpectedBucketOwner=owner)
    except ClientError as error:
        answer = error.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_log_groups_key_can_be_changed_and_removed() -> None:
    """CloudWatch Logs: AssociateKmsKey, DisassociateKmsKey."""
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    with closing(boto3.client("logs")) as logs:

        def held() -> str | None:
            (group,) = logs.describe_log_groups(logGroupNamePrefix="/corrected")["logGroups"]
            return group.get("kmsKeyId")

        logs.create_log_group(logGroupName="/corrected")
        logs.associate_kms_key(logGroupName="/corrected", kmsKeyId=key)
        assert held() == key
        logs.disassociate_kms_key(logGroupName="/corrected")
        assert held() is None
        with pytest.raises(ClientError, match="ResourceNotFound"):
            logs.associate_kms_key(logGroupName="/missing", kmsKeyId=key)


def test_a_queue_drops_a_message_after_its_retention() -> None:
    with closing(boto3.client("sqs")) as sqs:

        def received(queue: str) -> bool:
            return "Messages" in sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)

        kept, dropped = (
            sqs.create_queue(QueueName=name, Attributes={"MessageRetentionPeriod": seconds})
            for name, seconds in (("kept", "3600"), ("dropped", "1"))
        )
        for queue in (kept, dropped):
            sqs.send_message(QueueUrl=queue["QueueUrl"], MessageBody="letter")
        until(lambda: not received(dropped["QueueUrl"]))
        assert received(kept["QueueUrl"])


def test_a_pipe_that_is_created_as_stopped_or_is_stopped_stays_stopped() -> None:
    """AWS returns STOPPED until StartPipe; moto starts the pipe again (Pipes API, StopPipe)."""

    def states(client: "EventBridgePipesClient") -> list[str]:
        described = [client.describe_pipe(Name="stopped") for _ in range(4)]
        listed = client.list_pipes(NamePrefix="stopped")["Pipes"]
        return [one["CurrentState"] for one in (*described[1:], *listed)]

    with closing(boto3.client("pipes")) as client:
        target: Any = {"Name": "stopped", "RoleArn": ROLE, "Source": STREAM, "Target": DESTINATION}
        client.create_pipe(**target, SourceParameters=SOURCE, DesiredState="STOPPED")
        assert states(client) == ["STOPPED"] * 4
        client.start_pipe(Name="stopped")
        assert states(client) == ["RUNNING"] * 4
        client.stop_pipe(Name="stopped")
        assert states(client) == ["STOPPED"] * 4
        client.update_pipe(Name="stopped", RoleArn=ROLE, Description="something else")
        assert states(client) == ["STOPPED"] * 4
        client.update_pipe(Name="stopped", RoleArn=ROLE, DesiredState="RUNNING")
        assert states(client) == ["RUNNING"] * 4
        client.delete_pipe(Name="stopped")
