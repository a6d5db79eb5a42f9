"""The recorded calls of requests to the local AWS: the rights that they need on AWS."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest

from localcloud import LocalAws
from tests.localcloud.calls import UNKNOWN, Call, Request, calls, recorded
from tests.localcloud.recording import recording as recording_aws

PIPE = "arn:aws:pipes:us-east-1:123456789012:pipe/a-pipe"
ROLE = "arn:aws:iam::123456789012:role/a-role"


def signed(service: str, **given: Any) -> Request:
    """Return a request that is signed for a service."""
    scope = f"Credential=local/20260101/us-east-1/{service}/aws4_request"
    headers = {"authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host"}
    return Request(
        method=given.get("method", "POST"),
        path=given.get("path", "/"),
        query=given.get("query", {}),
        headers=headers | given.get("headers", {}),
        body=given.get("body", b""),
    )


def target(service: str, name: str, body: Mapping[str, Any]) -> Request:
    """Return a request that names its operation in a header."""
    return signed(service, headers={"x-amz-target": name}, body=json.dumps(body).encode())


def s3(method: str, path: str, *query: str, **headers: str) -> Request:
    return signed("s3", method=method, path=path, query=dict.fromkeys(query, ""), headers=headers)


def rights(request: Request) -> list[tuple[str, str]]:
    """Return the actions and resources of a request, without the beginning of the ARNs."""
    return [
        (call.action, call.resource.replace(":us-east-1:123456789012", "").removeprefix("arn:aws:"))
        for call in calls(request)
    ]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (
            target("dynamodb", "DynamoDB_20120810.DescribeTable", {"TableName": "a"}),
            [("dynamodb:DescribeTable", "dynamodb:table/a")],
        ),
        (
            target("logs", "Logs_20140328.PutRetentionPolicy", {"logGroupName": "/a"}),
            [("logs:PutRetentionPolicy", "logs:log-group:/a:log-stream:")],
        ),
        (
            target("logs", "Logs_20140328.DescribeLogGroups", {"logGroupNamePrefix": "/a"}),
            [("logs:DescribeLogGroups", "logs:log-group::log-stream:")],
        ),
        (
            target("events", "AWSEvents.CreateApiDestination", {"Name": "a"}),
            [("events:CreateApiDestination", "events:api-destination/a")],
        ),
        (target("events", "AWSEvents.ListConnections", {}), [("events:ListConnections", "*")]),
        (
            target("events", "AWSEvents.CreateEventBus", {"Name": "b"}),
            [("events:CreateEventBus", "events:event-bus/b")],
        ),
        (
            target("events", "AWSEvents.PutRule", {"Name": "r", "EventBusName": "b"}),
            [("events:PutRule", "events:rule/b/r")],
        ),
        (
            target("events", "AWSEvents.ListTargetsByRule", {"Rule": "r"}),
            [("events:ListTargetsByRule", "events:rule/r")],
        ),
        (
            target("kms", "TrentService.CreateAlias", {"AliasName": "alias/a", "TargetKeyId": "1"}),
            [("kms:CreateAlias", "kms:alias/a"), ("kms:CreateAlias", "kms:key/1")],
        ),
        (
            target("kms", "TrentService.DescribeKey", {"KeyId": "alias/aws/dynamodb"}),
            [("kms:DescribeKey", "kms:key/*")],
        ),
        (
            target("sqs", "AmazonSQS.DeleteQueue", {"QueueUrl": "http://127.0.0.1/123456789012/a"}),
            [("sqs:DeleteQueue", "sqs:a")],
        ),
        (
            signed("iam", body=b"Action=GetRole&RoleName=a&Version=2010-05-08"),
            [("iam:GetRole", "iam::123456789012:role/a")],
        ),
        (
            signed("monitoring", body=b"Action=DeleteAlarms&AlarmNames.member.1=a"),
            [("cloudwatch:DeleteAlarms", "cloudwatch:alarm:a")],
        ),
        (
            signed("monitoring", body=b"Action=PutDashboard&DashboardName=a"),
            [("cloudwatch:PutDashboard", "cloudwatch::123456789012:dashboard/a")],
        ),
        (
            signed("pipes", method="GET", path="/v1/pipes/a-pipe"),
            [("pipes:DescribePipe", "pipes:pipe/a-pipe")],
        ),
        (
            signed(
                "pipes",
                method="DELETE",
                path=f"/tags/{PIPE.replace('/', '%2F')}",
                query={"tagKeys": "a"},
            ),
            [("pipes:UntagResource", "pipes:pipe/a-pipe")],
        ),
        (s3("HEAD", "/b"), [("s3:ListBucket", "s3:::b")]),
        (
            signed("s3", method="GET", path="/b", query={"list-type": "2", "prefix": "c"}),
            [("s3:ListBucket", "s3:::b")],
        ),
        (s3("GET", "/b/", "encryption"), [("s3:GetEncryptionConfiguration", "s3:::b")]),
        (s3("GET", "/b", "lifecycle"), [("s3:GetLifecycleConfiguration", "s3:::b")]),
        (s3("HEAD", "/b/c/d"), [("s3:GetObject", "s3:::b/c/d")]),
        (s3("PUT", "/b/c/d", "x-id"), [("s3:PutObject", "s3:::b/c/d")]),
        (s3("DELETE", "/b/c%20d"), [("s3:DeleteObject", "s3:::b/c d")]),
    ],
    ids=lambda value: "" if isinstance(value, Request) else value[0][0],
)
def test_a_request_needs_these_rights(request_: Request, expected: list[tuple[str, str]]) -> None:
    assert rights(request_) == expected


@pytest.mark.parametrize(
    "request_",
    [
        signed("s3", method="PUT", path="/b/c", headers={"x-amz-copy-source": "b/d"}),
        s3("DELETE", "/b/c", "uploadId"),
        s3("GET", "/b", "no-such-thing"),
        s3("GET", "/b", "inventory", "id"),
        signed("pipes", method="GET", path="/v2/pipes"),
        signed("lambda", method="GET", path="/2099-01-01/functions"),
        target("dynamodb", "DynamoDB_20120810.GetItem", {}),
        signed("iam"),
        signed("dynamodb", headers={"x-amz-target": "DynamoDB_20120810.GetItem"}, body=b"{"),
        Request(method="GET", path="/", query={}, headers={}, body=b""),
    ],
    ids=lambda request: f"{request.method} {request.path}",
)
def test_an_unknown_request_is_a_call_of_the_service_unknown(request_: Request) -> None:
    """Its operation is not in the list, or its resource cannot be named."""
    (call,) = calls(request_)
    assert call.service == UNKNOWN
    assert call.resource == "*"


def test_passing_a_role_to_a_pipe_needs_a_right() -> None:
    body = json.dumps({"RoleArn": ROLE}).encode()
    request = signed("pipes", method="PUT", path="/v1/pipes/a-pipe", body=body)
    assert calls(request) == [
        Call(action="pipes:UpdatePipe", resource=PIPE),
        Call(
            action="iam:PassRole",
            resource=ROLE,
            context={"iam:PassedToService": "pipes.amazonaws.com"},
        ),
    ]


def test_passing_a_role_to_a_rules_target_needs_a_right() -> None:
    given = {
        "Rule": "r",
        "EventBusName": "b",
        "Targets": [{"Id": "1", "RoleArn": ROLE}, {"Id": "2"}],
    }
    assert calls(target("events", "AWSEvents.PutTargets", given)) == [
        Call(action="events:PutTargets", resource="arn:aws:events:us-east-1:123456789012:rule/b/r"),
        Call(
            action="iam:PassRole",
            resource=ROLE,
            context={"iam:PassedToService": "events.amazonaws.com"},
        ),
    ]


@pytest.mark.parametrize(
    ("request_", "tagging", "resource"),
    [
        (
            target("kms", "TrentService.CreateKey", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
            "kms:TagResource",
            "kms:key/*",
        ),
        (
            target("sqs", "AmazonSQS.CreateQueue", {"QueueName": "q", "tags": {"a": "b"}}),
            "sqs:TagQueue",
            "sqs:q",
        ),
        (
            signed(
                "iam",
                body=b"Action=CreateRole&RoleName=r&Tags.member.1.Key=a&Tags.member.1.Value=b",
            ),
            "iam:TagRole",
            "iam::123456789012:role/r",
        ),
    ],
    ids=["a list", "a map", "a form"],
)
def test_creating_a_resource_with_tags_needs_another_right(
    request_: Request, tagging: str, resource: str
) -> None:
    assert rights(request_)[1] == (tagging, resource)
    assert {frozenset(call.context.items()) for call in calls(request_)} == {
        frozenset({("aws:RequestTag/a", "b")})
    }


def test_added_tags_are_condition_keys() -> None:
    body = {"KeyId": "1", "Tags": [{"TagKey": "a", "TagValue": "b"}]}
    (call,) = calls(target("kms", "TrentService.TagResource", body))
    assert call.action == "kms:TagResource"
    assert call.context == {"aws:RequestTag/a": "b"}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that calls are recorded in."""
    return tmp_path_factory.mktemp("calls") / "calls.jsonl"


