"""Whether a pipeline deletes by the table's whole key, so that no other item has the entry."""

from urllib.parse import parse_qs, urlsplit

from eventpipes.operations import DELETE
from live.deployment import Deployment
from live.reading import KEY_PARAMETERS
from live.route import requests_in
from live.workflow_route import WorkflowRoute

OF_KEYS = "$.dynamodb.Keys."
KEYS = {"S": "a key", "N": "1", "B": "YSBrZXk="}
"""A key of each type, to see what is sent for it."""


def deletes_by_whole_key(deployment: Deployment) -> bool:
    """Return whether the pipeline deletes an entry whose key is the whole key of the table."""
    route, keys = deployment.pipes.get(DELETE), deployment.table.keys
    if route is None or len(keys) != 1:
        return False
    if isinstance(route, WorkflowRoute):
        return _sends_keys(route, keys[0], deployment.stream_arn)
    return route.key_path.startswith(OF_KEYS)


def _sends_keys(route: WorkflowRoute, name: str, stream_arn: str) -> bool:
    """Return whether a workflow deletes only the entry with the key of the removed item."""
    for kind, text in KEYS.items():
        record = {
            "eventName": "REMOVE",
            "eventSource": "aws:dynamodb",
            "eventSourceARN": stream_arn,
            "dynamodb": {"Keys": {name: {kind: text}}},
        }
        queries = [
            parse_qs(urlsplit(request.url).query) for request in requests_in(route.process(record))
        ]
        sent = {text for query in queries for key in KEY_PARAMETERS for text in query.get(key, ())}
        if sent:
            return sent == {text.rstrip("=")}
    return False
