"""What one pipe takes from the stream, and how it makes a request of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from eventpipes import Connection, Definition, Destination, Source
from eventpipes.definition import MAX_PATTERN_LENGTH
from eventpipes.service_model import MAX_LENGTH as MAX_PARAMETER_LENGTH
from eventpipes.template import MAX_LENGTH as MAX_TEMPLATE_LENGTH

from stacks.mapping.errors import MappingError


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

    def check(self, name: str) -> None:
        """Raise unless this fits a pipe; `name` says which operation it is for.

        Raises:
            MappingError: the filter, the template or a parameter is longer than EventBridge takes.

        """
        template = self.input_template or ""
        if len(template) > MAX_TEMPLATE_LENGTH:
            raise MappingError(
                f"the value of {name} makes a template of {len(template)} characters, and a pipe"
                f" takes {MAX_TEMPLATE_LENGTH}: send fewer attributes, or all of them with"
                ' value={"NewImage": Field.NEW_IMAGE}'
            )
        for pattern in self.patterns:
            if len(pattern) > MAX_PATTERN_LENGTH:
                raise MappingError(
                    f"the rules for the items make a filter of {len(pattern)} characters for"
                    f" {name}, and a pipe takes {MAX_PATTERN_LENGTH}: narrow by fewer values, or"
                    " by one attribute that says whether an item is to flow"
                )
        for parameter in (*self.path_parameters, *self.query_string_parameters.values()):
            if len(parameter) > MAX_PARAMETER_LENGTH:
                raise MappingError(
                    f"{name} takes {parameter[:40]}... of an item, a path of {len(parameter)}"
                    f" characters, and a pipe takes {MAX_PARAMETER_LENGTH}: write the value to an"
                    " attribute with a shorter name as well, and use that"
                )

    def definition(self, name: str, *, method: str, endpoint: str) -> Definition:
        """Return a pipe with this route, to try a mapping with before there is a stack.

        Its source has no name, and its connection adds nothing to a request.
        """
        return Definition(
            name=name,
            arn="",
            target_arn="",
            source=Source(arn=""),
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
