"""Read pipes from the AWS API: what was really deployed.

The clients are boto3's, or anything with the same methods; nothing here imports boto3.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from eventpipes.definition import Connection, Definition, Destination, Logging, Secret, Source


class PipesClient(Protocol):
    """What is used of the `pipes` client."""

    def describe_pipe(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803 - AWS's name
        """Return a pipe."""


class EventsClient(Protocol):
    """What is used of the `events` client."""

    def describe_api_destination(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803
        """Return an API destination."""

    def describe_connection(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803
        """Return a connection."""


ReadSecret = Callable[[str], Mapping[str, Any]]
"""Return a connection's stored secret, parsed, by its ARN."""


def read_definition(
    name: str, pipes: PipesClient, events: EventsClient, read_secret: ReadSecret
) -> Definition:
    """Return a deployed pipe, with its destination and connection."""
    pipe = pipes.describe_pipe(Name=name)
    parameters = pipe.get("SourceParameters") or {}
    stream = parameters.get("DynamoDBStreamParameters")
    target = pipe.get("TargetParameters") or {}
    http = target.get("HttpParameters") or {}
    log = pipe.get("LogConfiguration") or {}
    arn = pipe["Target"]
    unsupported = None
    if stream is None:
        unsupported = "the source is not a DynamoDB stream"
    elif pipe.get("Enrichment"):
        unsupported = "it has an enrichment"
    elif ":api-destination/" not in arn:
        unsupported = "the target is not an API destination"
    stream = stream or {}
    filters = (parameters.get("FilterCriteria") or {}).get("Filters") or ()
    return Definition(
        name=pipe["Name"],
        arn=pipe["Arn"],
        desired_state=pipe["DesiredState"],
        created=pipe.get("CreationTime"),
        source=Source(
            arn=pipe["Source"],
            starting_position=stream.get("StartingPosition", "LATEST"),
            batch_size=stream.get("BatchSize", 1),
            maximum_retry_attempts=stream.get("MaximumRetryAttempts", -1),
            maximum_record_age=stream.get("MaximumRecordAgeInSeconds", -1),
            dead_letter_queue_arn=(stream.get("DeadLetterConfig") or {}).get("Arn"),
        ),
        filters=tuple(one["Pattern"] for one in filters),
        target_arn=arn,
        destination=_NONE if unsupported else _destination(arn, events, read_secret),
        input_template=target.get("InputTemplate"),
        path_parameters=tuple(http.get("PathParameterValues") or ()),
        query_string=http.get("QueryStringParameters") or {},
        headers=http.get("HeaderParameters") or {},
        logging=Logging(
            level=log.get("Level", "OFF"),
            log_group_arn=(log.get("CloudwatchLogsLogDestination") or {}).get("LogGroupArn"),
            execution_data="ALL" in (log.get("IncludeExecutionData") or ()),
        ),
        unsupported=unsupported,
    )


_NONE = Destination(name="", method="", endpoint="", connection=Connection(name="", headers={}))


def _destination(arn: str, events: EventsClient, read_secret: ReadSecret) -> Destination:
    name = arn.partition(":api-destination/")[2].partition("/")[0]
    destination = events.describe_api_destination(Name=name)
    connection_arn = destination["ConnectionArn"]
    connection = events.describe_connection(
        Name=connection_arn.partition(":connection/")[2].partition("/")[0]
    )
    return Destination(
        name=name,
        method=destination["HttpMethod"],
        endpoint=destination["InvocationEndpoint"],
        rate_limit=destination.get("InvocationRateLimitPerSecond", 300),
        connection=_connection(connection, read_secret),
    )


def _connection(connection: Mapping[str, Any], read_secret: ReadSecret) -> Connection:
    auth = connection.get("AuthParameters") or {}
    kind = connection["AuthorizationType"]
    if kind != "API_KEY":
        reason = f"the connection's authorization is {kind}, not API_KEY"
        return Connection(name=connection["Name"], headers={}, unsupported=reason)
    invocation = auth.get("InvocationHttpParameters") or {}
    own = [*invocation.get("HeaderParameters", ()), *invocation.get("QueryStringParameters", ())]
    unsupported = None
    if invocation.get("BodyParameters"):
        unsupported = "the connection adds to the request's body"
    elif any("Value" not in one for one in own):
        unsupported = "the connection has secret parameters, which the AWS API does not show"
    secret = read_secret(connection["SecretArn"])
    key = auth["ApiKeyAuthParameters"]["ApiKeyName"]
    return Connection(
        name=connection["Name"],
        headers=_parameters(invocation.get("HeaderParameters", ()))
        | {key: Secret(secret["api_key_value"])},
        query_string=_parameters(invocation.get("QueryStringParameters", ())),
        unsupported=unsupported,
    )


def _parameters(parameters: Sequence[Mapping[str, Any]]) -> dict[str, Secret]:
    return {one["Key"]: Secret(one.get("Value", "")) for one in parameters}
