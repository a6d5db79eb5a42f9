"""The cost of a month before and after a plan, if the plan changes it."""

import re

from ops.review import review
from ops.review.plan import Plan
from ops.review.price import HEAD, price
from tests.each import each
from tests.ops.review.plans import change, plan, recorded

ALARM = {"metric_query": [{"metric": [{}]}, {"metric": [{}]}, {"metric": [], "expression": "a/b"}]}


def lines(found: Plan, **options: int) -> dict[str, tuple[str, str]]:
    """Return the table's rows, before and after, by their names."""
    text = "".join(section.text for section in price(found, **options))
    rows = re.findall(r"^\| (\S.*?) \| (\$[\d.,]+) \| (\$[\d.,]+) \|$", text, re.MULTILINE)
    return {name: (old, new) for name, old, new in rows}


def test_a_plan_that_changes_no_price_has_no_such_section() -> None:
    for name in ("second", "prefix", "topic"):
        assert HEAD not in review(recorded("weather-demo-pipes", name)).markdown
    assert HEAD in review(recorded("weather-demo-pipes", "first")).markdown


def test_only_the_changed_lines_and_the_sum_are_shown() -> None:
    """Three pipes become one pipe, a bus and rules: docs/capacity.md has the same amounts."""
    found = lines(recorded("weather-demo-pipes", "bus"))
    assert found["pipe requests, 64 KB each"] == ("$0.80", "$0.40")
    assert found["events on the bus, 64 KB each"] == ("$0.00", "$1.00")
    assert "invocations of API destinations" not in found
    assert "secrets" not in found
    reversed_ = lines(recorded("weather-demo-bus", "pipes"))
    assert reversed_ == {name: (new, old) for name, (old, new) in found.items()}


def test_a_workflow_costs_executions_and_no_invocations() -> None:
    found = lines(recorded("weather-demo-workflow-alarms", "pipes"))
    assert found["executions of the workflow"] == ("$1.00", "$0.00")
    assert found["their duration, 64 MB each"] == ("$0.10", "$0.00")
    assert found["invocations of API destinations"] == ("$0.00", "$0.40")


def test_costs_by_use_grow_with_the_changes_of_a_month() -> None:
    found = lines(recorded("weather-demo-pipes", "first"), changes=10_000_000)
    assert found["pipe requests, 64 KB each"] == ("$0.00", "$8.00")
    assert found["secrets"] == ("$0.00", "$0.40")
    text = review(recorded("weather-demo-pipes", "first"), changes=10_000_000).markdown
    assert "For 10,000,000 changes a month of each table with a pipe" in text


def test_execution_data_in_the_log_costs() -> None:
    """The production profile logs no data. With demo there are no alarms and no key."""
    found = lines(recorded("weather-production-pipes-alarms", "demo"))
    old, new = (float(side[1:]) for side in found["logs"])
    assert 0 < old < new
    assert found["keys of KMS"] == ("$1.00", "$0.00")
    assert found["dashboards (price not confirmed)"] == ("$3.00", "$0.00")


@each(
    case=[
        ("aws_cloudwatch_metric_alarm", ALARM, "alarms, by their metrics", "$0.20"),
        (
            "aws_cloudwatch_metric_alarm",
            {"metric_name": "Age"},
            "alarms, by their metrics",
            "$0.10",
        ),
        ("aws_cloudwatch_composite_alarm", {"alarm_rule": "x"}, "composite alarms", "$0.50"),
        ("aws_secretsmanager_secret", {"name": "x"}, "secrets", "$0.40"),
        (
            "aws_dynamodb_table",
            {"name": "x", "point_in_time_recovery": [{"enabled": True}]},
            "point-in-time recovery",
            "$0.20",
        ),
    ]
)
def test_fixed_prices(case: tuple[str, dict[str, object], str, str]) -> None:
    """Resources are created, destroyed or kept. A resource that Terraform forgets still costs."""
    kind, values, name, dollars = case
    created = {
        key.partition(" (")[0]: one
        for key, one in lines(plan(change(kind, "add", None, values))).items()
    }
    assert created[name] == ("$0.00", dollars)
    gone = lines(plan(change(kind, "destroy", values)))
    assert ("**all that is counted**", (dollars, "$0.00")) in gone.items()
    assert lines(plan(change(kind, "keep", values, values))) == {}
    assert lines(plan(change(kind, "forget", values))) == {}


WATCH = {
    "function_name": "shop-watch",
    "memory_size": 256,
    "environment": [{"variables": {"WATCH_PIPELINE": "shop", "WATCH_REQUESTS": "60"}}],
}
SCHEDULE = {"name": "shop-watch", "schedule_expression": "rate(5 minutes)"}


def test_a_watch_costs_its_runs_and_its_metrics() -> None:
    """8,760 runs of 41 seconds in a month: 6 for the requests, 30 to settle, 5 besides."""
    both = [
        change("aws_lambda_function", "add", None, WATCH),
        change("aws_scheduler_schedule", "add", None, SCHEDULE),
    ]
    found = {name.partition(" (")[0]: one for name, one in lines(plan(*both)).items()}
    assert found == {
        "runs of the watch, at most": ("$0.00", "$1.20"),
        "starts of the watch": ("$0.00", "$0.01"),
        "metrics of the watch": ("$0.00", "$1.50"),
        "**all that is counted**": ("$0.00", "$2.71"),
    }


@each(
    function=[WATCH, {**WATCH, "environment": []}, {"function_name": "shop-watch"}],
    schedule=[{"name": "other", "schedule_expression": "rate(5 minutes)"}, {"name": "shop-watch"}],
)
def test_another_function_or_schedule_is_no_watch(
    function: dict[str, object], schedule: dict[str, object]
) -> None:
    both = [
        change("aws_lambda_function", "add", None, function),
        change("aws_scheduler_schedule", "add", None, schedule),
    ]
    assert lines(plan(*both)) == {}


def test_recovery_that_is_off_costs_nothing() -> None:
    off = {"name": "x", "point_in_time_recovery": [{"enabled": False}]}
    assert lines(plan(change("aws_dynamodb_table", "add", None, off))) == {}


def test_the_section_becomes_one_line_where_there_is_no_room() -> None:
    (section,) = price(recorded("weather-demo-pipes", "bus"))
    assert section.short is not None
    assert re.search(r"\$[\d.]+ before, \$[\d.]+ after, for 1,000,000 changes", section.short)
