"""Read pipes and rules out of synthesized Terraform JSON (`cdk.tf.json`).

References between resources are followed. What only exists after a deploy is named after
what it will be: an ARN with the account 000000000000, a variable as `${var.name}`.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventpipes.definition import (
    NO_DESTINATION,
    Connection,
    Definition,
    Destination,
    EventBus,
    Logging,
    Secret,
    Source,
)
from eventpipes.errors import InvalidDefinition
from eventpipes.rule import MAX_EVENT_AGE, MAX_RETRY_ATTEMPTS, RuleDefinition

ACCOUNT = "000000000000"
_REFERENCE = re.compile(r"\$\{(aws_\w+)\.([\w-]+)\.(\w+)\}")


def read_definitions(file: Path) -> list[Definition]:
    """Return the pipes of a synthesized file, in the order of their names.

    Raises:
        InvalidDefinition: there is no such file, or it is not as Terraform takes it.

    """
    return definitions(_read(file))


def read_rules(file: Path) -> list[RuleDefinition]:
    """Return the rules of a synthesized file, one for each target, in the order of their places.

    Raises:
        InvalidDefinition: there is no such file, or it is not as Terraform takes it.

    """
    return rules(_read(file))


def definitions(document: Mapping[str, Any]) -> list[Definition]:
    """Return the pipes of synthesized JSON, in the order of their names."""
    stack = _Stack(document)
    pipes = document.get("resource", {}).get("aws_pipes_pipe", {})
    return sorted((stack.pipe(pipe) for pipe in pipes.values()), key=lambda pipe: pipe.name)


def rules(document: Mapping[str, Any]) -> list[RuleDefinition]:
    """Return the rules of synthesized JSON, one for each target, in the order of their places."""
    stack = _Stack(document)
    targets = document.get("resource", {}).get("aws_cloudwatch_event_target", {})
    return sorted((stack.rule(target) for target in targets.values()), key=lambda rule: rule.place)


def _read(file: Path) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise InvalidDefinition(f"{file} does not exist: synthesize first") from None
    except ValueError as error:
        raise InvalidDefinition(f"{file} is not JSON: {error}") from None
    return document


def _block(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a block that is there at most once, whether as an object or as a list of one."""
    found = holder.get(name) or {}
    block: Mapping[str, Any] = found[0] if isinstance(found, list) else found
    return block


