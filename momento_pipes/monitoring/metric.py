"""A CloudWatch metric, for alarms and dashboards."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of one resource. `statistic` combines the values of a period into one value.

    The project uses only metrics that AWS documents: a test compares them with
    `tests/cases/metrics.json`, which names the pages.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"
