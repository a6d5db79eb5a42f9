"""A pipe: the outcome of a record, and which definitions are refused."""

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from eventpipes import (
    Connection,
    Definition,
    Destination,
    Filtered,
    InvalidDefinition,
    Pipe,
    Request,
    Secret,
    Source,
    Unprocessable,
    Unsupported,
)
from eventpipes.outcome import masked
from tests.each import each
from tests.eventpipes.cases import read_record

KEY = "planted-key-that-must-not-be-seen"
CONNECTION = Connection(name="momento", headers={"Authorization": Secret(KEY)})
DESTINATION = Destination(
    name="put", method="PUT", endpoint="https://cache.example/cache/*", connection=CONNECTION
)
SOURCE = Source(arn="arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/s")
DEFINITION = Definition(
    name="cache-put",
    arn="arn:aws:pipes:us-east-1:123456789012:pipe/cache-put",
    source=SOURCE,
    target_arn="arn:aws:events:us-east-1:123456789012:api-destination/put",
    destination=DESTINATION,
    filters=('{"eventName":["INSERT","MODIFY"]}',),
    input_template='{"MaxTemp":<$.dynamodb.NewImage.MaxTemp.N>}',
    path_parameters=("weather",),
    query_string={"key": "$.dynamodb.Keys.Location.S", "ttl_seconds": "60"},
)


def pipe(**changes: Any) -> Pipe:
    """Return the pipe of a definition with some changes."""
    return Pipe(dataclasses.replace(DEFINITION, **changes))


def pipe_to(endpoint: str, *path_parameters: str, **changes: Any) -> Pipe:
    """Return the pipe to another endpoint."""
    destination = dataclasses.replace(DESTINATION, endpoint=endpoint)
    return pipe(destination=destination, path_parameters=path_parameters, **changes)


def pipe_with(connection: Connection, **changes: Any) -> Pipe:
    """Return the pipe with another connection."""
    return pipe(destination=dataclasses.replace(DESTINATION, connection=connection), **changes)


def request(of: Pipe, name: str = "insert", **at: Any) -> Request:
    """Return the request that a pipe sends for a sample record."""
    outcome = of.process(read_record(name), **at)
    assert isinstance(outcome, Request)
    return outcome


def test_request_of_a_record() -> None:
    assert request(pipe()) == Request(
        method="PUT",
        url="https://cache.example/cache/weather?key=Oslo&ttl_seconds=60",
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Amazon/EventBridge/ApiDestinations",
            "Range": "bytes=0-1048575",
            "Accept-Encoding": "gzip,deflate",
            "Connection": "close",
            "Authorization": KEY,
        },
        body='{"MaxTemp":"21"}',
    )


# --- Filters --------------------------------------------------------------------------------


def test_a_record_that_no_filter_matches_is_filtered() -> None:
    assert pipe().process(read_record("remove")) == Filtered(DEFINITION.filters)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["insert", "modify", "remove", "insert_without_ttl", "unicode"])
def test_without_filters_every_record_is_sent(name: str) -> None:
    assert request(pipe(filters=()), name).method == "PUT"


def test_any_of_several_filters_is_enough() -> None:
    several = pipe(filters=('{"eventName":["MODIFY"]}', '{"eventName":["REMOVE"]}'))
    assert request(several, "remove").method == "PUT"
    assert isinstance(several.process(read_record("insert")), Filtered)


def test_record_is_not_changed() -> None:
    record = read_record("insert")
    pipe().process(record)
    assert record == read_record("insert")


# --- Body -----------------------------------------------------------------------------------


def test_without_a_template_the_record_is_the_body() -> None:
    assert json.loads(request(pipe(input_template=None)).body) == read_record("insert")


def test_a_removed_items_image_is_empty_strings() -> None:
    assert request(pipe(filters=()), "remove").body == '{"MaxTemp":""}'


def test_a_quote_in_a_value_is_sent_as_it_is() -> None:
    """EventBridge does not escape; see docs/templates.md."""
    body = request(pipe(input_template='{"a":<$.dynamodb.Keys.Location.S>}'), "quotes").body
    assert body == '{"a":"The "Loop" / 5% & more?"}'
    with pytest.raises(ValueError, match="Expecting ',' delimiter"):
        json.loads(body)


