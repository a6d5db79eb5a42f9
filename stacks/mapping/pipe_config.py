"""Which records one pipe takes, and the request that it makes of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from eventpipes import Connection, Definition, Destination, Source
from eventpipes.definition import MAX_PATTERN_LENGTH
from eventpipes.service_model import MAX_LENGTH as MAX_PARAMETER_LENGTH
from eventpipes.template import MAX_LENGTH as MAX_TEMPLATE_LENGTH

from stacks.mapping.errors import MappingError
from stacks.mapping.target_config import TargetConfig


@dataclass(frozen=True, kw_only=True)
class PipeConfig(TargetConfig):
    """Filters and a target, whose JSON paths name parts of a stream record.

    `patterns` are the filters, in canonical JSON. A record needs to match one of them; without
    any, the pipe takes every record.

    See AWS: "Amazon EventBridge Pipes input transformation" and "HTTP parameters".
    """

    patterns: Sequence[str] = ()

    def check(self, operation: str) -> None:
        """Raise unless a pipe has room for this.

        Raises:
            MappingError: the filter, the template or a parameter is longer than EventBridge allows.

        """
        template = self.input_template or ""
        if len(template) > MAX_TEMPLATE_LENGTH:
            raise MappingError(
                f"the value of {operation} makes a template of {len(template)} characters, and a"
                f" pipe takes {MAX_TEMPLATE_LENGTH}: send fewer attributes, or all of them with"
                ' value={"NewImage": Field.NEW_IMAGE}'
            )
        for pattern in self.patterns:
            if len(pattern) > MAX_PATTERN_LENGTH:
                raise MappingError(
                    f"the conditions on the items make a filter of {len(pattern)} characters for"
                    f" {operation}, and a pipe takes {MAX_PATTERN_LENGTH}: narrow by fewer values,"
                    " or by one attribute that says whether an item is to flow"
                )
        for value in self.http_values():
            if len(value) > MAX_PARAMETER_LENGTH:
                raise MappingError(
                    f"{operation} takes {value[:40]}... of an item, a path of {len(value)}"
                    f" characters, and a pipe takes {MAX_PARAMETER_LENGTH}: write the value to an"
                    " attribute with a shorter name as well, and use that"
                )

    def definition(self, name: str, *, method: str, endpoint: str) -> Definition:
        """Return a pipe with this configuration, to try a mapping before there is a stack.

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
    """Return filters for each record that any of the pipes takes.

    There are none if that is every record, or if more than `most` filters would be needed. A record
    that is filtered out before the event bus costs nothing there.
    """
    patterns = dict.fromkeys(pattern for pipe in pipes for pattern in pipe.patterns)
    if len(patterns) > most or not all(pipe.patterns for pipe in pipes):
        return ()
    return tuple(patterns)
