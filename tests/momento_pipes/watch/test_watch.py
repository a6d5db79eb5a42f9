"""The watch of a pipeline: function, role, secret, schedule, alarms and graphs."""

import json

import pytest

from live.watch import given
from momento_pipes import watch_settings
from tests.synthesized import Synthesized, synthesize

PREFIX = "weather-stats-demo"
ON = {"WATCH": "true", "ALARMS": "true"}
ALARMS = ["lag", "missing-entries", "stale-entries", "watch-failing", "watch-silent"]


@pytest.fixture(scope="module")
def watched() -> Synthesized:
    """Return the weather stack with a watch and alarms."""
    return synthesize(**ON)


def test_the_function_has_time_for_all_its_requests(watched: Synthesized) -> None:
    function = watched.one("aws_lambda_function")
    assert function["timeout"] == 30 + 60 + 60
    assert function["runtime"] == "python3.13"
    variables = function["environment"]["variables"]
    assert variables["WATCH_PIPELINE"] == PREFIX
    names = {one.ref("name") for one in watched.blocks("aws_pipes_pipe")}
    assert set(json.loads(variables["WATCH_PIPES"]).values()) == names
    assert "KEY" not in " ".join(variables)


def test_the_settings_reach_function_and_schedule() -> None:
    stack = synthesize(
        WATCH="true", WATCH_MINUTES="1", WATCH_REQUESTS="200", WATCH_SETTLE_SECONDS="5"
    )
    function = stack.one("aws_lambda_function")
    assert function["timeout"] == 265
    assert function["environment"]["variables"]["WATCH_REQUESTS"] == "200"
    assert stack.one("aws_scheduler_schedule")["schedule_expression"] == "rate(1 minute)"


def test_the_schedule_starts_only_this_function_and_gives_up_after_a_period(
    watched: Synthesized,
) -> None:
    schedule = watched.one("aws_scheduler_schedule")
    function = watched.one("aws_lambda_function")
    assert schedule["schedule_expression"] == "rate(5 minutes)"
    assert schedule["target"]["arn"] == function.ref("arn")
    assert schedule["target"]["retry_policy"] == {
        "maximum_event_age_in_seconds": 300,
        "maximum_retry_attempts": 2,
    }
    role = f"{PREFIX}-watch-schedule"
    (statement,) = watched.statements(role).values()
    assert statement["Action"] == ["lambda:InvokeFunction"]
    assert statement["Resource"] == [function.ref("arn")]
    conditions = watched.trust(role)["Condition"]
    assert conditions["ArnEquals"]["aws:SourceArn"][0].endswith(":schedule-group/default")
    assert "aws:SourceAccount" in conditions["StringEquals"]


def test_the_function_reads_its_secret_alone_and_writes_only_metrics_and_its_log(
    watched: Synthesized,
) -> None:
    found = watched.statements(f"{PREFIX}-watch-function")
    assert watched.trust(f"{PREFIX}-watch-function")["Principal"] == {
        "Service": "lambda.amazonaws.com"
    }
    secret = watched.one("aws_secretsmanager_secret", f"{PREFIX}-watch-key")
    assert found["ReadKey"]["Resource"] == [secret.ref("arn")]
    (condition,) = found["ReadKey"]["Condition"]["ArnEquals"].values()
    assert condition.endswith(f":function:{PREFIX}-watch")
    assert found["SendMetrics"]["Condition"] == {
        "StringEquals": {"cloudwatch:namespace": "MomentoPipelines"}
    }
    writes = [
        action
        for one in found.values()
        for action in one["Action"]
        if not action.split(":")[1].startswith(("Get", "Describe", "List", "Scan"))
    ]
    assert writes == ["cloudwatch:PutMetricData", "logs:CreateLogStream", "logs:PutLogEvents"]
    assert [name for name, one in found.items() if one["Resource"] == ["*"]] == ["SendMetrics"]


def test_nothing_synthesized_has_a_value_for_the_secret(watched: Synthesized) -> None:
    """A command writes it after the deploy."""
    assert "aws_secretsmanager_secret_version" not in watched.document["resource"]


def test_in_production_secret_and_log_have_the_stacks_key() -> None:
    stack = synthesize(PROFILE="production", **ON)
    key = stack.one("aws_kms_key").ref("arn")
    secret = stack.one("aws_secretsmanager_secret", f"{PREFIX}-watch-key")
    assert secret["kms_key_id"] == key
    group = stack.one("aws_cloudwatch_log_group", f"/aws/lambda/{PREFIX}-watch")
    assert (group["kms_key_id"], group["retention_in_days"]) == (key, 365)
    found = stack.statements(f"{PREFIX}-watch-function")
    assert found["DecryptSecret"]["Resource"] == [key]
    policy = json.loads(stack.one("aws_kms_key")["policy"])
    (logs,) = [one for one in policy["Statement"] if one["Sid"] == "EncryptLogs"]
    arns = logs["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"]
    assert any(one.endswith(f"/aws/lambda/{PREFIX}-watch") for one in arns)


def test_each_finding_has_an_alarm_and_pipes_that_are_apart_have_one(
    watched: Synthesized,
) -> None:
    without = synthesize(ALARMS="true").alarms()
    added = {name: one for name, one in watched.alarms().items() if name not in without}
    assert sorted(added) == sorted([*ALARMS, "pipes-apart"])
    own = synthesize(TOPOLOGY="workflow", **ON).alarms()
    assert "pipes-apart" not in own
    assert set(ALARMS) <= set(own)
    for name in ("stale-entries", "missing-entries", "lag"):
        (query,) = added[name]["metric_query"]
        assert query["metric"]["namespace"] == "MomentoPipelines"
        assert query["metric"]["dimensions"] == {"Pipeline": PREFIX}
        assert query["metric"]["stat"] == "Maximum"


def test_an_alarms_period_is_never_shorter_than_the_time_between_two_runs() -> None:
    stack = synthesize(WATCH_MINUTES="30", **ON)
    (query,) = stack.alarms()["stale-entries"]["metric_query"]
    assert query["metric"]["period"] == 1_800


def test_the_dashboard_shows_the_watch(watched: Synthesized) -> None:
    body = json.loads(watched.one("aws_cloudwatch_dashboard")["dashboard_body"])
    shown = {one[1] for each in body["widgets"] for one in each["properties"]["metrics"]}
    assert {"StaleEntries", "MissingEntries", "PutLagSeconds", "DeleteLagSeconds"} <= shown


def test_stack_and_function_name_the_same_namespace() -> None:
    assert given.NAMESPACE == watch_settings.NAMESPACE
