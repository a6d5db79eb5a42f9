"""What the stack names: missing, off or disabled is told, with what to do."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from unittest.mock import Mock

import pytest

from localcloud import LocalAws
from localcloud.applied import client
from momento_pipes.momento.update_connection import PLACEHOLDER, version_of
from ops.doctor.check import Check, CheckState
from ops.doctor.declared import Declared
from ops.doctor.deployed import examine
from stacks.settings import Settings
from tests.conftest import ENDPOINT, KEY
from tests.each import each
from tests.localcloud.weather_pipes import WeatherPipes, empty

SETTINGS = Settings(MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_API_KEY=KEY)
NAME = "weather-stats-demo"
PUT_DESTINATION = f"{NAME}-cache-put-api-destination"
SECRET, LOGS = "the-api-key-s-secret", f"/aws/vendedlogs/pipes/{NAME}"
MAY = {"Effect": "Allow", "Action": ["sqs:SendMessage", "dynamodb:GetRecords"], "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [MAY]})


def trust(service: str) -> str:
    """Return a role's trust policy."""
    may = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [may]})


TRUST = trust("pipes.amazonaws.com")
DOCUMENT = {
    "resource": {
        "aws_cloudwatch_event_connection": {"c": {"name": f"{NAME}-connection"}},
        "aws_cloudwatch_event_api_destination": {
            "d": {
                "name": PUT_DESTINATION,
                "http_method": "PUT",
                "invocation_endpoint": f"{ENDPOINT}/cache/*",
                "invocation_rate_limit_per_second": 1000,
            }
        },
        "aws_dynamodb_table": {"t": {"name": NAME}},
        "aws_iam_role": {"r": {"name": "pipes", "assume_role_policy": TRUST}},
        "aws_iam_role_policy": {
            "p": {"name": "deliver-changes", "role": "${aws_iam_role.r.name}", "policy": POLICY}
        },
        "aws_secretsmanager_secret": {"s": {"name": SECRET}},
        "aws_cloudwatch_log_group": {"l": {"name": LOGS}},
        "aws_kms_alias": {"k": {"name": f"alias/{NAME}"}},
        "aws_sns_topic": {"s": {"name": f"{NAME}-alarms"}},
        "aws_cloudwatch_metric_alarm": {
            "a": {"alarm_name": f"{NAME}-dead-letters", "alarm_actions": ["${aws_sns_topic.s.arn}"]}
        },
    }
}


class Account:
    """The production profile's resources beside the pipes, each of which a test breaks."""

    def __init__(self, weather: WeatherPipes) -> None:
        self.weather = weather
        self.changes: dict[str, Any] = {}
        """What EventBridge tells of the connection beside what is so."""
        made = partial(client, aws_endpoint=os.environ["AWS_ENDPOINT_URL"])
        iam, kms, sns, cloudwatch, s3 = map(made, ("iam", "kms", "sns", "cloudwatch", "s3"))
        self.iam, self.kms, self.sns, self.cloudwatch, self.s3 = iam, kms, sns, cloudwatch, s3
        iam.create_role(RoleName="pipes", AssumeRolePolicyDocument=TRUST)
        self.policy(POLICY)
        self.secrets, self.logs = map(made, ("secretsmanager", "logs"))
        self.secrets.create_secret(Name=SECRET, SecretString="it")
        self.key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/{NAME}", TargetKeyId=self.key)
        self.topic = sns.create_topic(Name=f"{NAME}-alarms")["TopicArn"]
        queue = weather.queue_arn
        self.subscription = sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=queue)
        self.alarm(f"{NAME}-dead-letters", self.topic)
        s3.create_bucket(Bucket=SETTINGS.state_bucket)
        self.state(version_of(KEY))

    def policy(self, text: str) -> None:
        """Write the policy of the role."""
        self.iam.put_role_policy(
            RoleName="pipes", PolicyName="deliver-changes", PolicyDocument=text
        )

    def alarm(self, name: str, *actions: str) -> None:
        """Create an alarm."""
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="m",
            Namespace="n",
            Period=60,
            Threshold=1,
            Statistic="Sum",
            AlarmActions=actions,
        )

    def state(self, version: str, in_connection: str = PLACEHOLDER) -> None:
        """Write the state that a deploy leaves."""
        triggers = {"value": {"key_version": version}, "type": ["object", {}]}
        attributes: dict[str, Any] = {
            "terraform_data": {"triggers_replace": triggers},
            "aws_cloudwatch_event_connection": {
                "auth_parameters": [{"api_key": [{"key": "k", "value": in_connection}]}]
            },
        }
        state = {
            "resources": [
                {"type": kind, "instances": [{"attributes": one}]}
                for kind, one in attributes.items()
            ]
        }
        self.s3.put_object(
            Bucket=SETTINGS.state_bucket, Key=SETTINGS.state_key, Body=json.dumps(state)
        )

    def checks(self) -> list[Check]:
        """Return the checks; the key is in none of them."""
        checks = list(examine(SETTINGS, self._client, Declared(DOCUMENT)))
        assert KEY not in str(checks)
        return checks

    def found(self) -> dict[str, tuple[CheckState, str]]:
        """Return what each check says."""
        return {one.name: (one.state, one.found) for one in self.checks()}

    def _client(self, service: str) -> Any:
        shared = client(service, os.environ["AWS_ENDPOINT_URL"])
        if service != "events":
            return shared
        told = shared.describe_connection
        return Mock(wraps=shared, describe_connection=lambda **name: told(**name) | self.changes)


