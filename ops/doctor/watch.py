"""Check of the watch: that it ran lately, and what it found."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from momento_pipes.watch_settings import NAMESPACE
from ops.doctor.aws import Client
from ops.doctor.check import Check, failure, ok, warning
from ops.doctor.declared import Declared
from ops.doctor.existence import Existence

METRICS = ("StaleEntries", "MissingEntries")
MISSED_RUNS = 3
"""A watch that has missed this many runs has stopped."""
LOOK_AT = "docs/watch.md says what to do"


def examine(
    client: Client, declared: Declared, existence: Existence, *, minutes: int
) -> Iterator[Check]:
    """Yield what each watch of the stack found at its last run. It runs every `minutes`."""
    for function in declared.all("aws_lambda_function"):
        variables = function.get("environment", {}).get("variables", {})
        if "WATCH_PIPELINE" in variables:
            pipeline = variables["WATCH_PIPELINE"]
            yield from _check(client("cloudwatch"), pipeline, 60 * minutes, existence)


def _check(
    cloudwatch: Any,  # noqa: ANN401 - a boto3 client
    pipeline: str,
    period: int,
    existence: Existence,
) -> Iterator[Check]:
    now = datetime.now(UTC)
    maxima: dict[str, float] = {}
    last = None
    for metric in METRICS:
        answer = existence.look(
            "metric",
            f"{metric} of {pipeline}",
            cloudwatch.get_metric_statistics,
            Namespace=NAMESPACE,
            MetricName=metric,
            Dimensions=[{"Name": "Pipeline", "Value": pipeline}],
            StartTime=now - timedelta(seconds=MISSED_RUNS * period + 60),
            EndTime=now,
            Period=60,
            Statistics=["Maximum"],
        )
        if answer is None:  # it may not be read, and another check says so
            return
        existence.found -= 1  # AWS answers without a metric, too
        newest = max(answer["Datapoints"], key=lambda point: point["Timestamp"], default=None)
        if newest is not None:
            last = newest["Timestamp"]
            maxima[metric] = newest["Maximum"]
    if last is None:
        yield failure(
            "watch",
            f"{pipeline}: no run succeeded in the last {MISSED_RUNS * period // 60} minutes; the"
            f" log /aws/lambda/{pipeline}-watch has the reason ({LOOK_AT})",
        )
        return
    minutes = max(round((now - last).total_seconds() / 60), 0)
    stale, missing = (int(maxima.get(metric, 0)) for metric in METRICS)
    text = f"{pipeline}: {minutes} minutes ago {stale} stale and {missing} missing entries"
    if stale or missing:
        yield warning("watch", f"{text} in its sample: ./help.sh verify compares all ({LOOK_AT})")
    else:
        yield ok("watch", text)
