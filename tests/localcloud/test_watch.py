"""The deployed watch on the local cloud: its schedule runs its own zip file, with its role."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from eventpipes.operations import DELETE, PUT
from live.watch.given import NAMESPACE
from localcloud import LocalAws
from localcloud.applied import Applied, client
from localcloud.functions.run import Endpoints, FunctionRun, Functions
from localcloud.log_writer import LogWriter
from localcloud.momento.service import LocalMomento
from localcloud.runner.clients import AwsClients
from localcloud.runner.runner import Runner
from momento_pipes.watch import package
from tests.iam_policy import Policy
from tests.localcloud.arrivals import until
from tests.localcloud.bulk_cloud import READ_RULES, READING_KEY
from tests.localcloud.calls import Call, recorded
from tests.localcloud.recording import recording
from tests.localcloud.weather_cloud import FAST
from tests.localcloud.weather_pipes import empty
from tests.localcloud.workflow_cloud import API_KEY, CACHE, document

pytestmark = pytest.mark.slow

SETTINGS = {"WATCH": "true", "ALARMS": "true", "WATCH_MINUTES": "1", "WATCH_SETTLE_SECONDS": "1"}
OF_THE_LOCAL_CLOUD = "unknown:GET /local-cloud/"
OF_LAMBDA = {"kms", "lambda", "logs", "sts"}
"""The services that Lambda itself asks, or the local cloud in its place."""


@pytest.fixture(scope="module")
def aws(file: Path) -> Iterator[LocalAws]:
    """Return an AWS that records the rights that each request needs."""
    with recording(file) as running:
        yield running


@dataclass
class Watched:
    """A deployed stack with a watch, and the Momento that it is sent to."""

    topology: str
    aws: LocalAws
    momento: LocalMomento
    resources: Mapping[str, Any] = field(default_factory=dict)
    runs: list[FunctionRun] = field(default_factory=list)

    def __post_init__(self) -> None:
        made = json.loads(json.dumps(document(**SETTINGS, TOPOLOGY=self.topology)))
        self.resources = made["resource"]
        (function,) = self.resources["aws_lambda_function"].values()
        function["filename"] = str(package.file())
        applied = Applied(made, self.aws.endpoint, momento_api_key=API_KEY)
        applied.create("aws_pipes_pipe", "aws_iam_role_policy", "aws_secretsmanager_secret")
        (secret,) = self.resources["aws_secretsmanager_secret"].values()
        client("secretsmanager", self.aws.endpoint).put_secret_value(
            SecretId=secret["name"], SecretString=READING_KEY
        )
        applied.create("aws_scheduler_schedule")
        self._applied = applied
        self.dynamodb = client("dynamodb", self.aws.endpoint)

    def put(self, id_: str) -> None:
        """Write an item."""
        item = {"Id": {"S": id_}, "Version": {"N": "1"}}
        self.dynamodb.put_item(TableName="shop-items", Item=item)

    def cache(self, method: str, key: str, body: str = "") -> int:
        """Send a request about an entry past the pipes, and return the answer's status."""
        where = {"key": key} | ({"ttl_seconds": "600"} if method == "PUT" else {})
        headers = {"Authorization": API_KEY}
        url = f"{self.momento.endpoint}/cache/{CACHE}"
        return httpx.request(
            method, url, params=where, content=body, headers=headers, timeout=60
        ).status_code

    def runner(self) -> Runner:
        """Return a runner of the pipes and the schedule, whose minute takes 0.6 seconds."""
        return Runner(
            endpoint=self.aws.endpoint,
            redirect=self.momento.endpoint,
            timing=FAST,
            on_run=self.runs.append,
        )

    def alarm_value(self, name: str) -> float | None:
        """Return the newest value of an alarm's own metric, or None without data."""
        alarms = self.resources["aws_cloudwatch_metric_alarm"].values()
        (alarm,) = [one for one in alarms if one["alarm_name"] == f"shop-changes-{name}"]
        (query,) = alarm["metric_query"]
        metric = query["metric"]
        found = client("cloudwatch", self.aws.endpoint).get_metric_statistics(
            Namespace=metric["namespace"],
            MetricName=metric["metric_name"],
            Dimensions=[
                {"Name": each, "Value": self._applied.resolve(value)}
                for each, value in metric["dimensions"].items()
            ],
            StartTime=time.time() - 600,
            EndTime=time.time() + 60,
            Period=1,
            Statistics=[metric["stat"]],
        )["Datapoints"]
        newest = max(found, key=lambda one: one["Timestamp"], default=None)
        return None if newest is None else float(newest[metric["stat"]])

    def policy(self) -> Policy:
        """Return the policy of the function's role, as it is deployed."""
        iam = client("iam", self.aws.endpoint)
        found = iam.get_role_policy(RoleName="shop-changes-watch-function", PolicyName="watch")
        return Policy(found["PolicyDocument"]["Statement"])