class _Stack:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._resources: Mapping[str, Mapping[str, Any]] = document.get("resource", {})
        providers = document.get("provider", {}).get("aws", [{}])
        self._region = providers[0].get("region", "us-east-1")

    def pipe(self, pipe: Mapping[str, Any]) -> Definition:
        source = pipe.get("source_parameters") or {}
        stream = source.get("dynamodb_stream_parameters")
        target = _block(pipe, "target_parameters")
        http = _block(target, "http_parameters")
        log = pipe.get("log_configuration") or {}
        destination = self._follow(pipe["target"]) or {}
        parameters = _block(target, "eventbridge_event_bus_parameters")
        bus = self._bus(pipe["target"], parameters)
        unsupported = None
        if stream is None:
            unsupported = "the source is not a DynamoDB stream"
        elif pipe.get("enrichment"):
            unsupported = "it has an enrichment"
        elif bus is None and "invocation_endpoint" not in destination:
            unsupported = "the target is neither an API destination nor a bus of the same stack"
        elif strange := sorted(parameters.keys() & {"endpoint_id", "resources", "time"}):
            unsupported = f"the event bus gets {', '.join(strange)} from it"
        stream = stream or {}
        group = log.get("cloudwatch_logs_log_destination") or {}
        queue = (stream.get("dead_letter_config") or {}).get("arn")
        return Definition(
            name=pipe["name"],
            arn=self._arn("pipes", f"pipe/{pipe['name']}"),
            desired_state=pipe.get("desired_state", "RUNNING"),
            source=Source(
                arn=self._named(pipe["source"]),
                starting_position=stream.get("starting_position", "LATEST"),
                batch_size=stream.get("batch_size", 1),
                maximum_retry_attempts=stream.get("maximum_retry_attempts", -1),
                maximum_record_age=stream.get("maximum_record_age_in_seconds", -1),
                dead_letter_queue_arn=self._named(queue) if queue else None,
            ),
            filters=tuple(
                one["pattern"] for one in (source.get("filter_criteria") or {}).get("filter", ())
            ),
            target_arn=self._named(pipe["target"]),
            destination=NO_DESTINATION if bus else self._destination(destination),
            event_bus=bus,
            input_template=target.get("input_template") or None,
            path_parameters=tuple(http.get("path_parameter_values") or ()),
            query_string=http.get("query_string_parameters") or {},
            headers=http.get("header_parameters") or {},
            logging=Logging(
                level=log.get("level", "OFF"),
                log_group_arn=self._named(group["log_group_arn"]) if group else None,
                execution_data="ALL" in (log.get("include_execution_data") or ()),
            ),
            unsupported=unsupported,
        )

    def rule(self, target: Mapping[str, Any]) -> RuleDefinition:
        rule = self._rule(target["rule"])
        bus = self._bus_name(target.get("event_bus_name") or rule.get("event_bus_name"))
        name = rule.get("name", target["rule"])
        destination = self._follow(target["arn"]) or {}
        transformer, http = _block(target, "input_transformer"), _block(target, "http_target")
        retries = _block(target, "retry_policy")
        queue = _block(target, "dead_letter_config").get("arn")
        unsupported = None
        if "event_pattern" not in rule:
            unsupported = "it has no event pattern"
        elif "invocation_endpoint" not in destination:
            unsupported = "the target is not an API destination of the same stack"
        elif target.get("input") is not None:
            unsupported = "the target has a constant input"
        return RuleDefinition(
            name=name,
            arn=self._arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}"),
            event_bus=bus,
            pattern=rule.get("event_pattern", ""),
            state=rule.get("state", "ENABLED"),
            target_id=target.get("target_id", ""),
            target_arn=self._named(target["arn"]),
            destination=self._destination(destination),
            input_path=target.get("input_path"),
            input_paths=transformer.get("input_paths") or {},
            input_template=transformer.get("input_template"),
            path_parameters=tuple(http.get("path_parameter_values") or ()),
            query_string=http.get("query_string_parameters") or {},
            headers=http.get("header_parameters") or {},
            maximum_retry_attempts=retries.get("maximum_retry_attempts", MAX_RETRY_ATTEMPTS),
            maximum_event_age=retries.get("maximum_event_age_in_seconds", MAX_EVENT_AGE),
            dead_letter_queue_arn=self._named(queue) if queue else None,
            unsupported=unsupported,
        )

    def _rule(self, reference: str) -> Mapping[str, Any]:
        """Return the rule that a target names, by a reference or by its name."""
        found = self._follow(reference)
        if found is not None:
            return found
        every = self._resources.get("aws_cloudwatch_event_rule", {}).values()
        named: dict[str, Mapping[str, Any]] = {one.get("name", ""): one for one in every}
        return named.get(reference, {})

    def _bus(self, target: str, parameters: Mapping[str, Any]) -> EventBus | None:
        """Return the bus that a pipe's target is, if it is one."""
        arn = self._named(target)
        name = arn.partition(":event-bus/")[2]
        if not name:
            return None
        return EventBus(
            name=name,
            arn=arn,
            detail_type=parameters.get("detail_type"),
            source=parameters.get("source"),
        )

    def _bus_name(self, reference: str | None) -> str:
        name = self._named(reference or "default")
        return name.partition(":event-bus/")[2] or name

    def _destination(self, destination: Mapping[str, Any]) -> Destination:
        return Destination(
            name=destination.get("name", ""),
            method=destination.get("http_method", ""),
            endpoint=destination.get("invocation_endpoint", ""),
            rate_limit=destination.get("invocation_rate_limit_per_second", 300),
            connection=_connection(self._follow(destination.get("connection_arn", "")) or {}),
        )

    def _follow(self, reference: str) -> Mapping[str, Any] | None:
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            return None
        found: Mapping[str, Any] | None = self._resources.get(match[1], {}).get(match[2])
        return found

    def _named(self, reference: str) -> str:
        """Return the ARN that a reference will have, as far as it can be told."""
        match = _REFERENCE.fullmatch(reference)
        resource = self._follow(reference)
        if match is None or resource is None:
            return reference
        name = resource.get("name", match[2])
        return {
            "aws_cloudwatch_event_api_destination": self._arn("events", f"api-destination/{name}"),
            "aws_cloudwatch_event_bus": self._arn("events", f"event-bus/{name}"),
            "aws_cloudwatch_log_group": self._arn("logs", f"log-group:{name}"),
            "aws_dynamodb_table": self._arn("dynamodb", f"table/{name}/stream/LATEST"),
            "aws_sqs_queue": self._arn("sqs", name),
        }.get(match[1], reference)

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self._region}:{ACCOUNT}:{resource}"


def _connection(connection: Mapping[str, Any]) -> Connection:
    auth = connection.get("auth_parameters") or {}
    key = auth.get("api_key")
    invocation = auth.get("invocation_http_parameters") or {}
    unsupported = None
    if not key:
        unsupported = "the connection's authorization is not an API key"
    elif invocation.get("body"):
        unsupported = "the connection adds to the request's body"
    headers = {one["key"]: Secret(one["value"]) for one in invocation.get("header") or ()}
    return Connection(
        name=connection.get("name", ""),
        headers=headers | ({key["key"]: Secret(key["value"])} if key else {}),
        query_string={
            one["key"]: Secret(one["value"]) for one in invocation.get("query_string") or ()
        },
        unsupported=unsupported,
    )
