"""The definition of a pipe, read from synthesized JSON or from the AWS API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

MAX_FILTERS = 5
MAX_PATTERN_LENGTH = 4_096


class Secret(str):
    """A string whose `repr` does not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How a request is authorized, and the parameters that each request gets.

    `headers` also has the authorization: an API key's header, or basic credentials. The
    connection's parameters override those of the pipe. If the engine cannot use the connection,
    `unsupported` says why.
    """

    name: str
    headers: Mapping[str, Secret]
    query_string: Mapping[str, Secret] = field(default_factory=dict)
    unsupported: str | None = None


@dataclass(frozen=True, kw_only=True)
class Destination:
    """An API destination; `rate_limit` is in invocations a second."""

    name: str
    method: str
    endpoint: str
    connection: Connection
    rate_limit: int = 300


NO_DESTINATION = Destination(
    name="", method="", endpoint="", connection=Connection(name="", headers={})
)
"""The destination of a pipe that has another target."""


@dataclass(frozen=True, kw_only=True)
class EventBusTarget:
    """An event bus as a pipe's target.

    Detail type and source may be a JSON path into the record. None means EventBridge's default.
    """

    name: str
    arn: str
    detail_type: str | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class StateMachineTarget:
    """A state machine as a pipe's target.

    `definition` is JSON text. `connections` has the connections of its HTTP Tasks, by the ARN in
    the definition. In synthesized JSON, this ARN is a Terraform reference.
    """

    name: str
    arn: str
    definition: str
    invocation_type: str = "REQUEST_RESPONSE"
    type: str = "EXPRESS"
    connections: Mapping[str, Connection] = field(default_factory=dict)
    log_group_arn: str | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """The DynamoDB stream that a pipe reads, and how it reads it.

    `maximum_retry_attempts` and `maximum_record_age` (in seconds) are -1 if there is no limit. The
    stream keeps a record for one day. `maximum_batching_window` is in seconds. If
    `on_partial_batch_item_failure` is AUTOMATIC_BISECT, a failed batch is halved.
    """

    arn: str
    starting_position: str = "LATEST"
    batch_size: int = 1
    maximum_retry_attempts: int = -1
    maximum_record_age: int = -1
    dead_letter_queue_arn: str | None = None
    on_partial_batch_item_failure: str | None = None
    parallelization_factor: int = 1
    maximum_batching_window: int = 0


@dataclass(frozen=True, kw_only=True)
class Logging:
    """The log level (OFF, ERROR, INFO or TRACE), and whether payloads are logged."""

    level: str = "OFF"
    log_group_arn: str | None = None
    execution_data: bool = False


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A pipe. Its target is an API destination, an event bus or a state machine."""

    name: str
    arn: str
    source: Source
    target_arn: str
    destination: Destination = NO_DESTINATION
    event_bus: EventBusTarget | None = None
    state_machine: StateMachineTarget | None = None
    filters: Sequence[str] = ()
    input_template: str | None = None
    path_parameters: Sequence[str] = ()
    query_string: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    logging: Logging = field(default_factory=Logging)
    desired_state: str = "RUNNING"
    created: datetime | None = None
    """When it was deployed. With LATEST, it reads only records that are written later."""
    enriched: bool = False
    """Whether its target gets the output of an enrichment."""
    enrichment_template: str | None = None
    unknown_parameters: bool = False
    """Whether its HTTP parameters are a Terraform expression."""
    unsupported: str | None = None
    """Why the engine cannot run it exactly as AWS does, such as an enrichment. None if it can."""
