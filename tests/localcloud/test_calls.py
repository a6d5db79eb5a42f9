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
from tests.each import each
from tests.localcloud.calls import UNKNOWN, Call, Request, calls, recorded
from tests.localcloud.recording import recording as recording_aws

RULE = "arn:aws:events:us-east-1:123456789012:rule/b/r"
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


def rest(service: str, method: str, path: str, *query: str, **headers: str) -> Request:
    """Return a request that its method, path and query name."""
    parameters = dict.fromkeys(query, "")
    return signed(service, method=method, path=path, query=parameters, headers=headers)


def rights(request: Request) -> list[tuple[str, str]]:
    """Return the actions and resources of a request, without the beginning of the ARNs."""
    return [
        (call.action, call.resource.replace(":us-east-1:123456789012", "").removeprefix("arn:aws:"))
        for call in calls(request)
    ]


NAMED = [
    ("dynamodb", "DescribeTable", {"TableName": "a"}, "table/a"),
    ("logs", "PutRetentionPolicy", {"logGroupName": "/a"}, "log-group:/a:log-stream:"),
    ("logs", "DescribeLogGroups", {"logGroupNamePrefix": "/a"}, "log-group::log-stream:"),
    ("events", "CreateApiDestination", {"Name": "a"}, "api-destination/a"),
    ("events", "CreateEventBus", {"Name": "b"}, "event-bus/b"),
    ("events", "PutRule", {"Name": "r", "EventBusName": "b"}, "rule/b/r"),
    ("events", "ListTargetsByRule", {"Rule": "r"}, "rule/r"),
    ("kms", "DescribeKey", {"KeyId": "alias/aws/dynamodb"}, "key/*"),
    ("sqs", "DeleteQueue", {"QueueUrl": "http://127.0.0.1/123456789012/a"}, "a"),
]


@each(("service", "operation", "given", "resource"), NAMED)
def test_a_request_that_names_its_operation_needs_that_right(
    service: str, operation: str, given: Mapping[str, Any], resource: str
) -> None:
    request = target(service, f"Service.{operation}", given)
    assert rights(request) == [(f"{service}:{operation}", f"{service}:{resource}")]


TAGS_OF_THE_PIPE = f"/tags/{PIPE.replace('/', '%2F')}"
FOUND = [
    (target("events", "AWSEvents.ListConnections", {}), "events:ListConnections", "*"),
    (signed("iam", body=b"Action=GetRole&RoleName=a"), "iam:GetRole", "iam::123456789012:role/a"),
    (
        signed("monitoring", body=b"Action=DeleteAlarms&AlarmNames.member.1=a"),
        "cloudwatch:DeleteAlarms",
        "cloudwatch:alarm:a",
    ),
    (
        signed("monitoring", body=b"Action=PutDashboard&DashboardName=a"),
        "cloudwatch:PutDashboard",
        "cloudwatch::123456789012:dashboard/a",
    ),
    (rest("pipes", "GET", "/v1/pipes/a-pipe"), "pipes:DescribePipe", "pipes:pipe/a-pipe"),
    (
        rest("pipes", "DELETE", TAGS_OF_THE_PIPE, "tagKeys"),
        "pipes:UntagResource",
        "pipes:pipe/a-pipe",
    ),
    (rest("s3", "HEAD", "/b"), "s3:ListBucket", "s3:::b"),
    (
        signed("s3", method="GET", path="/b", query={"list-type": "2", "prefix": "c"}),
        "s3:ListBucket",
        "s3:::b",
    ),
    (rest("s3", "GET", "/b/", "encryption"), "s3:GetEncryptionConfiguration", "s3:::b"),
    (rest("s3", "GET", "/b", "lifecycle"), "s3:GetLifecycleConfiguration", "s3:::b"),
    (rest("s3", "HEAD", "/b/c/d"), "s3:GetObject", "s3:::b/c/d"),
    (rest("s3", "PUT", "/b/c/d", "x-id"), "s3:PutObject", "s3:::b/c/d"),
    (rest("s3", "DELETE", "/b/c%20d"), "s3:DeleteObject", "s3:::b/c d"),
]


@each(("request_", "action", "resource"), FOUND)
def test_a_request_needs_this_right(request_: Request, action: str, resource: str) -> None:
    assert rights(request_) == [(action, resource)]


