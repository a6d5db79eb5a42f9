"""The handler of the watch's Lambda function.

An error ends the run: Lambda counts it in its metric Errors, and the run sends no metric of its
own. So a watch that cannot see is never a zero.
"""

import json
import os
from typing import Any

from live.aws import Aws, asking_aws
from live.watch.changed_keys import Memory
from live.watch.given import NAMESPACE, Given
from live.watch.watch import WatchRun, metric_data

_memory = Memory()
"""Lambda keeps it between runs, as long as it keeps the process."""


def handle(event: Any, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
    """Compare, send the metrics, and return what was found; the log has the same line."""
    del event, context
    given = Given.read(os.environ)
    comparison = WatchRun(given, _memory).run()
    with asking_aws():
        Aws(given.region).client("cloudwatch").put_metric_data(
            Namespace=NAMESPACE, MetricData=metric_data(given.pipeline, comparison.metrics.items())
        )
    result = comparison.as_json()
    print(json.dumps(result))
    return result
