"""What the doctor says of the watch: when it ran last, and what it found."""

from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from ops.doctor.check import Check, CheckState
from ops.doctor.declared import Declared
from ops.doctor.existence import Existence
from ops.doctor.watch import examine

DECLARED = Declared(
    {
        "resource": {
            "aws_lambda_function": {
                "watch": {
                    "function_name": "shop-watch",
                    "environment": {"variables": {"WATCH_PIPELINE": "shop"}},
                },
                "other": {"function_name": "other"},
            },
        }
    }
)


class CloudWatch:
    """The metrics of a watch: values by name, sent so many minutes ago."""

    def __init__(self, **values: list[tuple[int, float]]) -> None:
        self._values = values

    def get_metric_statistics(self, **asked: Any) -> dict[str, Any]:
        """Return the points of a metric in the time that is asked for."""
        now = datetime.now(UTC)
        points = [
            {"Timestamp": now - timedelta(minutes=minutes), "Maximum": value}
            for minutes, value in self._values.get(asked["MetricName"], [])
        ]
        return {"Datapoints": [one for one in points if one["Timestamp"] >= asked["StartTime"]]}


def check(minutes: int = 5, **values: list[tuple[int, float]]) -> Check:
    """Return the only check of a watch that runs every so many minutes."""
    cloudwatch = CloudWatch(**values)
    existence = Existence()
    (found,) = examine(lambda _: cloudwatch, DECLARED, existence, minutes=minutes)
    assert existence.found == 0, "a metric is not a resource of the stack"
    return found


def test_a_watch_without_a_finding_is_ok() -> None:
    found = check(StaleEntries=[(7, 2.0), (2, 0.0)], MissingEntries=[(7, 0.0), (2, 0.0)])
    assert found.state is CheckState.OK
    assert found.found == "shop: 2 minutes ago 0 stale and 0 missing entries"


def test_wrong_entries_of_the_last_run_are_a_warning() -> None:
    found = check(StaleEntries=[(3, 2.0)], MissingEntries=[(3, 1.0)])
    assert found.state is CheckState.WARNING
    assert "3 minutes ago 2 stale and 1 missing entries in its sample" in found.found


def test_a_watch_that_did_not_run_lately_is_a_failure() -> None:
    found = check(StaleEntries=[(30, 0.0)])
    assert found.state is CheckState.FAILURE
    assert "no run succeeded in the last 15 minutes" in found.found
    assert "in the last 3 minutes" in check(1, StaleEntries=[(5, 0.0)]).found


def test_a_stack_without_a_watch_has_no_check() -> None:
    assert list(examine(lambda _: None, Declared({"resource": {}}), Existence(), minutes=5)) == []


def test_a_metric_that_may_not_be_read_is_unseen_and_the_other_checks_go_on() -> None:
    class Refusing:
        def get_metric_statistics(self, **_: Any) -> None:
            raise ClientError(
                {"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetMetricStatistics"
            )

    existence = Existence()
    assert list(examine(lambda _: Refusing(), DECLARED, existence, minutes=5)) == []
    (found,) = existence.checks()
    assert found.state is CheckState.WARNING
    assert "metric StaleEntries of shop (AccessDenied)" in found.found