def test_the_reserved_variables_are_the_pipes() -> None:
    names = ("pipe-arn", "pipe-name", "source-arn", "target-arn", "enrichment-arn")
    template = json.dumps([f"<aws.pipes.{name}>" for name in names])
    assert json.loads(request(pipe(input_template=template)).body) == [
        DEFINITION.arn,
        "cache-put",
        SOURCE.arn,
        DEFINITION.target_arn,
        "",
    ]


def test_the_ingestion_time_can_be_given() -> None:
    timed = pipe(input_template="<aws.pipes.event.ingestion-time>\n")
    now = datetime(2024, 5, 17, 9, 0, tzinfo=UTC)
    assert request(timed, now=now).body == "2024-05-17T09:00:00Z\n"


def test_the_ingestion_time_is_now_otherwise() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    body = request(pipe(input_template="<aws.pipes.event.ingestion-time>")).body
    assert before <= datetime.fromisoformat(body) <= datetime.now(UTC)


# --- URL ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("unicode", "S%C3%A3o%20Paulo%20%E6%9D%B1%E4%BA%AC%20%F0%9F%8C%A7"),
        ("quotes", "The%20%22Loop%22%20%2F%205%25%20%26%20more%3F"),
    ],
)
def test_values_in_the_url_are_percent_encoded(name: str, key: str) -> None:
    of = pipe_to(
        "https://h/*/items/*", "$.dynamodb.Keys.Location.S", "a/b", query_string={"a b": "c d"}
    )
    assert request(of, name).url == f"https://h/{key}/items/a%2Fb?a%20b=c%20d"


def test_the_pipes_query_is_joined_to_the_endpoints() -> None:
    assert request(pipe_to("https://h/a?x=1", query_string={"y": "2"})).url == "https://h/a?x=1&y=2"


def test_a_path_that_is_not_in_the_record_gives_an_empty_value() -> None:
    query = {"ttl_seconds": "$.dynamodb.NewImage.TTL.N"}
    url = "https://cache.example/cache/weather?ttl_seconds="
    assert request(pipe(query_string=query)).url == f"{url}600"
    assert request(pipe(query_string=query), "insert_without_ttl").url == url


def test_parameters_read_the_original_record() -> None:
    of = pipe(input_template='{"eventName":"other"}', query_string={"e": "$.eventName"})
    assert request(of).url.endswith("?e=INSERT")


# --- Headers and the connection -------------------------------------------------------------


def test_headers_are_constants_or_read_from_the_record() -> None:
    headers = request(pipe(headers={"X-Kind": "weather", "X-Event": "$.eventName"})).headers
    assert (headers["X-Kind"], headers["X-Event"]) == ("weather", "INSERT")


@each(
    ("headers", "own", "name", "value"),
    [
        ({"Content-Type": "text/plain"}, {}, "content-type", "text/plain"),
        ({"content-type": "text/plain"}, {}, "content-type", "text/plain"),
        ({}, {"content-type": "text/plain"}, "content-type", "text/plain"),
        ({"Authorization": "mine"}, {"Authorization": KEY}, "authorization", KEY),
        ({"authorization": "mine"}, {"Authorization": KEY}, "authorization", KEY),
    ],
)
def test_header_of_the_pipe_or_the_connection_replaces_another(
    headers: dict[str, str], own: dict[str, str], name: str, value: str
) -> None:
    """A pipe's header replaces a default. A connection's header replaces both."""
    connection = Connection(name="c", headers={key: Secret(text) for key, text in own.items()})
    sent = request(pipe_with(connection, headers=headers)).headers
    assert [text for key, text in sent.items() if key.lower() == name] == [value]


@each(name=["User-Agent", "range", "HOST", "Content-Length", "Via", "TE"])
def test_header_that_eventbridge_removes_is_not_sent(name: str) -> None:
    """See AWS: "API destinations as targets", headers; pipe and connection get a warning."""
    connection = Connection(name="c", headers={name: Secret("me")})
    for made in (pipe(headers={name: "me"}), pipe_with(connection)):
        headers = request(made).headers
        assert "me" not in headers.values()
        assert headers["User-Agent"] == "Amazon/EventBridge/ApiDestinations"
        assert made.warnings == (f"EventBridge removes the header {name}: leave it out",)


