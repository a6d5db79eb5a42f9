"""Read pipes and rules from synthesized Terraform JSON (`cdk.tf.json`).

References between resources are resolved. Values that are known only after a deployment are
replaced: an ARN has the account 000000000000, a variable is `${var.name}`.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from eventpipes.block import Block, is_whole_expression
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
from eventpipes.document import Document
from eventpipes.errors import InvalidDefinition
from eventpipes.rule import MAX_EVENT_AGE, MAX_RETRY_ATTEMPTS, RuleDefinition
from eventpipes.workflow_target import connections_of

ACCOUNT = "000000000000"
_PARAMETERS = ("path_parameter_values", "query_string_parameters", "header_parameters")
_REFERENCE = re.compile(r"\$\{(aws_\w+)\.([\w-]+)\.(\w+)\}")


def read_definitions(file: Path) -> list[Definition]:
    """Return the pipes of a synthesized file, sorted by name.

    Raises:
        InvalidDefinition: the file does not exist, or Terraform would refuse it.

    """
    return definitions(_read(file))


def read_rules(file: Path) -> list[RuleDefinition]:
    """Return one definition for each target of a file's rules, sorted by `full_name`.

    Raises:
        InvalidDefinition: the file does not exist, or Terraform would refuse it.

    """
    return rules(_read(file))


def definitions(document: Mapping[str, Any]) -> list[Definition]:
    """Return the pipes of synthesized JSON, sorted by name.

    Raises:
        InvalidDefinition: Terraform would refuse an argument of a pipe.

    """
    return sorted((read() for read in pipe_readers(document)), key=lambda pipe: pipe.name)


def rules(document: Mapping[str, Any]) -> list[RuleDefinition]:
    """Return one definition for each target of the rules in synthesized JSON, by `full_name`.

    Raises:
        InvalidDefinition: Terraform would refuse an argument of a rule or a target.

    """
    return sorted((read() for read in rule_readers(document)), key=lambda rule: rule.full_name)


def pipe_readers(document: Mapping[str, Any]) -> Iterator[Callable[[], Definition]]:
    """Yield a function for each pipe, which reads it or raises InvalidDefinition."""
    stack = _Stack(document)
    for id_, body in stack.resources("aws_pipes_pipe"):
        yield partial(stack.pipe, Block(f"aws_pipes_pipe.{id_}", body))


def rule_readers(document: Mapping[str, Any]) -> Iterator[Callable[[], RuleDefinition]]:
    """Yield a function for each target, which reads it and its rule or raises InvalidDefinition."""
    stack = _Stack(document)
    for id_, body in stack.resources("aws_cloudwatch_event_target"):
        yield partial(stack.rule, Block(f"aws_cloudwatch_event_target.{id_}", body))


def _read(file: Path) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise InvalidDefinition(f"{file} does not exist: synthesize first") from None
    except ValueError as error:
        raise InvalidDefinition(f"{file} is not JSON: {error}") from None
    return document


class _Stack:
    def __init__(self, document: Mapping[str, Any]) -> None:
        read = Document(document)
        self._resources = read.resources
        self._region = read.region

    def resources(self, type_: str) -> Iterable[tuple[str, Any]]:
        return self._resources.get(type_, {}).items()

    def pipe(self, pipe: Block) -> Definition:
        name = pipe.text("name") or pipe.address
        source = pipe.block("source_parameters")
        stream = source.block("dynamodb_stream_parameters")
        target = pipe.block("target_parameters")
        http = target.block("http_parameters")
        log = pipe.block("log_configuration")
        to = pipe.text("target")
        destination = Block(f"the destination of {pipe.address}", self._follow(to) or {})
        parameters = target.block("eventbridge_event_bus_parameters")
        bus = self._bus(to, parameters)
        machine = self._state_machine(
            to, target.block("step_function_state_machine_parameters").text("invocation_type")
        )
        unsupported = None
        if not stream:
            unsupported = "the source is not a DynamoDB stream"
        elif pipe.has("enrichment"):
            unsupported = "it has an enrichment"
        elif machine is not None:
            unsupported = _unknown_definition(machine)
        elif bus is None and not destination.has("invocation_endpoint"):
            unsupported = (
                "the target is not an API destination, an event bus or a state machine of the same"
                " stack"
            )
        elif others := sorted(
            name for name in ("endpoint_id", "resources", "time") if parameters.has(name)
        ):
            unsupported = f"the event bus gets {', '.join(others)} from it"
        elif is_whole_expression(target.text("input_template")):
            unsupported = "its input template is a Terraform expression"
        group = log.block("cloudwatch_logs_log_destination").text("log_group_arn")
        queue = stream.block("dead_letter_config").text("arn")
        filters = tuple(
            block.must_text("pattern") for block in source.block("filter_criteria").blocks("filter")
        )
        unknown = http.is_unknown(*_PARAMETERS)
        if unsupported is None and any(map(is_whole_expression, filters)):
            unsupported = "a filter is a Terraform expression"
        elif unsupported is None and unknown:
            unsupported = "its HTTP parameters are a Terraform expression"
        return Definition(
            name=name,
            arn=self._arn("pipes", f"pipe/{name}"),
            desired_state=pipe.text("desired_state") or "RUNNING",
            source=Source(
                arn=self._named(pipe.text("source")),
                starting_position=stream.text("starting_position") or "",
                batch_size=stream.number("batch_size", 1, unknown=1),
                maximum_retry_attempts=stream.number("maximum_retry_attempts", -1, unknown=1),
                maximum_record_age=stream.number("maximum_record_age_in_seconds", -1, unknown=60),
                dead_letter_queue_arn=self._named(queue) if queue else None,
                on_partial_batch_item_failure=stream.text("on_partial_batch_item_failure") or None,
                parallelization_factor=stream.number("parallelization_factor", 1, unknown=1),
                maximum_batching_window=stream.number(
                    "maximum_batching_window_in_seconds", 0, unknown=0
                ),
            ),
            filters=filters,
            target_arn=self._named(to),
            destination=NO_DESTINATION if bus or machine else self._destination(destination),
            event_bus=bus,
            state_machine=machine,
            input_template=target.text("input_template") or None,
            path_parameters=http.texts("path_parameter_values"),
            query_string=http.mapping("query_string_parameters"),
            headers=http.mapping("header_parameters"),
            enriched=pipe.has("enrichment"),
            enrichment_template=pipe.block("enrichment_parameters").text("input_template"),
            unknown_parameters=unknown,
            logging=Logging(
                level=log.text("level") or "OFF",
                log_group_arn=self._named(group) if group else None,
                execution_data="ALL" in log.texts("include_execution_data"),
            ),
            unsupported=unsupported,
        )

    def rule(self, target: Block) -> RuleDefinition:
        reference = target.must_text("rule")
        rule = self._rule(reference)
        bus = self._bus_name(target.text("event_bus_name") or rule.text("event_bus_name"))
        name = rule.text("name") or reference
        to = target.must_text("arn")
        destination = Block(f"the destination of {target.address}", self._follow(to) or {})
        transformer, http = target.block("input_transformer"), target.block("http_target")
        retries = target.block("retry_policy")
        queue = target.block("dead_letter_config").text("arn")
        unsupported = None
        if not rule.has("event_pattern"):
            unsupported = "it has no event pattern"
        elif not destination.has("invocation_endpoint"):
            unsupported = "the target is not an API destination of the same stack"
        elif target.has("input"):
            unsupported = "the target has a constant input"
        elif is_whole_expression(rule.text("event_pattern")) or is_whole_expression(
            transformer.text("input_template")
        ):
            unsupported = "its pattern or its template is a Terraform expression"
        elif http.is_unknown(*_PARAMETERS):
            unsupported = "its HTTP parameters are a Terraform expression"
        attempts, age = "maximum_retry_attempts", "maximum_event_age_in_seconds"
        return RuleDefinition(
            name=name,
            arn=self._arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}"),
            event_bus=bus,
            pattern=rule.text("event_pattern") or "",
            state=rule.text("state") or "ENABLED",
            target_id=target.text("target_id") or "",
            target_arn=self._named(to),
            destination=self._destination(destination),
            input_path=target.text("input_path"),
            input_paths=transformer.mapping("input_paths"),
            input_template=transformer.text("input_template"),
            path_parameters=http.texts("path_parameter_values"),
            query_string=http.mapping("query_string_parameters"),
            headers=http.mapping("header_parameters"),
            maximum_retry_attempts=retries.number(attempts, MAX_RETRY_ATTEMPTS, unknown=0),
            maximum_event_age=retries.number(age, MAX_EVENT_AGE, unknown=MAX_EVENT_AGE),
            dead_letter_queue_arn=self._named(queue) if queue else None,
            constant_input=target.text("input") or None,
            unknown_parameters=http.is_unknown(*_PARAMETERS),
            unsupported=unsupported,
        )

    def _rule(self, reference: str) -> Block:
        """Return the rule that a target names by a reference or by its name."""
        rule = self._follow(reference)
        if rule is None:
            every = self._resources.get("aws_cloudwatch_event_rule", {}).values()
            named = {body.get("name", ""): body for body in every}
            rule = named.get(reference, {})
        return Block(f"the rule {reference}", rule)

    def _bus(self, target: str | None, parameters: Block) -> EventBusTarget | None:
        arn = self._named(target)
        name = arn.partition(":event-bus/")[2]
        if not name:
            return None
        return EventBusTarget(
            name=name,
            arn=arn,
            detail_type=parameters.text("detail_type"),
            source=parameters.text("source"),
        )

    def _state_machine(
        self, target: str | None, invocation: str | None
    ) -> StateMachineTarget | None:
        match = _REFERENCE.fullmatch(target or "")
        if match is None or match[1] != "aws_sfn_state_machine":
            return None
        machine = Block(f"the state machine {target}", self._follow(target) or {})
        group = machine.block("logging_configuration").text("log_destination")
        definition = machine.text("definition") or ""
        return StateMachineTarget(
            name=machine.text("name") or match[2],
            arn=self._named(target),
            definition=definition,
            invocation_type=invocation or "REQUEST_RESPONSE",
            type=machine.text("type") or "STANDARD",
            connections={
                arn: _connection(Block(f"the connection {arn}", self._connection(arn)))
                for arn in connections_of(definition)
            },
            log_group_arn=self._named(group.removesuffix(":*")) if group else None,
        )

    def _connection(self, arn: str) -> Mapping[str, Any]:
        """Return the connection with an ARN, which may be a reference."""
        every = self._resources.get("aws_cloudwatch_event_connection", {}).values()
        known = {body.get("arn"): body for body in every}
        connection: Mapping[str, Any] = self._follow(arn) or known.get(arn) or {}
        return connection

    def _bus_name(self, reference: str | None) -> str:
        name = self._named(reference or "default")
        return name.partition(":event-bus/")[2] or name

    def _destination(self, destination: Block) -> Destination:
        reference = destination.text("connection_arn") or ""
        connection = Block(f"the connection {reference}", self._follow(reference) or {})
        return Destination(
            name=destination.text("name") or "",
            method=destination.text("http_method") or "",
            endpoint=destination.text("invocation_endpoint") or "",
            rate_limit=destination.number("invocation_rate_limit_per_second", 300, unknown=300),
            connection=_connection(connection),
        )

    def _follow(self, reference: str | None) -> Mapping[str, Any] | None:
        match = _REFERENCE.fullmatch(reference or "")
        if match is None:
            return None
        resource: Mapping[str, Any] | None = self._resources.get(match[1], {}).get(match[2])
        return resource

    def _named(self, reference: str | None) -> str:
        """Return the ARN of a reference's resource, or the reference if the ARN is not known."""
        match = _REFERENCE.fullmatch(reference or "")
        resource = self._follow(reference)
        if match is None or resource is None:
            return reference or ""
        name = resource.get("name", match[2])
        return {
            "aws_cloudwatch_event_api_destination": self._arn("events", f"api-destination/{name}"),
            "aws_cloudwatch_event_bus": self._arn("events", f"event-bus/{name}"),
            "aws_cloudwatch_log_group": self._arn("logs", f"log-group:{name}"),
            "aws_sfn_state_machine": self._arn("states", f"stateMachine:{name}"),
            "aws_dynamodb_table": self._arn("dynamodb", f"table/{name}/stream/LATEST"),
            "aws_sqs_queue": self._arn("sqs", name),
        }.get(match[1], reference or "")

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self._region}:{ACCOUNT}:{resource}"


def _unknown_definition(machine: StateMachineTarget) -> str | None:
    if not machine.definition:
        return "the definition of its state machine is known only after apply"
    if is_whole_expression(machine.definition):
        return "the definition of its state machine is a Terraform expression"
    return None


def _connection(connection: Block) -> Connection:
    auth = connection.block("auth_parameters")
    key = auth.block("api_key")
    invocation = auth.block("invocation_http_parameters")
    unsupported = None
    if not connection:
        unsupported = "its connection does not exist"
    elif not key:
        unsupported = "the connection's authorization is not an API key"
    elif invocation.has("body"):
        unsupported = "the connection adds to the request's body"
    return Connection(
        name=connection.text("name") or "",
        headers=_parameters(invocation.blocks("header")) | (_parameters([key]) if key else {}),
        query_string=_parameters(invocation.blocks("query_string")),
        unsupported=unsupported,
    )


def _parameters(blocks: Iterable[Block]) -> dict[str, Secret]:
    return {each.must_text("key"): Secret(each.text("value") or "") for each in blocks}
