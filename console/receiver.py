"""Where a route sends: a cache or a topic of Momento, read from its definition."""

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from eventpipes.operations import PUBLISH
from live.route import Route
from live.workflow_route import WorkflowRoute

MANY = "several"
"""Stands for a name that depends on the record."""


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """The cache, the topic (empty for a cache's route), and the endpoint."""

    cache: str
    topic: str
    endpoint: str

    @property
    def kind(self) -> str:
        """`cache` or `topic`."""
        return "topic" if self.topic else "cache"

    @property
    def name(self) -> str:
        """The cache's name, or the topic's."""
        return self.topic or self.cache


def receiver_of(route: Route) -> Receiver:
    """Return where a route sends. A name that is made of the record is `several`."""
    endpoint = _endpoint(route)
    names = [unquote(part) for part in urlsplit(endpoint).path.split("/")[2:]]
    made = [name.startswith("$") or "{%" in name or "*" in name for name in names]
    names = [MANY if is_made else name for name, is_made in zip(names, made, strict=True)]
    cache, topic, *_ = [*names, "", ""]
    if route.operation != PUBLISH:
        topic = ""
    return Receiver(cache=cache, topic=topic, endpoint=endpoint)


def _endpoint(route: Route) -> str:
    if isinstance(route, WorkflowRoute):
        first = next(iter(route.tasks.values()), {})
        return str(first.get("ApiEndpoint", ""))
    endpoint = route.destination.endpoint
    for parameter in route.definition.path_parameters:
        endpoint = endpoint.replace("*", parameter, 1)
    return endpoint
