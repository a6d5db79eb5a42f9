"""A CloudWatch metric: what an alarm watches and a dashboard draws."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of one thing; `statistic` says how the values of a period become one.

    Only metrics that AWS documents are used: a test holds each against
    `tests/cases/metrics.json`, which names the pages.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"
