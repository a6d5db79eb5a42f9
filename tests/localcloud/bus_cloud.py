"""The weather resources with one pipe to an event bus; its rules do what the pipes do."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from eventpipes import Definition
from localcloud.deliveries.delivery import Delivery
from localcloud.runner.runner import Runner
from tests.localcloud.arrivals import until
from tests.localcloud.weather_cloud import WeatherCloud
from tests.localcloud.weather_pipes import DELETE, PUBLISH, PUT

BUS, PIPE, TARGET = "weather", "changes", "momento"
ROLE = "arn:aws:iam::123456789012:role/events"
ARN = "arn:aws:events:us-east-1:123456789012"
RULES = {PUT: "cache-put", DELETE: "cache-delete", PUBLISH: "topic-publish"}


class BusCloud(WeatherCloud):
    """A bus, and a pipe that puts each record on it; a test adds the rules that it needs."""

    def create(self, *pipes: str, **target: Any) -> None:
        """Create the pipe to the bus, and rules instead of these pipes."""
        self.weather.events.create_event_bus(Name=BUS)
        for pipe in pipes:
            self.put_rule(pipe, **target)
        arguments = self.weather.arguments(self.weather.definition(DELETE))
        arguments["SourceParameters"].pop("FilterCriteria", None)
        self.weather.pipes.create_pipe(
            **arguments
            | {
                "Name": PIPE,
                "Target": f"{ARN}:event-bus/{BUS}",
                "TargetParameters": {
                    "EventBridgeEventBusParameters": {"Source": "momento.weather"}
                },
            }
        )

    @contextmanager
    def running_rules(self, *pipes: str, **target: Any) -> Iterator[Runner]:
        """Create the pipe to the bus, and rules instead of these pipes, and run them."""
        self.create(*pipes, **target)
        with self.runner() as runner:
            runner.wait_until_reading(PIPE)
            yield runner

    def put_rule(self, pipe: str, **target: Any) -> None:
        """Create or replace a rule with its target; None removes a member of the target."""
        definition = self.weather.definition(pipe)
        detail = (
            json.loads(definition.filters[0])
            if definition.filters
            else {"eventID": [{"exists": True}]}
        )
        self.weather.events.put_rule(
            Name=RULES[pipe], EventBusName=BUS, EventPattern=json.dumps({"detail": detail})
        )
        members = self._target(definition) | target
        self.weather.events.put_targets(
            Rule=RULES[pipe],
            EventBusName=BUS,
            Targets=[{name: value for name, value in members.items() if value is not None}],
        )

    def _target(self, definition: Definition) -> dict[str, Any]:
        return {
            "Id": TARGET,
            "Arn": self.weather.destination_arns[definition.name],
            "RoleArn": ROLE,
            "InputTransformer": {
                "InputPathsMap": {"location": "$.detail.dynamodb.Keys.Location.S"},
                "InputTemplate": '{"Location":<location>}',
            },
            "HttpParameters": {
                "PathParameterValues": list(definition.path_parameters),
                "QueryStringParameters": {
                    name: value.replace("$.", "$.detail.")
                    for name, value in definition.query_string.items()
                },
            },
            "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 86_400},
            "DeadLetterConfig": {"Arn": self.weather.queue_arn},
        }

    def letter(self) -> tuple[dict[str, Any], Mapping[str, str]]:
        """Receive one dead letter: the event, and the message's attributes."""
        found: list[Any] = []

        def taken() -> bool:
            answer = self.weather.sqs.receive_message(
                QueueUrl=self.weather.queue_url, MessageAttributeNames=["All"]
            )
            found.extend(answer.get("Messages", []))
            return bool(found)

        until(taken)
        (message,) = found
        attributes = message["MessageAttributes"]
        assert {one["DataType"] for one in attributes.values()} == {"String"}
        return json.loads(message["Body"]), {
            name: one["StringValue"] for name, one in attributes.items()
        }

    def put_and_wait(self, location: str, pipe: str = PUT) -> Delivery:
        """Write a record; return the delivery of its event by the rule."""
        rule = RULES[pipe]
        before = len(self.of(rule))
        self.weather.put(location)
        return self.wait_for(rule, before + 1)[-1]


def state(runner: Runner, pipe: str) -> tuple[str, str]:
    """Return the state of the rule that replaces a pipe, and the reason."""
    status = runner.statuses.get(f"{BUS}/{RULES[pipe]}/{TARGET}")
    return (status.state, status.reason) if status else ("", "")
