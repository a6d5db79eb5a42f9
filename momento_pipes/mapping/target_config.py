"""The request that a target sends: its body and its HTTP parameters.

Pipes and rules have the same HTTP parameters. Only this file lists them: to add another kind, such
as headers, add a field here and a line in each method.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class TargetConfig:
    """An input template and HTTP parameters. Each parameter is a constant or a JSON path.

    `input_template` is the request's body (None: the whole record). `path_parameters` replace the
    endpoint's `*` in order.

    See AWS: "PipeTargetHttpParameters" in the Pipes API, and "HttpParameters" in the EventBridge
    API.
    """

    input_template: str | None = None
    path_parameters: Sequence[str] = ()
    query_string_parameters: Mapping[str, str] = field(default_factory=dict)

    def http_values(self) -> Iterator[str]:
        """Yield the value of each HTTP parameter."""
        yield from self.path_parameters
        yield from self.query_string_parameters.values()

    def http_with(self, change: Callable[[str], str]) -> dict[str, Any]:
        """Return the HTTP parameters as arguments of another config, with changed values."""
        query = {name: change(value) for name, value in self.query_string_parameters.items()}
        return {
            "path_parameters": tuple(map(change, self.path_parameters)),
            "query_string_parameters": query,
        }

    def http_block(self) -> dict[str, Any]:
        """Return Terraform's block: a pipe's `http_parameters`, or a rule's `http_target`."""
        return {
            "path_parameter_values": list(self.path_parameters),
            "query_string_parameters": dict(self.query_string_parameters) or None,
        }

    def http_of_definition(self) -> dict[str, Any]:
        """Return the HTTP parameters as arguments of the engine's `Definition`."""
        return {
            "path_parameters": self.path_parameters,
            "query_string": self.query_string_parameters,
        }
