"""Pipes read from the AWS API, with substitutes for the clients."""

from collections.abc import Mapping
from typing import Any

import pytest

from eventpipes import Pipe, Request, Unsupported
from eventpipes.deployed import ConnectionsOnce, read_definition
from tests.eventpipes.cases import read_record

ACCOUNT = "us-east-1:123456789012"
KEY = "planted-key-that-must-not-be-seen"
PIPE: dict[str, Any] = {
    "Name": "put",
    "Arn": f"arn:aws:pipes:{ACCOUNT}:pipe/put",
    "DesiredState": "RUNNING",
    "CurrentState": "RUNNING",
    "Source": f"arn:aws:dynamodb:{ACCOUNT}:table/t/stream/2024",
    "Target": f"arn:aws:events:{ACCOUNT}:api-destination/cache/0c2a",
    "SourceParameters": {
        "FilterCriteria": {"Filters": [{"Pattern": '{"eventName":["INSERT"]}'}]},
        "DynamoDBStreamParameters": {
            "BatchSize": 1,
            "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{ACCOUNT}:dead"},
            "MaximumRecordAgeInSeconds": 3600,
            "MaximumRetryAttempts": 3,
            "StartingPosition": "TRIM_HORIZON",
        },
    },
    "TargetParameters": {
        "InputTemplate": '{"e":<$.eventName>}',
        "HttpParameters": {
            "PathParameterValues": ["weather"],
            "QueryStringParameters": {"key": "$.dynamodb.Keys.Location.S"},
            "HeaderParameters": {"X-Kind": "weather"},
        },
    },
    "LogConfiguration": {
        "CloudwatchLogsLogDestination": {"LogGroupArn": f"arn:aws:logs:{ACCOUNT}:log-group:g"},
        "Level": "INFO",
        "IncludeExecutionData": ["ALL"],
    },
}
DESTINATION: dict[str, Any] = {
    "Name": "cache",
    "ConnectionArn": f"arn:aws:events:{ACCOUNT}:connection/momento/7f31",
    "HttpMethod": "PUT",
    "InvocationEndpoint": "https://cache.example/cache/*",
    "InvocationRateLimitPerSecond": 50,
}
CONNECTION: dict[str, Any] = {
    "Name": "momento",
    "AuthorizationType": "API_KEY",
    "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "Authorization"}},
    "SecretArn": f"arn:aws:secretsmanager:{ACCOUNT}:secret:momento",
}


