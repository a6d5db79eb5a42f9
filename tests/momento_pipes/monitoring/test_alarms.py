"""The alarms: metrics, thresholds and topic; and AWS documents each metric."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from live.watch.watch import WatchResult
from momento_pipes.watch_settings import NAMESPACE
from tests.synthesized import REPO, Block, Synthesized, synthesize

DOCUMENTED = json.loads((REPO / "tests" / "cases" / "metrics.json").read_text(encoding="utf-8"))
PREFIX = "weather-stats-demo"
PIPES = ("cache-put", "topic-publish", "cache-delete")
TOPOLOGIES = {"pipes": 16, "bus": 21, "workflow": 21}
"""How many metrics alarms and dashboard use."""
FAILING = {f"{operation}-failing": ("ExecutionFailed", operation) for operation in PIPES}
THROTTLED = {f"{operation}-throttled": ("ExecutionThrottled", operation) for operation in PIPES}


WATCH = {
    *("lag", "missing-entries", "pipes-apart", "stale-entries", "watch-failing", "watch-silent"),
}


def _queue(stack: Synthesized) -> dict[str, str]:
    return {"QueueName": stack.one("aws_sqs_queue").ref("name")}


def _pipe(stack: Synthesized, operation: str) -> dict[str, str]:
    return {"PipeName": stack.one("aws_pipes_pipe", f"{PREFIX}-{operation}-pipe").ref("name")}


def _when(alarm: Block) -> tuple[Any, ...]:
    names = ("comparison_operator", "threshold", "datapoints_to_alarm", "evaluation_periods")
    return tuple(alarm[name] for name in names)


def _only_metric(alarm: Block) -> Any:
    (query,) = alarm["metric_query"]
    assert query["return_data"] is True
    return query["metric"]


@pytest.mark.parametrize(
    ("name", "metric", "threshold"),
    [
        ("dead-letters", "ApproximateNumberOfMessagesVisible", 1),
        ("dead-letters-old", "ApproximateAgeOfOldestMessage", 12 * 60 * 60),
    ],
)
def test_dead_letter_raises_an_alarm_and_another_at_half_its_age(
    production: Synthesized, name: str, metric: str, threshold: int
) -> None:
    alarm = production.alarms()[name]
    assert _only_metric(alarm) == {
        "namespace": "AWS/SQS",
        "metric_name": metric,
        "dimensions": _queue(production),
        "stat": "Maximum",
        "period": 300,
    }
    assert _when(alarm) == ("GreaterThanOrEqualToThreshold", threshold, 1, 1)


@pytest.mark.parametrize("name", [*FAILING, *THROTTLED])
def test_failing_or_throttled_pipe_raises_an_alarm(production: Synthesized, name: str) -> None:
    metric, operation = (FAILING | THROTTLED)[name]
    alarm = production.alarms()[name]
    assert _only_metric(alarm) == {
        "namespace": "AWS/EventBridge/Pipes",
        "metric_name": metric,
        "dimensions": _pipe(production, operation),
        "stat": "Sum",
        "period": 300,
    }
    assert _when(alarm) == ("GreaterThanOrEqualToThreshold", 1, 2, 3)


def test_silent_pipe_of_a_written_table_raises_an_alarm(
    production: Synthesized,
) -> None:
    alarm = production.alarms()["topic-publish-silent"]
    written, taken, expression = alarm["metric_query"]
    table = production.one("aws_dynamodb_table").ref("name")
    assert written["metric"]["metric_name"] == "ConsumedWriteCapacityUnits"
    assert written["metric"]["dimensions"] == {"TableName": table}
    assert taken["metric"]["metric_name"] == "Invocations"
    assert taken["metric"]["dimensions"] == _pipe(production, "topic-publish")
    assert [query["return_data"] for query in (written, taken, expression)] == [False, False, True]
    assert expression["expression"] == "IF(FILL(written, 0) > 0 AND FILL(taken, 0) == 0, 1, 0)"
    assert _when(alarm) == ("GreaterThanOrEqualToThreshold", 1, 3, 3)


def test_only_a_pipe_without_a_filter_has_the_alarm_for_silence(production: Synthesized) -> None:
    """A pipe with a filter may take no record for a long time, such as when nothing is removed."""
    names = {"dead-letters", "dead-letters-old", *FAILING, *THROTTLED, "topic-publish-silent"}
    assert production.alarms().keys() == names | WATCH


def test_missing_data_starts_no_alarm(production: Synthesized) -> None:
    """An empty queue, an idle pipe and an unused table send no data; the watch always does.

    Lambda sends no metric of a function that did not run.
    """
    for name, alarm in production.alarms().items():
        starts = name == "watch-silent"
        assert alarm["treat_missing_data"] == ("breaching" if starts else "notBreaching")


def test_every_alarm_is_sent_to_the_topic_when_it_begins_and_ends(production: Synthesized) -> None:
    topic = production.one("aws_sns_topic").ref("arn")
    for alarm in production.blocks("aws_cloudwatch_metric_alarm"):
        assert alarm["alarm_actions"] == alarm["ok_actions"] == [topic]


@pytest.mark.parametrize("topology", TOPOLOGIES)
def test_every_alarm_has_a_row_in_the_page_that_it_names(topology: str) -> None:
    page = (REPO / "docs" / "alarms.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))
    stack = synthesize(PROFILE="production", TOPOLOGY=topology)
    for name, alarm in stack.alarms().items():
        assert alarm["alarm_description"].endswith("What to do: docs/alarms.md")
        of = "{rule}" if topology == "bus" and name.startswith(PIPES) else "{pipe}"
        assert re.sub(f"^({'|'.join(PIPES)}|changes)-", f"{of}-", name) in rows


def _metrics(stack: Synthesized) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Yield namespace, name and dimensions of all metrics in alarms and dashboards."""
    for alarm in stack.blocks("aws_cloudwatch_metric_alarm"):
        for metric in [query["metric"] for query in alarm["metric_query"] if "metric" in query]:
            yield metric["namespace"], metric["metric_name"], frozenset(metric["dimensions"])
    body = json.loads(stack.one("aws_cloudwatch_dashboard")["dashboard_body"])
    for widget in body["widgets"]:
        for namespace, name, *dimensions, _ in widget["properties"]["metrics"]:
            yield namespace, name, frozenset(dimensions[::2])