@pytest.mark.parametrize(
    ("template", "variable"),
    [
        ("<$.dynamodb.NewImage>", "$.dynamodb.NewImage"),
        (" <aws.pipes.event.json>\n", "aws.pipes.event.json"),
        ("<$.eventName>", "$.eventName"),
    ],
)
def test_template_of_one_variable_alone_is_a_warning(template: str, variable: str) -> None:
    (warning,) = pipe(input_template=template).warnings
    assert f"the input template is only <{variable}>" in warning
    assert f'{{"value": <{variable}>}}' in warning


@each(
    path=[
        *("$", "$.dynamodb", "$.dynamodb.Keys", "$.dynamodb.NewImage", "$.userIdentity"),
        *("$.dynamodb.OldImage.Tags.L", "$.dynamodb.NewImage.Due.M", "$.dynamodb.NewImage.Due"),
        *("$.dynamodb.NewImage.Due.M.amount", "$.dynamodb.NewImage.Tags.L[0]"),
        *("$.dynamodb.NewImage.Tags.SS", "$.dynamodb.NewImage.Tags.L.0.M"),
    ]
)
def test_object_in_quotes_in_a_json_object_is_a_warning(path: str) -> None:
    (warning,) = pipe(input_template=f'{{"a":"all of <{path}>"}}').warnings
    assert f"<{path}> in quotes" in warning
    assert pipe(input_template=f'"all of <{path}>"').warnings == ()
    assert pipe(input_template=f'{{"a":<{path}>}}').warnings == ()


@each(
    path=[
        *("$.eventName", "$.dynamodb.Keys.Location.S", "$.dynamodb.NewImage.Due.M.amount.N"),
        *("$.dynamodb.SizeBytes", "$.userIdentity.type", "$.dynamodb.NewImage.Tags.L[0].BOOL"),
        *("$.dynamodb.NewImage.Tags.SS[0]", "$.detail"),
    ]
)
def test_text_in_quotes_gives_no_warning(path: str) -> None:
    assert pipe(input_template=f'{{"a":"all of <{path}>"}}').warnings == ()


@pytest.mark.parametrize("value", ["$.a b", "$.a:b", "$..a", "$.", "$[x]"])
def test_path_that_aws_cannot_read_is_empty_and_a_warning(value: str) -> None:
    made = pipe(query_string={"key": value})
    assert request(made).url == "https://cache.example/cache/weather?key="
    (warning,) = made.warnings
    assert warning.startswith("AWS accepts the HTTP parameter 'key', but it is always empty")


def test_an_empty_template_equals_no_template() -> None:
    """A prior state has "" if there is no template; see PipeTargetParameters: length 0 to 8,192."""
    assert request(pipe(input_template="")) == request(pipe(input_template=None))


def test_the_connections_query_string_wins_over_the_pipes() -> None:
    connection = Connection(name="c", headers={}, query_string={"key": Secret("a b")})
    assert request(pipe_with(connection)).url == (
        "https://cache.example/cache/weather?ttl_seconds=60&key=a%20b"
    )


@each(line_break=["\n", "\r", "\r\nX-Other: 1", "\0", "\x1b[2J", "\x7f"])
def test_a_header_with_a_control_character_cannot_be_sent(line_break: str) -> None:
    of = pipe(headers={"X-City": "$.dynamodb.Keys.Location.S"})
    record = read_record("insert")
    record["dynamodb"]["Keys"]["Location"]["S"] = f"Oslo{line_break}"
    assert of.process(record) == Unprocessable("the header X-City would have a control character")


# --- Secrets --------------------------------------------------------------------------------


def test_no_repr_shows_a_secret() -> None:
    shown = [repr(one) for one in (DEFINITION, CONNECTION, request(pipe()), [Secret(KEY)])]
    assert [text for text in shown if KEY in text] == []
    assert all("***" in text for text in shown)


