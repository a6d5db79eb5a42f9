"""Read the deployed pipes and rules from the AWS API.

The clients are boto3's, or objects with the same methods; this module does not import boto3.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any, Protocol

from eventpipes.definition import (
    NO_DESTINATION,
    Connection,
    Definition,
    Destination,
    EventBusTarget,
    Logging,
    Secret,
    Source,
    StateMachineTarget,
)
from eventpipes.rule import MAX_EVENT_AGE, MAX_RETRY_ATTEMPTS, RuleDefinition
from eventpipes.workflow_target import connections_of


class PipesClient(Protocol):
    """The methods of boto3's `pipes` client that this module calls."""

    def describe_pipe(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803 - AWS's name
        """Return a pipe."""


class EventsClient(Protocol):
    """The methods of boto3's `events` client that this module calls."""

    def describe_api_destination(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803
        """Return an API destination."""

    def describe_connection(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803
        """Return a connection."""


class StatesClient(Protocol):
    """The method of boto3's `stepfunctions` client that this module calls."""

    def describe_state_machine(self, *, stateMachineArn: str) -> Mapping[str, Any]:  # noqa: N803
        """Return a state machine, with its definition."""


class RulesClient(EventsClient, Protocol):
    """The methods for rules. `NextToken` of an answer is the argument for the next page."""

    def list_rules(self, *, EventBusName: str, NextToken: str = ...) -> Mapping[str, Any]:  # noqa: N803
        """Return a page of a bus's rules."""

    def list_targets_by_rule(
        self,
        *,
        Rule: str,  # noqa: N803
        EventBusName: str,  # noqa: N803
        NextToken: str = ...,  # noqa: N803
    ) -> Mapping[str, Any]:
        """Return a page of a rule's targets."""


ReadSecret = Callable[[str], Mapping[str, Any]]
"""A function that returns the secret with this ARN, as parsed JSON."""


class ConnectionsOnce:
    """An `EventsClient` and a `ReadSecret` that ask once for each connection and each secret.

    Pipes and rules share them. It is for reading several definitions at one time, and not longer.
    """

    def __init__(self, events: EventsClient, read_secret: ReadSecret) -> None:
        self.describe_api_destination = events.describe_api_destination
        self.describe_connection = cache(events.describe_connection)
        self.read_secret = cache(read_secret)


def read_definition(
    name: str,
    pipes: PipesClient,
    events: EventsClient,
    read_secret: ReadSecret,
    states: StatesClient | None = None,
) -> Definition:
    """Return a deployed pipe, with its destination and connection, or with its state machine.

    Without `states`, a pipe to a state machine is unsupported.
    """
    pipe = pipes.describe_pipe(Name=name)
    parameters = pipe.get("SourceParameters") or {}
    stream = parameters.get("DynamoDBStreamParameters")
    target = pipe.get("TargetParameters") or {}
    http = target.get("HttpParameters") or {}
    log = pipe.get("LogConfiguration") or {}
    arn = pipe["Target"]
    bus = _bus(arn, target.get("EventBridgeEventBusParameters") or {})
    unsupported, machine = None, None
    if stream is None:
        unsupported = "the source is not a DynamoDB stream"
    elif pipe.get("Enrichment"):
        unsupported = "it has an enrichment"
    elif _STATE_MACHINE in arn and states is None:
        unsupported = "this command does not read state machines"
    elif _STATE_MACHINE in arn:
        assert states is not None
        invocation = target.get("StepFunctionStateMachineParameters") or {}
        machine = read_state_machine(
            states.describe_state_machine(stateMachineArn=arn),
            invocation.get("InvocationType", "REQUEST_RESPONSE"),
            events,
            read_secret,
        )
    elif bus is None and _DESTINATION not in arn:
        unsupported = "the target is not an API destination, an event bus or a state machine"
    elif bus is not None:
        unsupported = _other_parameters(target.get("EventBridgeEventBusParameters") or {})
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
            on_partial_batch_item_failure=stream.get("OnPartialBatchItemFailure"),
            parallelization_factor=stream.get("ParallelizationFactor", 1),
            maximum_batching_window=stream.get("MaximumBatchingWindowInSeconds", 0),
        ),
        filters=tuple(each["Pattern"] for each in filters),
        target_arn=arn,
        destination=NO_DESTINATION
        if unsupported or bus or machine
        else _destination(arn, events, read_secret),
        event_bus=bus,
        state_machine=machine,
        input_template=target.get("InputTemplate") or None,
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


_DESTINATION = ":api-destination/"
_STATE_MACHINE = ":stateMachine:"


def read_state_machine(
    machine: Mapping[str, Any], invocation: str, events: EventsClient, read_secret: ReadSecret
) -> StateMachineTarget:
    """Return a state machine, as DescribeStateMachine returns it, with its connections."""
    log = machine.get("loggingConfiguration") or {}
    groups = [
        each["cloudWatchLogsLogGroup"]["logGroupArn"].removesuffix(":*")
        for each in log.get("destinations") or ()
    ]
    return StateMachineTarget(
        name=machine["name"],
        arn=machine["stateMachineArn"],
        definition=machine["definition"],
        invocation_type=invocation,
        type=machine["type"],
        connections={
            arn: _connection(arn, events, read_secret)
            for arn in sorted(connections_of(machine["definition"]))
        },
        log_group_arn=next(iter(groups), None),
    )


def _bus(arn: str, parameters: Mapping[str, Any]) -> EventBusTarget | None:
    name = arn.partition(":event-bus/")[2]
    if not name:
        return None
    return EventBusTarget(
        name=name,
        arn=arn,
        detail_type=parameters.get("DetailType"),
        source=parameters.get("Source"),
    )


def _other_parameters(parameters: Mapping[str, Any]) -> str | None:
    others = sorted(name for name in ("EndpointId", "Resources", "Time") if parameters.get(name))
    return f"the event bus gets {', '.join(others)} from it" if others else None


RuleAndTarget = tuple[Mapping[str, Any], Mapping[str, Any]]
"""A rule and one of its targets, as the API lists them."""


def list_targets(bus: str, events: RulesClient) -> list[RuleAndTarget]:
    """Return each target of a bus's rules with its rule, as the API lists them."""
    return [
        (rule, target)
        for rule in _pages(partial(events.list_rules, EventBusName=bus), "Rules")
        for target in _pages(
            partial(events.list_targets_by_rule, Rule=rule["Name"], EventBusName=bus), "Targets"
        )
    ]


def _pages(ask: Callable[..., Mapping[str, Any]], member: str) -> Iterator[Mapping[str, Any]]:
    answer = ask()
    yield from answer[member]
    while token := answer.get("NextToken"):
        answer = ask(NextToken=token)
        yield from answer[member]


def read_rules(bus: str, events: RulesClient, read_secret: ReadSecret) -> list[RuleDefinition]:
    """Return one definition for each target of a bus's rules, sorted by `full_name`."""
    targets = list_targets(bus, events)
    rules = (read_rule(bus, target, events, read_secret) for target in targets)
    return sorted(rules, key=lambda rule: rule.full_name)


def read_rule(
    bus: str, listed: RuleAndTarget, events: EventsClient, read_secret: ReadSecret
) -> RuleDefinition:
    """Return the definition of a listed rule and target, with its destination and connection."""
    rule, target = listed
    arn = target["Arn"]
    transformer, http = target.get("InputTransformer") or {}, target.get("HttpParameters") or {}
    retries = target.get("RetryPolicy") or {}
    unsupported = None
    if not rule.get("EventPattern"):
        unsupported = "it has no event pattern"
    elif _DESTINATION not in arn:
        unsupported = f"the target {arn} is not an API destination"
    elif target.get("Input") is not None:
        unsupported = "the target has a constant input"
    return RuleDefinition(
        name=rule["Name"],
        arn=rule["Arn"],
        event_bus=bus,
        pattern=rule.get("EventPattern", ""),
        state=rule.get("State", "ENABLED"),
        target_id=target["Id"],
        target_arn=arn,
        destination=NO_DESTINATION if unsupported else _destination(arn, events, read_secret),
        input_path=target.get("InputPath"),
        input_paths=transformer.get("InputPathsMap") or {},
        input_template=transformer.get("InputTemplate"),
        path_parameters=tuple(http.get("PathParameterValues") or ()),
        query_string=http.get("QueryStringParameters") or {},
        headers=http.get("HeaderParameters") or {},
        maximum_retry_attempts=retries.get("MaximumRetryAttempts", MAX_RETRY_ATTEMPTS),
        maximum_event_age=retries.get("MaximumEventAgeInSeconds", MAX_EVENT_AGE),
        dead_letter_queue_arn=(target.get("DeadLetterConfig") or {}).get("Arn"),
        unsupported=unsupported,
    )


def _destination(arn: str, events: EventsClient, read_secret: ReadSecret) -> Destination:
    name = arn.partition(_DESTINATION)[2].partition("/")[0]
    destination = events.describe_api_destination(Name=name)
    return Destination(
        name=name,
        method=destination["HttpMethod"],
        endpoint=destination["InvocationEndpoint"],
        rate_limit=destination.get("InvocationRateLimitPerSecond", 300),
        connection=_connection(destination["ConnectionArn"], events, read_secret),
    )


def _connection(arn: str, events: EventsClient, read_secret: ReadSecret) -> Connection:
    name = arn.partition(":connection/")[2].partition("/")[0]
    connection = events.describe_connection(Name=name)
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
    elif any("Value" not in parameter for parameter in own):
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
    return {each["Key"]: Secret(each.get("Value", "")) for each in parameters}
