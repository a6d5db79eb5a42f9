"""What a pipe is, whoever describes it: synthesized JSON or the AWS API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

MAX_FILTERS = 5
MAX_PATTERN_LENGTH = 4_096


class Secret(str):
    """A string that does not show itself in `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'"


@dataclass(frozen=True, kw_only=True)
class Connection:
    """How a request is authorized, and what it always carries.

    `headers` hold the authorization, too: an API key's header, or basic credentials. Its
    parameters win over the pipe's. `unsupported` says why it cannot be run, if so.
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
"""What stands for the destination of a pipe whose target is another."""


@dataclass(frozen=True, kw_only=True)
class EventBus:
    """An event bus as a pipe's target; EventBridge's own where detail type or source is absent.

    Both may be a JSON path into the record.
    """

    name: str
    arn: str
    detail_type: str | None = None
    source: str | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """The DynamoDB stream that is read, and how.

    `maximum_retry_attempts` and `maximum_record_age` (seconds) are -1 where there is no bound
    but the stream's own day.
    """

    arn: str
    starting_position: str = "LATEST"
    batch_size: int = 1
    maximum_retry_attempts: int = -1
    maximum_record_age: int = -1
    dead_letter_queue_arn: str | None = None


@dataclass(frozen=True, kw_only=True)
class Logging:
    """Level OFF, ERROR, INFO or TRACE, and whether payloads are logged."""

    level: str = "OFF"
    log_group_arn: str | None = None
    execution_data: bool = False


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One pipe, to an API destination, or to an event bus if it names one."""

    name: str
    arn: str
    source: Source
    target_arn: str
    destination: Destination = NO_DESTINATION
    event_bus: EventBus | None = None
    filters: Sequence[str] = ()
    input_template: str | None = None
    path_parameters: Sequence[str] = ()
    query_string: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    logging: Logging = field(default_factory=Logging)
    desired_state: str = "RUNNING"
    created: datetime | None = None
    """When it was deployed; with LATEST it reads what is written from then on."""
    enriched: bool = False
    """Whether its target gets what an enrichment makes of the record."""
    enrichment_template: str | None = None
    unknown_parameters: bool = False
    """Whether its HTTP parameters are an expression of Terraform."""
    unsupported: str | None = None
    """Why it cannot be run faithfully, if so (an enrichment, another target)."""
