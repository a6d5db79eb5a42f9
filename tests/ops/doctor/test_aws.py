"""The account: credentials, the state bucket, quotas."""

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud import LocalAws
from ops.doctor import aws
from ops.doctor.aws import examine
from ops.doctor.check import CheckState
from stacks.settings import Settings
from tests.conftest import BUCKET, ENDPOINT
from tests.localcloud.weather_pipes import WeatherPipes, empty

SETTINGS = Settings(MOMENTO_API_ENDPOINT=ENDPOINT)


@pytest.fixture
def clients(local_aws: LocalAws) -> Iterator[Any]:
    """Return a function that makes clients of an empty AWS."""
    empty(local_aws.endpoint)
    made: list[Any] = []

    def client(service: str) -> Any:
        made.append(boto3.client(service, region_name="us-east-1"))  # type: ignore[call-overload]  # the service is a variable
        return made[-1]

    yield client
    for each in made:
        each.close()


def found(clients: Any, name: str) -> list[tuple[CheckState, str]]:
    """Return the results of the checks with this name."""
    return [(one.state, one.found) for one in examine(SETTINGS, clients) if one.name == name]


def locked_down() -> None:
    """Make the state bucket as bootstrap does."""
    with closing(boto3.client("s3")) as s3:
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        s3.put_bucket_encryption(
            Bucket=BUCKET,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        )
        s3.put_public_access_block(
            Bucket=BUCKET,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
        s3.put_bucket_policy(Bucket=BUCKET, Policy=TLS_ONLY)


TLS_ONLY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",'
    f'"Resource":"arn:aws:s3:::{BUCKET}/*",'
    '"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}'
)


def test_the_identity_and_the_region_are_shown(clients: Any) -> None:
    ((state, said),) = found(clients, "credentials")
    assert state is CheckState.OK
    assert "in account 123456789012, us-east-1" in said


def test_without_credentials_it_warns_and_asks_nothing_more(
    clients: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    session = boto3.session.Session()

    def client(service: str) -> Any:
        return session.client(service, region_name="us-east-1")  # type: ignore[call-overload]  # the service is a variable

    (check,) = examine(SETTINGS, client)
    assert check.state is CheckState.WARNING
    assert "to deploy, see 'AWS' in .env.example" in check.found
    assert clients


def test_an_aws_that_does_not_answer_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, clients: Any
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    ((state, said),) = found(clients, "credentials")
    assert state is CheckState.FAILURE
    assert "AWS refuses them" in said


def test_a_missing_state_bucket_leads_to_bootstrap_and_one_that_is_locked_down_passes(
    clients: Any,
) -> None:
    assert found(clients, "state bucket") == [
        (CheckState.WARNING, f"{BUCKET} does not exist yet: run ./help.sh bootstrap")
    ]
    locked_down()
    assert found(clients, "state bucket") == [
        (CheckState.OK, f"{BUCKET} is private, encrypted, versioned and takes TLS only")
    ]


@pytest.mark.parametrize(
    ("undo", "says"),
    [
        ("delete_bucket_policy", "open to requests without TLS"),
        ("delete_public_access_block", "not closed to the public"),
        ("delete_bucket_encryption", "not encrypted"),
    ],
)
def test_each_open_setting_of_the_bucket_is_reported(clients: Any, undo: str, says: str) -> None:
    locked_down()
    with closing(boto3.client("s3")) as s3:
        getattr(s3, undo)(Bucket=BUCKET)
    ((state, said),) = found(clients, "state bucket")
    assert state is CheckState.FAILURE
    assert said == f"{BUCKET} is {says}: run ./help.sh bootstrap"


def test_quotas_are_counted_and_a_nearly_used_one_is_a_warning(
    clients: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    weather = WeatherPipes(os.environ["AWS_ENDPOINT_URL"])
    weather.create_pipes()
    assert found(clients, "quotas") == [
        (
            CheckState.OK,
            (
                "3 of 1000 pipes, 1 of 3000 connections, 3 of 3000 API destinations,"
                " 0 of 10000 state machines"
            ),
        )
    ]
    monkeypatch.setitem(aws.QUOTAS, "pipes", ("pipes", "list_pipes", "Pipes", 3))
    assert found(clients, "quotas")[0] == (
        CheckState.WARNING,
        "3 pipes of 3 by default: ask for more in Service Quotas",
    )


def test_a_bucket_that_cannot_be_checked_is_not_called_open(
    clients: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked_down()
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetBucketPolicy")

    def client(service: str) -> Any:
        made = clients(service)
        if service == "s3":
            monkeypatch.setattr(made, "get_bucket_policy", Mock(side_effect=denied))
        return made

    ((state, said),) = found(client, "state bucket")
    assert state is CheckState.WARNING
    assert said.startswith(f"{BUCKET} cannot be checked: ")