def test_masked_headers_show_all_but_secrets() -> None:
    headers = request(pipe(headers={"X-Kind": "weather"})).headers
    shown = masked(headers)
    assert shown["Authorization"] == "***"
    assert shown["X-Kind"] == "weather"
    assert shown.keys() == headers.keys()


# --- Definitions that are refused -------------------------------------------------------------

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "batch size": ({"source": {"batch_size": 10}}, r"batch_size is 10, .* use 1$"),
    "short age": ({"source": {"maximum_record_age": 59}}, r"is 59; use 60 to 604800, or -1"),
    "long age": ({"source": {"maximum_record_age": 604_801}}, r"is 604801; use 60 to 604800"),
    "no age": ({"source": {"maximum_record_age": 0}}, r"is 0; use 60 to 604800"),
    "retries": ({"source": {"maximum_retry_attempts": 10_001}}, r"is 10001; use 0 to 10000"),
    "less than -1": ({"source": {"maximum_retry_attempts": -2}}, r"is -2; use 0 to 10000, or -1"),
    "filters": ({"filters": ('{"a":[1]}',) * 6}, r"6 filters, and a pipe may have 5: .* \$or$"),
    "long pattern": (
        {"filters": (f'{{"a":["{"x" * 4_087}"]}}',)},
        r"has 4097 characters and may have 4096$",
    ),
    "wrong pattern": ({"filters": ('{"a":"x"}',)}, r"event pattern at a: .* write \[\"x\"\]$"),
    "template": ({"input_template": "<$.a"}, r"column 1: the variable is not closed; add a >"),
    "template path": ({"input_template": "<$.a b>"}, r"'\$\.a b' is not a path at column 4"),
    "too few": ({"path_parameters": ()}, r"^.*0 path parameters, .* 1 wildcards \(\*\)"),
    "too many": ({"path_parameters": ("a", "b")}, r"2 path parameters, .* 1 wildcards \(\*\)"),
    "path parameter": ({"path_parameters": (" ",)}, "path parameter 1 is ' '; .* empty or blank"),
    "query": ({"query_string": {"": "v"}}, "query string parameter '': its name is ''"),
    "header": ({"headers": {"k": "v" * 513}}, "'k': its value has 513 characters; .* have 512"),
    "header name": ({"headers": {"a b": "v"}}, "Header parameter 'a b': its name is 'a b'"),
    "header value": ({"headers": {"a": "é"}}, "Header parameter 'a': its value is 'é'"),
}


@each(("changes", "message"), REFUSED.values())
def test_a_definition_is_refused_with_the_pipe_and_the_fix(
    changes: dict[str, Any], message: str
) -> None:
    if "source" in changes:
        changes = {"source": dataclasses.replace(SOURCE, **changes["source"])}
    with pytest.raises(InvalidDefinition, match=message) as caught:
        pipe(**changes)
    assert str(caught.value).startswith("pipe cache-put: ")


@each(
    changes=[
        {"source": dataclasses.replace(SOURCE, maximum_record_age=60)},
        {"source": dataclasses.replace(SOURCE, maximum_record_age=604_800)},
        {"source": dataclasses.replace(SOURCE, maximum_record_age=-1)},
        {"source": dataclasses.replace(SOURCE, maximum_retry_attempts=0)},
        {"source": dataclasses.replace(SOURCE, maximum_retry_attempts=10_000)},
        {"filters": ('{"eventName":["INSERT"]}',) * 5},
        {"filters": (f'{{"eventName":["INSERT","{"x" * 4_069}"]}}',)},
    ]
)
def test_definition_at_its_limits_is_accepted(changes: dict[str, Any]) -> None:
    assert request(pipe(**changes)).method == "PUT"


def test_definition_that_the_engine_cannot_run_is_unsupported() -> None:
    with pytest.raises(Unsupported, match=r"^pipe cache-put: it has an enrichment$"):
        pipe(unsupported="it has an enrichment")
    with pytest.raises(Unsupported, match=r"^pipe cache-put: OAuth$"):
        pipe_with(dataclasses.replace(CONNECTION, unsupported="OAuth"))
