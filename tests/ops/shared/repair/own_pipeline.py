"""A pipeline of one's own beside the weather stack's, made by boto3 in the place of Terraform."""

import json
from collections.abc import Mapping
from typing import Any

from eventpipes import Definition
from localcloud.applied import ACCOUNT
from momento_pipes.mapping import Attribute, ItemMapping, KeySchema, RuleConfig, Stream, StreamView
from tests.localcloud.contents import records_of, shard_of
from tests.localcloud.weather_pipes import CACHE, DELETE, PUBLISH, PUT
from tests.ops.shared.repair.repair_cloud import RepairCloud

DESTINATIONS = {"cache-put": PUT, "topic-publish": PUBLISH, "cache-delete": DELETE}
"""The weather pipes whose destinations are taken: they are for any key and any topic."""
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipes"
DETAIL_TYPE = "DynamoDB Stream Record"
ID, EMAIL, STATUS = Attribute("Id"), Attribute("Email"), Attribute("Status")
BY_ID = KeySchema(ID)


class OwnPipeline:
    """A table with a stream, a queue, and the pipes of a mapping; or a pipe, a bus and rules.

    `keys` are strings. What it leaves goes with the cloud that it is on.
    """

    def __init__(
        self,
        cloud: RepairCloud,
        id_: str,
        *,
        mapping: ItemMapping,
        keys: KeySchema = BY_ID,
        view: StreamView = StreamView.NEW_AND_OLD_IMAGES,
        bus: bool = False,
    ) -> None:
        self._cloud = cloud
        self._made = cloud.weather
        self.name = f"{cloud.weather.table}-{id_}"
        names = [attribute.name for attribute in keys.attributes]
        kinds = ("HASH", "RANGE")
        self.stream_arn: str = self._made.dynamodb.create_table(
            TableName=self.name,
            KeySchema=[
                {"AttributeName": name, "KeyType": kind}
                for name, kind in zip(names, kinds, strict=False)
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": view},
        )["TableDescription"]["LatestStreamArn"]
        self.queue_url = self._made.sqs.create_queue(QueueName=f"{self.name}-dlq")["QueueUrl"]
        self.queue_arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{self.name}-dlq"
        self.routes = mapping.pipe_configs(Stream(keys, view), CACHE)
        if bus:
            self._create_bus()
        else:
            for operation, route in self.routes.items():
                definition = route.definition(self.name, method="", endpoint="")
                self._create_pipe(operation, definition)

    def _create_pipe(self, operation: str, definition: Definition) -> None:
        weather = self._made.definition(DESTINATIONS[operation])
        arguments = self._made.arguments(weather)
        filters = [{"Pattern": pattern} for pattern in definition.filters]
        target: dict[str, Any] = {
            "HttpParameters": {
                "PathParameterValues": list(definition.path_parameters),
                "QueryStringParameters": dict(definition.query_string),
            }
        }
        if definition.input_template is not None:
            target["InputTemplate"] = definition.input_template
        self._made.pipes.create_pipe(
            **arguments
            | {
                "Name": f"{self.name}-{operation}-pipe",
                "Source": self.stream_arn,
                "SourceParameters": self._source(filters),
                "TargetParameters": target,
            }
        )

    def _source(self, filters: list[dict[str, str]]) -> dict[str, Any]:
        return {
            "DynamoDBStreamParameters": {
                "StartingPosition": "LATEST",
                "BatchSize": 1,
                "MaximumRetryAttempts": 3,
                "DeadLetterConfig": {"Arn": self.queue_arn},
            },
            **({"FilterCriteria": {"Filters": filters}} if filters else {}),
        }

    def _create_bus(self) -> None:
        events, bus = self._made.events, f"{self.name}-bus"
        arn = events.create_event_bus(Name=bus)["EventBusArn"]
        for operation, route in self.routes.items():
            rule, sent = (
                f"{self.name}-{operation}-rule",
                RuleConfig.of_pipe(route, event_source=self.name),
            )
            events.put_rule(Name=rule, EventBusName=bus, EventPattern=sent.pattern)
            target: dict[str, Any] = {
                "Id": "momento",
                "Arn": self._made.destination_arns[DESTINATIONS[operation]],
                "RoleArn": ROLE,
                "HttpParameters": {
                    "PathParameterValues": list(sent.path_parameters),
                    "QueryStringParameters": dict(sent.query_string_parameters),
                },
                "DeadLetterConfig": {"Arn": self.queue_arn},
            }
            if sent.input_template is not None:
                target["InputTransformer"] = {
                    "InputPathsMap": dict(sent.input_paths),
                    "InputTemplate": sent.input_template,
                }
            events.put_targets(Rule=rule, EventBusName=bus, Targets=[target])
        self._made.pipes.create_pipe(
            Name=f"{self.name}-changes-pipe",
            RoleArn=ROLE,
            DesiredState="RUNNING",
            Source=self.stream_arn,
            SourceParameters=self._source([]),
            Target=arn,
            TargetParameters={
                "EventBridgeEventBusParameters": {"DetailType": DETAIL_TYPE, "Source": self.name}
            },
        )

    # -- items and records

    def put(self, **item: str | int) -> None:
        """Write an item of strings and numbers."""
        self._made.dynamodb.put_item(TableName=self.name, Item=_typed(item))

    def delete(self, **key: str) -> None:
        """Delete an item."""
        self._made.dynamodb.delete_item(TableName=self.name, Key=_typed(key))

    def records(self) -> list[Any]:
        """Return the stream's records."""
        return records_of(self._made.streams, self.stream_arn)

    # -- letters

    def give_up(self, operation: str, number: int = -1, **place: str) -> None:
        """Put a pipe's dead letter for a record (default: the last) into the queue."""
        letter = self._cloud.letter(
            f"{self.name}-{operation}-pipe",
            self.records()[number],
            **{
                "shardId": shard_of(self._made.streams, self.stream_arn),
                "streamArn": self.stream_arn,
            }
            | place,
        )
        self._made.sqs.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps(letter))

    def give_up_event(self, operation: str, record: Mapping[str, Any]) -> None:
        """Put a rule's dead letter into the queue: the event, and the rule as an attribute."""
        event = {
            "version": "0",
            "id": "7bf73129-1428-4cd3-a780-95db273d1602",
            "detail-type": DETAIL_TYPE,
            "source": self.name,
            "account": ACCOUNT,
            "time": "2026-01-01T00:00:00Z",
            "region": "us-east-1",
            "resources": [],
            "detail": record,
        }
        rule = f"{self.name}-bus/{self.name}-{operation}-rule"
        attributes = {
            "RULE_ARN": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{rule}",
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        }
        self._made.sqs.send_message(
            QueueUrl=self.queue_url,
            MessageBody=json.dumps(event),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )


def _typed(item: Mapping[str, str | int]) -> dict[str, Any]:
    return {
        name: {"N": str(value)} if isinstance(value, int) else {"S": value}
        for name, value in item.items()
    }