def test_an_alias_needs_a_right_to_it_and_to_its_key() -> None:
    request = target(
        "kms", "TrentService.CreateAlias", {"AliasName": "alias/a", "TargetKeyId": "1"}
    )
    assert rights(request) == [("kms:CreateAlias", "kms:alias/a"), ("kms:CreateAlias", "kms:key/1")]


@each(
    request_=[
        rest("s3", "PUT", "/b/c", **{"x-amz-copy-source": "b/d"}),
        rest("s3", "DELETE", "/b/c", "uploadId"),
        rest("s3", "GET", "/b", "no-such-thing"),
        rest("s3", "GET", "/b", "inventory", "id"),
        rest("pipes", "GET", "/v2/pipes"),
        rest("lambda", "GET", "/2099-01-01/functions"),
        target("dynamodb", "DynamoDB_20120810.GetItem", {}),
        signed("iam"),
        signed("dynamodb", headers={"x-amz-target": "DynamoDB_20120810.GetItem"}, body=b"{"),
        Request(method="GET", path="/", query={}, headers={}, body=b""),
    ]
)
def test_an_unknown_request_is_a_call_of_the_service_unknown(request_: Request) -> None:
    """Its operation is not in the list, or its resource cannot be named."""
    (call,) = calls(request_)
    assert call.service == UNKNOWN
    assert call.resource == "*"


TARGETS = [{"Id": "1", "RoleArn": ROLE}, {"Id": "2"}]
PUT_TARGETS = {"Rule": "r", "EventBusName": "b", "Targets": TARGETS}
UPDATE_PIPE = json.dumps({"RoleArn": ROLE}).encode()


@each(
    ("service", "request_", "call"),
    [
        (
            "pipes",
            signed("pipes", method="PUT", path="/v1/pipes/a-pipe", body=UPDATE_PIPE),
            Call(action="pipes:UpdatePipe", resource=PIPE),
        ),
        (
            "events",
            target("events", "AWSEvents.PutTargets", PUT_TARGETS),
            Call(action="events:PutTargets", resource=RULE),
        ),
    ],
)
def test_passing_a_role_needs_a_right(service: str, request_: Request, call: Call) -> None:
    context = {"iam:PassedToService": f"{service}.amazonaws.com"}
    passed = Call(action="iam:PassRole", resource=ROLE, context=context)
    assert calls(request_) == [call, passed]


IN_A_FORM = b"Action=CreateRole&RoleName=r&Tags.member.1.Key=a&Tags.member.1.Value=b"
IN_A_LIST, IN_A_MAP = {"Tags": [{"TagKey": "a", "TagValue": "b"}]}, {"tags": {"a": "b"}}


@each(
    ("request_", "tagging", "resource"),
    [
        (target("kms", "TrentService.CreateKey", IN_A_LIST), "kms:TagResource", "kms:key/*"),
        (
            target("sqs", "AmazonSQS.CreateQueue", {"QueueName": "q"} | IN_A_MAP),
            "sqs:TagQueue",
            "sqs:q",
        ),
        (signed("iam", body=IN_A_FORM), "iam:TagRole", "iam::123456789012:role/r"),
    ],
)
def test_creating_a_resource_with_tags_needs_another_right(
    request_: Request, tagging: str, resource: str
) -> None:
    assert rights(request_)[1] == (tagging, resource)
    assert {frozenset(call.context.items()) for call in calls(request_)} == {
        frozenset({("aws:RequestTag/a", "b")})
    }


def test_added_tags_are_condition_keys() -> None:
    (call,) = calls(target("kms", "TrentService.TagResource", {"KeyId": "1"} | IN_A_LIST))
    assert call.action == "kms:TagResource"
    assert call.context == {"aws:RequestTag/a": "b"}


@pytest.fixture(scope="module")
def recording(file: Path) -> Iterator[LocalAws]:
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
    with closing(HTTPConnection(recording.endpoint.removeprefix("http://"))) as connection:
        connection.request("PATCH", "/nobody/knows")
        assert connection.getresponse().status >= 400
    assert [call.action for call in recorded(file)[seen:]] == [
        *("sqs:CreateQueue", "s3:CreateBucket", "s3:PutObject", "s3:GetObject"),
        f"{UNKNOWN}:PATCH /nobody/knows?",
    ]
