"""What one pipe takes from the stream, and how it makes a request of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from eventpipes import Connection, Definition, Destination, Source


@dataclass(frozen=True, kw_only=True)
class Operation:
    """An operation of Momento's HTTP API: method, and path with a `*` for a pipe to fill.

    `{cache}` in a path is the cache's name: the Terraform provider takes one path parameter for
    a pipe, so one of the topic's two is part of the endpoint.
    """

    method: str
    path: str
    title: str


PUT, PUBLISH, DELETE = "cache-put", "topic-publish", "cache-delete"
OPERATIONS: Final[Mapping[str, Operation]] = {
    PUT: Operation(method="PUT", path="/cache/*", title="Cache Set API"),
    PUBLISH: Operation(method="POST", path="/topics/{cache}/*", title="Topic Publish API"),
    DELETE: Operation(method="DELETE", path="/cache/*", title="Cache Delete API"),
}


NO_SOURCE: Final = Source(arn="")


@dataclass(frozen=True, kw_only=True)
class Route:
    """Filters, a template and parameters, whose JSON paths name parts of a stream record.

    `patterns` are filters in canonical JSON, of which any may match (none: every record does),
    `input_template` is the request's body (none: the whole record), `path_parameters` fill the
    endpoint's `*` in order, and `query_string_parameters` may each be a constant or a path.
    See AWS: "Amazon EventBridge Pipes input transformation" and "HTTP parameters".
    """

    path_parameters: Sequence[str]
    patterns: Sequence[str] = ()
    input_template: str | None = None
    query_string_parameters: Mapping[str, str] = field(default_factory=dict)

    def definition(
        self, name: str, *, method: str, endpoint: str, source: Source = NO_SOURCE
    ) -> Definition:
        """Return the pipe that this route makes, for the engine that also runs it in tests.

        Its connection adds nothing to a request.
        """
        return Definition(
            name=name,
            arn="",
            target_arn="",
            source=source,
            destination=Destination(
                name=name,
                method=method,
                endpoint=endpoint,
                connection=Connection(name="", headers={}),
            ),
            filters=tuple(self.patterns),
            input_template=self.input_template,
            path_parameters=self.path_parameters,
            query_string=self.query_string_parameters,
        )
