"""Send a change again in one route, as redrive does with a dead letter.

A message is published again. A cache gets the table's state: the change's own request is sent only
if the item is still as the change left it.
"""

from collections.abc import Mapping
from typing import Any

from eventpipes import Filtered, Unprocessable
from eventpipes.operations import PUBLISH
from live.converge import Converger, Own
from live.deployment import Deployment
from live.momento.client import Momento, RefusedError
from live.route import Route, requests_in


def send_again(
    deployment: Deployment, momento: Momento, route: Route, record: Mapping[str, Any]
) -> str:
    """Send a record's requests again; return what was done, as a sentence.

    Raises:
        LiveError: Momento refuses, or cannot be reached; or no request can be made.

    """
    outcome = route.process(record)
    if isinstance(outcome, Filtered):
        return "Nothing was sent: the filter, as it is deployed now, leaves this change out."
    if isinstance(outcome, Unprocessable):
        raise RefusedError(outcome.reason)
    if route.operation == PUBLISH:
        for request in requests_in(outcome):
            momento.send(request)
        return "The message was published again."
    key = deployment.table.key_of(record["dynamodb"]["Keys"])
    done = Converger(deployment, momento).converge(key, Own.of(record, outcome))
    if done.own:
        return f"The {route.method} was sent again."
    return f"The item has changed since: {done.described()}."