@pytest.mark.parametrize(("topology", "metrics"), TOPOLOGIES.items())
def test_aws_documents_every_metric(topology: str, metrics: int) -> None:
    """An alarm on a metric that does not exist never goes off, and nothing reports that."""
    documented = {
        (page["namespace"], name): set(dimensions)
        for page in DOCUMENTED
        for name, dimensions in page["metrics"].items()
    }
    documented |= {(NAMESPACE, name): {"Pipeline"} for name in WatchResult().metrics}
    used = set(_metrics(synthesize(PROFILE="production", TOPOLOGY=topology)))
    assert len(used) == metrics
    for namespace, name, dimensions in used:
        assert dimensions
        assert dimensions <= documented[namespace, name]


def test_every_documented_metric_names_its_page() -> None:
    assert all(page["source"].startswith("docs.aws.amazon.com/") for page in DOCUMENTED)


@pytest.mark.parametrize(
    ("environment", "alarms"),
    [
        ({}, 0),
        ({"ALARMS": "true"}, 9),
        ({"ALARMS": "true", "WATCH": "true"}, 15),
        ({"PROFILE": "production"}, 15),
        ({"PROFILE": "production", "WATCH": "false"}, 9),
        ({"PROFILE": "production", "ALARMS": "false"}, 0),
    ],
)
def test_alarms_and_dashboard_are_in_production_or_if_set(
    environment: dict[str, str], alarms: int
) -> None:
    stack = synthesize(**environment)
    assert len(stack.blocks("aws_cloudwatch_metric_alarm")) == alarms
    assert len(stack.blocks("aws_cloudwatch_dashboard")) == bool(alarms)
    assert ("alarm_topic_arn" in stack.document["output"]) == bool(alarms)
