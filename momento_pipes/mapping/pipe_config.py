"""The filters and the request of a pipe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eventpipes import Connection, Definition, Destination, Source
from eventpipes.definition import MAX_PATTERN_LENGTH
from eventpipes.service_model import MAX_LENGTH as MAX_PARAMETER_LENGTH
from eventpipes.template import MAX_LENGTH as MAX_TEMPLATE_LENGTH
from momento_pipes.mapping.errors import MappingError
from momento_pipes.mapping.target_config import TargetConfig


@dataclass(frozen=True, kw_only=True)
class PipeConfig(TargetConfig):
    """Filters and a target. The JSON paths are paths into a stream record.

    `patterns` are the filters, in canonical JSON. A record must match one of them. Without
    patterns, every record matches.

    See AWS: "Amazon EventBridge Pipes input transformation" and "HTTP parameters".
    """

    patterns: Sequence[str] = ()

    def check(self, operation: str) -> None:
        """Raise an error if a filter, the template or a parameter is too long for EventBridge.

        Raises:
            MappingError: the message says what to write instead.

        """
        template = self.input_template or ""
        if len(template) > MAX_TEMPLATE_LENGTH:
            raise MappingError(
                f"the value of {operation} has a template of {len(template)} characters, but a"
                f" pipe allows {MAX_TEMPLATE_LENGTH}: send fewer attributes, or all of them with"
                ' value={"NewImage": Field.NEW_IMAGE}'
            )
        for pattern in self.patterns:
            if len(pattern) > MAX_PATTERN_LENGTH:
                raise MappingError(
                    f"the conditions on the items need a filter of {len(pattern)} characters for"
                    f" {operation}, but a pipe allows {MAX_PATTERN_LENGTH}: narrow by fewer values,"
                    " or by an attribute that says whether an item is sent"
                )
        for value in self.http_values():
            if len(value) > MAX_PARAMETER_LENGTH:
                raise MappingError(
                    f"{operation} reads {value[:40]}... of an item, a path of {len(value)}"
                    f" characters, but a pipe allows {MAX_PARAMETER_LENGTH}: write the value also"
                    " to an attribute with a shorter name, and use that attribute"
                )

    def target_parameters(self) -> dict[str, Any]:
        """Return a pipe's `target_parameters` in Terraform."""
        return {"input_template": self.input_template, "http_parameters": self.http_block()}

    def definition(self, name: str, *, method: str, endpoint: str) -> Definition:
        """Return a pipe with this configuration, to try a mapping without a stack.

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
            **self.http_of_definition(),
        )


def union_of_filters(pipes: Sequence[PipeConfig], most: int) -> tuple[str, ...]:
    """Return filters that match each record that one of the pipes matches.

    There are no filters if every record matches, or if more than `most` filters would be needed.
    The filters save costs, because a record that they exclude does not reach the event bus.
    """
    patterns = dict.fromkeys(pattern for pipe in pipes for pattern in pipe.patterns)
    if len(patterns) > most or not all(pipe.patterns for pipe in pipes):
        return ()
    return tuple(patterns)
