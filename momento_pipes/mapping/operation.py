"""The operations of Momento's HTTP API that a mapping uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from eventpipes.operations import DELETE, PUBLISH, PUT


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation of Momento's HTTP API: its method and its path. A pipe replaces the `*`.

    `{cache}` in a path is the cache's name. The Terraform provider allows one path parameter for
    a pipe, so the topic's cache is part of the endpoint.
    """

    method: str
    path: str
    title: str


OPERATIONS: Final[Mapping[str, Operation]] = {
    PUT: Operation(method="PUT", path="/cache/*", title="Cache Set API"),
    PUBLISH: Operation(method="POST", path="/topics/{cache}/*", title="Topic Publish API"),
    DELETE: Operation(method="DELETE", path="/cache/*", title="Cache Delete API"),
}
