"""Read pipes out of synthesized Terraform JSON (`cdk.tf.json`).

References between resources are followed. What only exists after a deploy is named after
what it will be: an ARN with the account 000000000000, a variable as `${var.name}`.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eventpipes.definition import Connection, Definition, Destination, Logging, Secret, Source
from eventpipes.errors import InvalidDefinition

ACCOUNT = "000000000000"
_REFERENCE = re.compile(r"\$\{(aws_\w+)\.([\w-]+)\.(\w+)\}")


def read_definitions(file: Path) -> list[Definition]:
    """Return the pipes of a synthesized file, in the order of their names.

    Raises:
        InvalidDefinition: there is no such file, or it is not as Terraform takes it.

    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise InvalidDefinition(f"{file} does not exist: synthesize first") from None
    except ValueError as error:
        raise InvalidDefinition(f"{file} is not JSON: {error}") from None
    return definitions(document)


def definitions(document: Mapping[str, Any]) -> list[Definition]:
    """Return the pipes of synthesized JSON, in the order of their names."""
    stack = _Stack(document)
    pipes = document.get("resource", {}).get("aws_pipes_pipe", {})
    return sorted((stack.pipe(pipe) for pipe in pipes.values()), key=lambda pipe: pipe.name)


class _Stack:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._resources: Mapping[str, Mapping[str, Any]] = document.get("resource", {})
        providers = document.get("provider", {}).get("aws", [{}])
        self._region = providers[0].get("region", "us-east-1")

    def pipe(self, pipe: Mapping[str, Any]) -> Definition:
        source = pipe.get("source_parameters") or {}
        stream = source.get("dynamodb_stream_parameters")
        target = pipe.get("target_parameters") or {}
        http = target.get("http_parameters") or {}
        log = pipe.get("log_configuration") or {}
        destination = self._follow(pipe["target"])
        unsupported = None
        if stream is None:
            unsupported = "the source is not a DynamoDB stream"
        elif pipe.get("enrichment"):
            unsupported = "it has an enrichment"
        elif destination is None or "invocation_endpoint" not in destination:
            unsupported = "the target is not an API destination of the same stack"
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
            destination=self._destination(destination or {}),
            input_template=target.get("input_template"),
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