class Clients:
    """A substitute for the `pipes` and `events` clients and for the secret."""

    def __init__(
        self, pipe: Any = PIPE, destination: Any = DESTINATION, connection: Any = CONNECTION
    ) -> None:
        self.pipe, self.destination, self.connection = pipe, destination, connection
        self.asked: list[str] = []

    def describe_pipe(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803 - AWS's name
        """Answer with the pipe."""
        self.asked.append(f"pipe {Name}")
        return dict(self.pipe)

    def describe_api_destination(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803
        """Answer with the destination."""
        self.asked.append(f"destination {Name}")
        return dict(self.destination)

    def describe_connection(self, *, Name: str) -> Mapping[str, Any]:  # noqa: N803
        """Answer with the connection."""
        self.asked.append(f"connection {Name}")
        return dict(self.connection)

    def read_secret(self, arn: str) -> Mapping[str, Any]:
        """Answer with the connection's stored secret."""
        self.asked.append(f"secret {arn.rpartition(':')[2]}")
        return {"api_key_name": "Authorization", "api_key_value": KEY}

    def read(self) -> Pipe:
        """Read the definition and return its pipe."""
        return Pipe(read_definition("put", self, self, self.read_secret))


def test_pipe_destination_connection_and_secret_are_read_by_name() -> None:
    clients = Clients()
    clients.read()
    assert clients.asked == [
        "pipe put",
        "destination cache",
        "connection momento",
        "secret momento",
    ]


def test_a_connection_that_pipes_share_is_asked_for_once() -> None:
    clients = Clients()
    once = ConnectionsOnce(clients, clients.read_secret)
    pipes = [Pipe(read_definition("put", clients, once, once.read_secret)) for _ in range(2)]
    assert pipes[0].definition == pipes[1].definition
    assert clients.asked == [
        *("pipe put", "destination cache", "connection momento", "secret momento"),
        *("pipe put", "destination cache"),
    ]


def test_everything_that_was_deployed_is_read() -> None:
    found = Clients().read().definition
    assert (found.name, found.arn, found.desired_state) == ("put", PIPE["Arn"], "RUNNING")
    assert found.source.arn == PIPE["Source"]
    assert found.source.starting_position == "TRIM_HORIZON"
    assert (found.source.batch_size, found.source.maximum_retry_attempts) == (1, 3)
    assert found.source.maximum_record_age == 3600
    assert found.source.dead_letter_queue_arn == f"arn:aws:sqs:{ACCOUNT}:dead"
    assert found.destination.rate_limit == 50
    assert found.logging.level == "INFO"
    assert found.logging.log_group_arn == f"arn:aws:logs:{ACCOUNT}:log-group:g"
    assert found.logging.execution_data


def test_a_pipe_runs_as_deployed() -> None:
    sent = Clients().read().process(read_record("insert"))
    assert isinstance(sent, Request)
    assert (sent.method, sent.body) == ("PUT", '{"e":"INSERT"}')
    assert sent.url == "https://cache.example/cache/weather?key=Oslo"
    assert (sent.headers["Authorization"], sent.headers["X-Kind"]) == (KEY, "weather")
    assert KEY not in repr(sent)


def test_missing_parts_have_their_defaults() -> None:
    bare = {
        **{name: PIPE[name] for name in ("Name", "Arn", "DesiredState", "Source", "Target")},
        "SourceParameters": {"DynamoDBStreamParameters": {}},
        "TargetParameters": {"HttpParameters": {"PathParameterValues": ["a"]}},
    }
    destination = {key: DESTINATION[key] for key in DESTINATION if "RateLimit" not in key}
    found = Clients(bare, destination).read().definition
    assert found.source.starting_position == "LATEST"
    assert (found.source.batch_size, found.source.maximum_retry_attempts) == (1, -1)
    assert (found.source.maximum_record_age, found.source.dead_letter_queue_arn) == (-1, None)
    assert (found.filters, found.input_template) == ((), None)
    assert found.destination.rate_limit == 300
    assert (found.logging.level, found.logging.execution_data) == ("OFF", False)


def connection_with(**invocation: list[dict[str, str]]) -> dict[str, Any]:
    """Return the connection with parameters of its own."""
    auth = {**CONNECTION["AuthParameters"], "InvocationHttpParameters": invocation}
    return {**CONNECTION, "AuthParameters": auth}


def test_the_connections_parameters_are_its_headers_and_query_string() -> None:
    connection = (
        Clients(
            connection=connection_with(
                HeaderParameters=[{"Key": "X-Team", "Value": "weather"}],
                QueryStringParameters=[{"Key": "version", "Value": "2"}],
            )
        )
        .read()
        .definition.destination.connection
    )
    assert connection.headers["X-Team"] == "weather"
    assert connection.query_string == {"version": "2"}
    assert connection.unsupported is None


SQS = f"arn:aws:sqs:{ACCOUNT}:q"
FUNCTION = "arn:aws:lambda:us-east-1:1:function:f"
NO_TARGET = "the target is not an API destination, an event bus or a state machine$"
BODY = connection_with(BodyParameters=[{"Key": "a", "Value": "b"}])
SECRET = connection_with(HeaderParameters=[{"Key": "a"}])


@pytest.mark.parametrize(
    ("pipe", "connection", "reason", "asked"),
    [
        ({"Enrichment": FUNCTION}, {}, "it has an enrichment$", 1),
        (
            {"SourceParameters": {"SqsQueueParameters": {}}},
            {},
            "the source is not a DynamoDB stream$",
            1,
        ),
        ({"Target": SQS}, {}, NO_TARGET, 1),
        ({}, {"AuthorizationType": "OAUTH"}, ".* authorization is OAUTH, not API_KEY", 3),
        ({}, {"AuthorizationType": "BASIC"}, ".* authorization is BASIC, not API_KEY", 3),
        ({}, BODY, ".* adds to the request's body", 4),
        ({}, SECRET, ".* secret parameters, which the AWS API", 4),
    ],
    ids=["enrichment", "source", "target", "OAuth", "basic", "body", "secret parameters"],
)
def test_what_the_engine_cannot_run_is_unsupported_without_further_calls(
    pipe: dict[str, Any], connection: dict[str, Any], reason: str, asked: int
) -> None:
    clients = Clients(PIPE | pipe, connection=CONNECTION | connection)
    with pytest.raises(Unsupported, match=f"^pipe put: {reason}"):
        clients.read()
    every = ["pipe put", "destination cache", "connection momento", "secret momento"]
    assert clients.asked == every[:asked]