@pytest.fixture
def account(local_aws: LocalAws) -> Account:
    """Return an account where all is well."""
    empty(local_aws.endpoint)
    weather = WeatherPipes(os.environ["AWS_ENDPOINT_URL"])
    return Account(weather)


def test_a_working_deployment_has_no_problem(account: Account) -> None:
    found = account.found()
    assert {state for state, _ in found.values()} == {CheckState.OK}
    assert set(found) == {
        "connection",
        "destinations",
        "deployed key",
        "stream",
        "roles",
        "secret",
        "logs",
        "KMS key",
        "alarms",
        "alarm topic",
    }


def test_a_pipeline_that_is_not_deployed_has_no_checks(local_aws: LocalAws) -> None:
    empty(local_aws.endpoint)
    made = partial(client, aws_endpoint=local_aws.endpoint)
    assert list(examine(SETTINGS, made, Declared(DOCUMENT))) == []


BREAK: list[dict[str, tuple[Callable[[Account], object], str, str]]] = [
    {
        # EventBridge API, "DescribeConnection"; "Connection authorization": a 401 de-authorises
        "de-authorised": (
            lambda it: it.changes.update(ConnectionState="DEAUTHORIZED", StateReason="HTTP 401"),
            "connection",
            "is DEAUTHORIZED: HTTP 401; nothing is delivered",
        ),
        "another endpoint": (
            lambda it: it.weather.events.update_api_destination(
                Name=PUT_DESTINATION, InvocationEndpoint=f"{ENDPOINT}/wrong/*"
            ),
            "destinations",
            f"InvocationEndpoint is {ENDPOINT}/wrong/*, and the stack's is {ENDPOINT}/cache/*: run",
        ),
        "silent alarm": (
            lambda it: it.cloudwatch.disable_alarm_actions(AlarmNames=[f"{NAME}-dead-letters"]),
            "alarms",
            "the actions are switched off",
        ),
        "a policy that allows something else": (
            lambda it: it.policy(POLICY.replace("sqs:SendMessage", "sqs:ListQueues")),
            "roles",
            "deliver-changes of pipes no longer allows sqs:SendMessage. EventBridge stops",
        ),
        "a secret to be deleted": (
            lambda it: it.secrets.delete_secret(SecretId=SECRET),
            "secret",
            f"aws secretsmanager restore-secret --secret-id {SECRET}",
        ),
        "no log group": (
            lambda it: it.logs.delete_log_group(logGroupName=LOGS),
            "missing",
            f"log group {LOGS} is not deployed",
        ),
        "disabled key": (lambda it: it.kms.disable_key(KeyId=it.key), "KMS key", "is Disabled"),
        "disabled stream": (
            lambda it: it.weather.dynamodb.update_table(
                TableName=NAME, StreamSpecification={"StreamEnabled": False}
            ),
            "stream",
            f"the stream of {NAME} is disabled",
        ),
        "no subscription": (
            lambda it: it.sns.unsubscribe(SubscriptionArn=it.subscription["SubscriptionArn"]),
            "alarm topic",
            "has no confirmed subscription, so alarms notify nobody",
        ),
    },
    {
        "another key": (
            lambda it: it.state("1"),
            "deployed key",
            "has another key than MOMENTO_API_KEY",
        ),
        "no alarm": (
            lambda it: it.cloudwatch.delete_alarms(AlarmNames=[f"{NAME}-dead-letters"]),
            "missing",
            f"alarm {NAME}-dead-letters is not deployed",
        ),
        "no role policy": (
            lambda it: it.iam.delete_role_policy(RoleName="pipes", PolicyName="deliver-changes"),
            "missing",
            "role policy deliver-changes of pipes is not deployed",
        ),
        "no secret": (
            lambda it: it.secrets.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True),
            "missing",
            f"secret {SECRET} is not deployed",
        ),
        "no topic": (
            lambda it: it.sns.delete_topic(TopicArn=it.topic),
            "missing",
            "alarm topic arn:aws:sns:",
        ),
        "key to be deleted": (
            lambda it: it.kms.schedule_key_deletion(KeyId=it.key),
            "KMS key",
            "aws kms cancel-key-deletion, then aws kms enable-key",
        ),
        "no table": (
            lambda it: it.weather.dynamodb.delete_table(TableName=NAME),
            "missing",
            f"table {NAME}",
        ),
    },
    {
        "changed by hand": (
            lambda it: it.changes.update(LastModifiedTime=datetime.now(UTC) + timedelta(hours=1)),
            "deployed key",
            "was changed after the last deploy",
        ),
        "an alarm without actions": (
            lambda it: it.alarm(f"{NAME}-dead-letters"),
            "alarms",
            "the actions are gone, so nobody is notified",
        ),
        "a role for another service": (
            lambda it: it.iam.update_assume_role_policy(
                RoleName="pipes", PolicyDocument=trust("lambda.amazonaws.com")
            ),
            "roles",
            "pipes no longer trusts pipes.amazonaws.com",
        ),
    },
    {
        "no connection": (
            lambda it: it.weather.events.delete_connection(Name=it.weather.connection),
            "missing",
            f"connection {NAME}-connection is not deployed; run ./help.sh deploy",
        ),
        "a policy that denies it": (
            lambda it: it.policy(
                json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [
                            MAY,
                            {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"},
                        ],
                    }
                )
            ),
            "roles",
            "no longer allows dynamodb:GetRecords",
        ),
    },
]
"""What is broken, in groups of what does not hide each other: the checks of an account are slow."""


@pytest.mark.parametrize("damages", BREAK, ids=["one", "two", "three", "four"])
def test_a_broken_resource_is_reported(
    account: Account, damages: dict[str, tuple[Callable[[Account], object], str, str]]
) -> None:
    for damage, _, _ in damages.values():
        damage(account)
    told = account.checks()

    @each(name=damages)
    def check(name: str) -> None:
        _, of, says = damages[name]
        state = CheckState.WARNING if name == "changed by hand" else CheckState.FAILURE
        assert any((one.name, one.state) == (of, state) and says in one.found for one in told), told

    check()


def test_a_key_of_an_earlier_deploy_in_the_state_is_reported(account: Account) -> None:
    account.state(version_of(KEY), in_connection=KEY)
    state, said = account.found()["key in the state"]
    assert state is CheckState.WARNING
    assert "holds the API key in clear: run ./help.sh deploy, which takes it out" in said