@pytest.fixture(scope="module", params=["pipes", "bus", "workflow"])
def watched(request: pytest.FixtureRequest, aws: LocalAws) -> Iterator[Watched]:
    """Return the deployed watch of a topology, with ten items in table and cache."""
    empty(aws.endpoint)
    with LocalMomento(api_key=API_KEY, caches=(CACHE,)) as momento:
        momento.service.keys.add(READING_KEY, READ_RULES)
        yield Watched(request.param, aws, momento)


@pytest.fixture(scope="module")
def planted(watched: Watched) -> float:
    """Plant a stale entry, and wait for the alarm's value; return the value before."""
    operations = (PUT, DELETE) if watched.topology == "pipes" else ("changes",)
    with watched.runner() as runner:
        runner.wait_until_reading(*(f"shop-changes-{one}-pipe" for one in operations))
        for number in range(10):
            watched.put(f"item {number}")
        until(lambda: all(watched.cache("GET", f"item {one}") == 200 for one in range(10)))
        known = len(watched.runs)
        until(lambda: len(watched.runs) >= known + 2)
        before = watched.alarm_value("stale-entries")
        watched.cache("PUT", "item 3", "stale")
        began = time.monotonic()
        until(lambda: watched.alarm_value("stale-entries") == 1)
    took = time.monotonic() - began
    print(f"{watched.topology}: {took:.2f} s from a planted stale entry to the alarm's metric")
    assert before is not None
    return before


def test_a_planted_stale_entry_reaches_the_alarms_metric(planted: float, watched: Watched) -> None:
    """It is zero before, so the value is of the entry."""
    assert planted == 0
    assert all(run.succeeded for run in watched.runs), watched.runs[-1].output
    assert '"stale: item 3"' in watched.runs[-1].output


def test_the_function_may_do_what_it_does_and_nothing_more(
    planted: float, watched: Watched, file: Path
) -> None:
    """The role's policy allows each request of a run, and each of its rights is used."""
    del planted
    clients = AwsClients(watched.aws.endpoint, "us-east-1")
    log = LogWriter(clients("logs"))
    place = Endpoints(watched.aws.endpoint, "us-east-1", watched.momento.endpoint)
    arn = "arn:aws:lambda:us-east-1:123456789012:function:shop-changes-watch"
    (stream,) = client("dynamodbstreams", watched.aws.endpoint).list_streams()["Streams"]
    seen = len(recorded(file))
    with closing(Functions(clients, log, place)) as functions:
        assert functions.run(arn, "{}").succeeded
    context = {
        "lambda:SourceFunctionArn": arn,
        "cloudwatch:namespace": NAMESPACE,
    }
    reading = Call(action="dynamodb:GetRecords", resource=stream["StreamArn"])
    calls = [
        replace(reading if call.action.endswith(".GetRecords") else call, context=context)
        for call in recorded(file)[seen:]
        if call.service not in OF_LAMBDA and not call.action.startswith(OF_THE_LOCAL_CLOUD)
    ]
    policy = watched.policy()
    asked = {call.action for call in calls}
    assert policy.refused(calls) == set()
    granted = {action for action, _ in policy.allowed() if action.split(":")[0] not in OF_LAMBDA}
    assert granted - asked == {"dynamodb:ListStreams"}
    for sid, action in policy.granted("Action"):
        if action in asked:
            assert policy.needs(sid, "Action", action, calls)


@pytest.mark.parametrize("watched", ["pipes"], indirect=True)
def test_a_run_that_fails_sends_no_metric_but_lambdas_errors(watched: Watched) -> None:
    """Without its key the watch sees nothing, and says so in its log."""
    secrets = client("secretsmanager", watched.aws.endpoint)
    (secret,) = watched.resources["aws_secretsmanager_secret"].values()
    secrets.delete_secret(SecretId=secret["name"], ForceDeleteWithoutRecovery=True)
    before = watched.alarm_value("stale-entries")
    watched.runs.clear()
    with watched.runner():
        until(lambda: watched.runs)
    assert not watched.runs[0].succeeded
    assert "has no key yet: set MOMENTO_READ_API_KEY" in watched.runs[0].output
    assert watched.alarm_value("stale-entries") == before
    assert (watched.alarm_value("watch-failing") or 0) >= 1, "two runs may end in one second"
    logs = client("logs", watched.aws.endpoint)
    events = logs.filter_log_events(logGroupName="/aws/lambda/shop-changes-watch")["events"]
    assert any("has no key yet" in event["message"] for event in events)
