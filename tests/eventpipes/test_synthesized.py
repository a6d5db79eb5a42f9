"""Pipes read from synthesized JSON: those of the weather stack, and those that cannot be run."""

import json
from pathlib import Path
from typing import Any

import pytest

from eventpipes import Filtered, InvalidDefinition, Pipe, Request, Unsupported
from eventpipes.document import Document
from eventpipes.synthesized import definitions, read_definitions
from momento_pipes.momento.update_connection import PLACEHOLDER
from tests.each import each
from tests.eventpipes.cases import read_record
from tests.synthesized import synthesize

HOST = "https://cache.example"


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with the weather stack's JSON."""
    file = tmp_path_factory.mktemp("synthesized") / "cdk.tf.json"
    file.write_text(synthesize(MOMENTO_API_ENDPOINT=HOST).text, encoding="utf-8")
    return file


@pytest.fixture
def document(synthesized: Path) -> Any:
    """Return the weather stack's JSON, parsed, to be changed."""
    return json.loads(synthesized.read_text(encoding="utf-8"))


def only(document: dict[str, Any], type_: str) -> dict[str, Any]:
    """Return the first resource of a type, by its id."""
    resources = document["resource"][type_]
    found: dict[str, Any] = resources[min(resources)]
    return found


def test_the_three_pipes_come_in_the_order_of_their_names(synthesized: Path) -> None:
    names = [definition.name for definition in read_definitions(synthesized)]
    assert names == sorted(names)
    assert [name.rpartition("demo-")[2] for name in names] == [
        "cache-delete-pipe",
        "cache-put-pipe",
        "topic-publish-pipe",
    ]


def test_references_are_followed(synthesized: Path) -> None:
    """To the destination, the connection, the stream, the queue and the log group."""
    delete, put, publish = read_definitions(synthesized)
    assert (delete.destination.method, put.destination.method) == ("DELETE", "PUT")
    assert publish.destination.endpoint.startswith(f"{HOST}/topics/")
    assert put.destination.connection.headers.keys() == {"Authorization"}
    account = "arn:aws:dynamodb:us-east-1:000000000000:table/weather-stats-demo/stream/"
    assert put.source.arn.startswith(account)
    assert (put.source.dead_letter_queue_arn or "").startswith("arn:aws:sqs:us-east-1:0000")
    assert (put.logging.log_group_arn or "").startswith("arn:aws:logs:us-east-1:0000")
    assert put.source.batch_size == 1
    assert put.source.maximum_retry_attempts > 0
    assert put.unsupported is None


def test_each_pipe_has_its_own_operation(synthesized: Path) -> None:
    delete, put, publish = map(Pipe, read_definitions(synthesized))
    insert, remove = read_record("insert"), read_record("remove")
    assert isinstance(delete.process(insert), Filtered)
    assert isinstance(put.process(remove), Filtered)
    sent = [put.process(insert), delete.process(remove), publish.process(remove)]
    assert [one.method for one in sent if isinstance(one, Request)] == ["PUT", "DELETE", "POST"]


def test_the_connection_has_a_placeholder_for_the_key(synthesized: Path) -> None:
    [header] = read_definitions(synthesized)[0].destination.connection.headers.values()
    assert header == PLACEHOLDER


def test_a_missing_file_says_to_synthesize_first(tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition, match=r"cdk\.tf\.json does not exist: synthesize first$"):
        read_definitions(tmp_path / "cdk.tf.json")


def test_a_file_that_is_not_json_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "cdk.tf.json"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(InvalidDefinition, match=r"cdk\.tf\.json is not JSON: Expecting"):
        read_definitions(file)


def test_a_stack_without_pipes_gives_an_empty_list() -> None:
    assert definitions({}) == []


NO_TARGET = "the target is not an API destination, an event bus"


KEY = {"key": "k", "value": "v"}
OWN = [{"key": "a", "value": "b"}]
PIPE, CONNECTION = "aws_pipes_pipe", "aws_cloudwatch_event_connection"


