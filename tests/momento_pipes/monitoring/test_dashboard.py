"""The dashboard: its JSON, and that it draws every pipe."""

import json

from momento_pipes.monitoring.dashboard import Graph, dashboard_body
from momento_pipes.monitoring.metric import Metric
from tests.synthesized import Synthesized, synthesize

METRIC = Metric(namespace="AWS/SQS", name="Age", dimensions={"QueueName": "q"}, statistic="Maximum")
GRAPH = Graph(title="Dead letters", metrics=[("age", METRIC)])


def test_a_graph_is_a_widget_with_a_line_for_each_metric() -> None:
    (widget,) = json.loads(dashboard_body([GRAPH], region="eu-west-1"))["widgets"]
    assert widget == {
        "type": "metric",
        "x": 0,
        "y": 0,
        "width": 12,
        "height": 6,
        "properties": {
            "title": "Dead letters",
            "region": "eu-west-1",
            "view": "timeSeries",
            "period": 60,
            "metrics": [["AWS/SQS", "Age", "QueueName", "q", {"label": "age", "stat": "Maximum"}]],
        },
    }


def test_two_graphs_are_side_by_side() -> None:
    widgets = json.loads(dashboard_body([GRAPH] * 5, region="eu-west-1"))["widgets"]
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert places == [(0, 0), (12, 0), (0, 6), (12, 6), (0, 12)]


def test_there_is_one_dashboard_of_the_pipelines_name_and_region() -> None:
    stack = synthesize(PROFILE="production", NAME_PREFIX="traffic", AWS_REGION="eu-west-1")
    dashboard = stack.one("aws_cloudwatch_dashboard")
    assert dashboard["dashboard_name"] == "traffic"
    widgets = json.loads(dashboard["dashboard_body"])["widgets"]
    assert {widget["properties"]["region"] for widget in widgets} == {"eu-west-1"}


def test_dashboard_has_graphs_of_written_taken_and_failed_records(
    production: Synthesized,
) -> None:
    body = json.loads(production.one("aws_cloudwatch_dashboard")["dashboard_body"])
    drawn = {
        widget["properties"]["title"]: [
            line[-1]["label"] for line in widget["properties"]["metrics"]
        ]
        for widget in body["widgets"]
    }
    pipes = ["cache-put", "topic-publish", "cache-delete"]
    assert drawn == {
        "Written and taken": ["written to the table", *pipes],
        "Failed executions": pipes,
        "Failed requests to Momento": pipes,
        "Milliseconds for a record": pipes,
        "Throttled executions": pipes,
        "Executions that timed out": pipes,
        "Dead letters": ["letters"],
        "Age of the oldest dead letter": ["seconds"],
        "Wrong entries in the watch's sample": ["stale", "missing"],
        "Seconds since the oldest change that is not in the cache": ["puts", "deletes"],
    }