@pytest.fixture(scope="module")
def recording(file: Path) -> Iterator[LocalAws]:
    """Return an AWS that records."""
    with recording_aws(file) as aws, pytest.MonkeyPatch.context() as patch:
        assert recorded(file) == [], "to see whether the API answers, a path of moto's is asked"
        for name, value in aws.environment().items():
            patch.setenv(name, value)
        yield aws


def test_a_request_is_recorded_and_answered(recording: LocalAws, file: Path) -> None:
    """The recorder reads the body before moto does; moto must still get it."""
    seen = len(recorded(file))
    with closing(boto3.client("sqs", region_name="us-east-1")) as sqs:
        sqs.create_queue(QueueName="a")
    with closing(boto3.client("s3", region_name="us-east-1")) as client:
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="c", Body=b"{}", ContentType="application/json")
        with closing(client.get_object(Bucket="bucket", Key="c")["Body"]) as body:
            assert body.read() == b"{}"
    assert recording.endpoint
    assert [call.action for call in recorded(file)[seen:]] == [
        *("sqs:CreateQueue", "s3:CreateBucket", "s3:PutObject", "s3:GetObject")
    ]


def test_an_unknown_request_is_recorded(recording: LocalAws, file: Path) -> None:
    seen = len(recorded(file))
    with closing(HTTPConnection(recording.endpoint.removeprefix("http://"))) as connection:
        connection.request("PATCH", "/nobody/knows")
        assert connection.getresponse().status >= 400
    (call,) = recorded(file)[seen:]
    assert call.action == f"{UNKNOWN}:PATCH /nobody/knows?"