@pytest.mark.parametrize(
    ("type_", "changes", "reason"),
    [
        (
            PIPE,
            {"enrichment": "arn:aws:lambda:us-east-1:1:function:f"},
            "it has an enrichment",
        ),
        (
            PIPE,
            {"source_parameters": {"sqs_queue_parameters": {}}},
            "the source is not a DynamoDB stream",
        ),
        (PIPE, {"target": "arn:aws:sqs:us-east-1:1:queue"}, NO_TARGET),
        (PIPE, {"target": "${aws_sqs_queue.nope.arn}"}, NO_TARGET),
        (PIPE, {"target": "${var.target}"}, NO_TARGET),
        (
            CONNECTION,
            {"auth_parameters": {"oauth": {"http_method": "POST"}}},
            "authorization is not an API key",
        ),
        (
            CONNECTION,
            {"auth_parameters": {"basic": {"username": "a", "password": "b"}}},
            "authorization is not an API key",
        ),
        (
            CONNECTION,
            {"auth_parameters": {"api_key": KEY, "invocation_http_parameters": {"body": OWN}}},
            "request's body",
        ),
    ],
)
def test_what_the_engine_cannot_run_is_unsupported(
    document: Any, type_: str, changes: dict[str, Any], reason: str
) -> None:
    only(document, type_).update(changes)
    with pytest.raises(Unsupported, match=reason):
        Pipe(definitions(document)[0])


def test_missing_connection_is_unsupported(document: Any) -> None:
    """A state is like this after somebody deleted the connection by hand."""
    del document["resource"][CONNECTION]
    with pytest.raises(Unsupported, match="its connection does not exist"):
        Pipe(definitions(document)[0])


def test_the_connections_parameters_are_its_headers_and_query_string(document: Any) -> None:
    only(document, CONNECTION)["auth_parameters"] = {
        "api_key": KEY,
        "invocation_http_parameters": {"header": OWN, "query_string": OWN},
    }
    connection = Pipe(definitions(document)[0]).definition.destination.connection
    assert connection.headers == {"a": "b", "k": "v"}
    assert connection.query_string == {"a": "b"}


@each(document=[{}, {"provider": {"random": [{}]}}, {"resource": None}])
def test_a_document_may_have_no_resources_and_another_provider(document: dict[str, Any]) -> None:
    read = Document(document)
    assert (read.troubles, dict(read.resources), read.region) == ([], {}, "us-east-1")


@each(provider=[{"region": "eu-west-1"}, [{"alias": "other"}, {"region": "eu-west-1"}]])
def test_the_region_is_the_providers(provider: Any) -> None:
    assert Document({"provider": {"aws": provider}}).region == "eu-west-1"


def test_missing_arguments_have_awss_defaults(document: Any) -> None:
    for pipe in document["resource"][PIPE].values():
        pipe["source_parameters"] = {
            "dynamodb_stream_parameters": {"starting_position": "TRIM_HORIZON"}
        }
        for name in ("target_parameters", "log_configuration", "desired_state"):
            pipe.pop(name, None)
    for destination in document["resource"]["aws_cloudwatch_event_api_destination"].values():
        destination.pop("invocation_rate_limit_per_second")
    found = definitions(document)[0]
    assert found.destination.rate_limit == 300
    source = found.source
    assert source.starting_position == "TRIM_HORIZON"
    assert (source.batch_size, source.maximum_batching_window) == (1, 0)
    assert source.parallelization_factor == 1
    assert (found.source.maximum_retry_attempts, found.source.maximum_record_age) == (-1, -1)
    assert found.source.dead_letter_queue_arn is None
    assert (found.filters, found.input_template, found.path_parameters) == ((), None, ())
    assert (found.logging.level, found.logging.log_group_arn) == ("OFF", None)
    assert found.desired_state == "RUNNING"
