"""A request in pieces. Their text is that of `process`, and each piece has its origin."""

import dataclasses
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eventpipes import (
    Connection,
    EventBusTarget,
    Origin,
    Pipe,
    Request,
    Requests,
    Rule,
    Secret,
    TracedRequest,
    Unprocessable,
    Way,
)
from eventpipes.outcome import Outcome
from tests.eventpipes import test_pipe, test_rule, test_workflow_target
from tests.eventpipes.cases import read_record
from tests.eventpipes.reproducibly import reproducibly
from tests.eventpipes.test_workflow_target import CONNECTION_ARN, INSERT, NOW, PUT, machine

SECRET = "a key/that must not be seen"  # noqa: S105 - it is planted
CONNECTION = Connection(
    name="momento",
    headers={"Authorization": Secret(SECRET), "x-own": Secret("own")},
    query_string={"token": Secret(SECRET), "b": Secret("of the connection")},
)
Json = dict[str, Any]
BUS = EventBusTarget(name="weather", arn="arn:aws:events:us-east-1:123456789012:event-bus/weather")
TO_BUS: Json = {"event_bus": BUS, "path_parameters": (), "query_string": {}}
PLACE = ("dynamodb", "Keys", "Location", "S")
TEMPLATE = '{"dynamodb":<$.dynamodb>,"eventName":<$.eventName>}'

# --- Random definitions and records ---------------------------------------------------------

TEXT = st.text(st.sampled_from('aé😀\\"n\n%&=+?/ <>{}\u2028'), max_size=5)
LEAF = TEXT | st.sampled_from([None, True, 0, 1.5, 10**20, "Oslo"])
VALUE = LEAF | st.lists(LEAF, max_size=2) | st.dictionaries(st.sampled_from("xy"), LEAF, max_size=2)
RECORD = st.dictionaries(st.sampled_from(["a", "b", "c", "eventName"]), VALUE, max_size=4)
PATHS = ["$.a", "$.b", "$.c.x", "$.c[0]", "$.c[*]", "$", "$.a:b", "constant", "ü %"]
PARAMETERS = st.dictionaries(st.sampled_from(["a", "b", "k ü"]), st.sampled_from(PATHS), max_size=3)
HEADERS = st.dictionaries(
    st.sampled_from(["X-A", "X-Own", "Content-Type", "Host"]),
    st.sampled_from(PATHS[:-1]),
    max_size=3,
)
PIPE_PARTS = st.sampled_from(
    [
        *("<$.a>", "<$.b>", "<$.c.x>", "<$.c>", "<$.c[*]>", "<aws.pipes.event.json>"),
        *(
            "<aws.pipes.pipe-name>",
            "<aws.pipes.event.ingestion-time>",
            '{"a":',
            "}",
            '"',
            ",",
            " %s",
        ),
    ]
)
RULE_PARTS = st.sampled_from(["<v>", "<w>", "<aws.events.rule-name>", "n", r"\\", r"\"", " é%s"])
RULE_LINES = st.lists(
    st.lists(RULE_PARTS, max_size=4).map(lambda parts: f' "{"".join(parts)}" ') | st.just("  "),
    min_size=1,
    max_size=3,
).map("\n".join)
RULE_JSON = st.sampled_from(
    ['{"a":<v>,"b":"<w> é"}', '{"a":"\\\\<v>n"}', "[<v>,<w>]", "<aws.events.event.json>"]
)
EXPRESSIONS = st.sampled_from(
    [
        *("{% $states.input.a %}", "{% [$states.input.b] %}", "{% 'x' & $string($states.input) %}"),
        *("constant é", 5, True, "{% $exists($states.input.c) ? $states.input.c : '' %}"),
    ]
)
TEXTS = st.sampled_from(
    ["{% $string($states.input) %}", "{% '?&=' & $string($states.input.a) %}", "c"]
)
BODY = st.recursive(
    EXPRESSIONS | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
QUERY = st.dictionaries(st.sampled_from(["a", "b", "k ü"]), TEXTS, max_size=3)


def is_same(traces: tuple[TracedRequest, ...], outcome: Outcome) -> None:
    """Compare traces with what `process` returns."""
    sent = outcome.requests if isinstance(outcome, Requests) else (outcome,)
    requests = tuple(one for one in sent if isinstance(one, Request))
    assert tuple(one.request for one in traces) == requests
    for trace in traces:
        shown = json.dumps(trace.as_json())
        assert SECRET not in shown
        assert SECRET not in repr(trace)


@reproducibly(300)
@given(
    record=RECORD,
    template=st.none() | st.lists(PIPE_PARTS, max_size=6).map("".join),
    query=PARAMETERS,
    headers=HEADERS,
    path=st.sampled_from(PATHS),
)
def test_the_pieces_of_a_pipe_are_its_request(
    record: Json, template: str | None, query: Json, headers: Json, path: str
) -> None:
    one = test_pipe.pipe_to(
        "https://cache.example/c/*?fixed=1",
        path,
        filters=(),
        input_template=template,
        query_string=query,
        headers=headers,
    )
    traces = one.trace(record, now=NOW)
    is_same(traces, one.process(record, now=NOW))
    for trace in traces:
        wanted = [part for part in (template or "").split("<")[1:] if ">" in part]
        body = [place for place, _ in trace.origins if place == "body"]
        assert len(body) == (1 if not template else len(wanted))


@reproducibly(150)
@given(record=RECORD, query=PARAMETERS, headers=HEADERS)
def test_a_connection_s_values_are_marked_and_hidden(
    record: Json, query: Json, headers: Json
) -> None:
    one = test_pipe.pipe_with(CONNECTION, filters=(), query_string=query, headers=headers)
    traces = one.trace(record)
    is_same(traces, one.process(record))
    for trace in traces:
        secret = {place for place, origin in trace.origins if origin.kind == "connection"}
        assert {"header Authorization", "header x-own", "query token", "query b"} == secret


@reproducibly(300)
@given(record=RECORD, template=RULE_LINES | RULE_JSON, query=PARAMETERS)
def test_the_pieces_of_a_rule_are_its_request(record: Json, template: str, query: Json) -> None:
    """The quotes and escapes of a text are gone in the pieces, too."""
    one = test_rule.rule(
        pattern='{"source":["Pipe changes"]}',
        input_template=template,
        input_paths={"v": "$.detail.a", "w": "$.detail.b"},
        query_string=query,
    )
    event = {**test_rule.event(), "detail": record}
    is_same(one.trace(event, now=NOW), one.process(event, now=NOW))


@reproducibly(150)
@given(record=RECORD, body=BODY, query=QUERY | st.just("{% {'a': $string($states.input)} %}"))
def test_the_pieces_of_a_workflow_are_its_requests(record: Json, body: Any, query: Any) -> None:
    arguments = PUT["Arguments"] | {
        "ApiEndpoint": "{% 'https://cache.example/?' & $string($states.input.a) %}",
        "QueryParameters": query,
        "Headers": {"X-Own": "{% 'task' %}", "X-Kind": "{% 'a' %}", "x-constant": "c"},
        "RequestBody": body,
    }
    one = workflow(PUT | {"Arguments": arguments}, CONNECTION)
    outcome = one.process(record, now=NOW)
    traces = one.trace(record, now=NOW)
    is_same(traces, outcome)
    for trace in traces:
        secret = {place for place, origin in trace.origins if origin.kind == "connection"}
        assert {"header Authorization", "header x-own", "query token", "query b"} == secret
    assert isinstance(outcome, Requests | Unprocessable)


def workflow(task: Json, connection: Connection = test_workflow_target.CONNECTION) -> Pipe:
    """Return a pipe whose state machine runs a task for each record."""
    processor = {"StartAt": "Put", "States": {"Put": task}}
    each = {"Type": "Map", "ItemProcessor": processor, "End": True}
    target = {"definition": machine(Each=each), "connections": {CONNECTION_ARN: connection}}
    return test_workflow_target.pipe(target, filters=())


# --- What gave a piece ----------------------------------------------------------------------


def only(traces: tuple[TracedRequest, ...]) -> TracedRequest:
    """Return the only element."""
    (trace,) = traces
    return trace


def test_each_part_of_a_pipe_s_request_has_its_origin() -> None:
    template = '{"MaxTemp":<$.dynamodb.NewImage.MaxTemp.N>,"by":"<aws.pipes.pipe-name>"}'
    headers = {"X-Kind": "$.eventName"}
    trace = only(
        test_pipe.pipe(input_template=template, headers=headers).trace(read_record("insert"))
    )
    assert [(place, origin.kind, origin.expression) for place, origin in trace.origins] == [
        ("url", "path parameter", "weather"),
        ("query key", "query parameter", "$.dynamodb.Keys.Location.S"),
        ("query ttl_seconds", "query parameter", "60"),
        ("header X-Kind", "header parameter", "$.eventName"),
        ("header Authorization", "connection", "momento"),
        ("body", "template variable", "<$.dynamodb.NewImage.MaxTemp.N>"),
        ("body", "template variable", "<aws.pipes.pipe-name>"),
    ]
    assert [piece.text for piece in trace.body] == [
        '{"MaxTemp":',
        '"21"',
        ',"by":"',
        "cache-put",
        '"}',
    ]
    origin = trace.body[1].origin
    assert origin is not None
    assert (origin.value, origin.path) == ("21", ("dynamodb", "NewImage", "MaxTemp", "N"))
    assert [name for name, _ in trace.query] == ["key", "ttl_seconds"]


def test_a_value_that_the_record_does_not_have_is_absent() -> None:
    query = {"ttl_seconds": "$.dynamodb.NewImage.TTL.N"}
    trace = only(test_pipe.pipe(query_string=query).trace(read_record("insert_without_ttl")))
    ((_, (piece,)),) = trace.query
    assert piece == (
        "",
        Origin(
            kind="query parameter",
            expression="$.dynamodb.NewImage.TTL.N",
            path=("dynamodb", "NewImage", "TTL", "N"),
            absent=True,
        ),
    )


def test_a_reserved_variable_has_its_value() -> None:
    template = '{"at":"<aws.pipes.event.ingestion-time>"}'
    trace = only(test_pipe.pipe(input_template=template).trace(read_record("insert")))
    ((text, origin),) = [piece for piece in trace.body if piece.origin]
    assert origin == Origin(
        kind="template variable", expression="<aws.pipes.event.ingestion-time>", value=text
    )
    assert text


def test_path_that_cannot_be_read_is_the_reason() -> None:
    """The record may have an attribute `a:b`."""
    trace = only(test_pipe.pipe(query_string={"key": "$.a:b"}).trace(read_record("insert")))
    ((_, ((_, origin),)),) = trace.query
    assert origin is not None
    assert origin.sentence.startswith("$.a:b gave nothing: '$.a:b' is not a path at column 4")
    assert origin.as_json()["problem"] == origin.problem


def test_a_query_s_value_is_decoded_and_the_url_is_not() -> None:
    trace = only(test_pipe.pipe().trace(read_record("quotes")))
    name, pieces = trace.query[0]
    assert (name, "".join(piece.text for piece in pieces)) == ("key", 'The "Loop" / 5% & more?')
    assert "%22Loop%22" in trace.request.url


def test_without_a_request_there_is_no_trace() -> None:
    assert test_pipe.pipe().trace(read_record("remove")) == ()
    assert test_pipe.pipe(**TO_BUS).trace(read_record("insert")) == ()
    broken = test_pipe.pipe(headers={"X-A": "$.dynamodb.Keys.Location.S"})
    record = json.loads(json.dumps(read_record("insert")).replace("Oslo", "\\u0000"))
    assert broken.trace(record) == ()


def test_text_of_a_rule_is_in_pieces_without_its_quotes() -> None:
    one = test_rule.rule(input_template='"at <loc>,"\n "é: \\"<max>\\""')
    trace = only(one.trace(test_rule.event()))
    assert [piece.text for piece in trace.body] == ["at ", "Oslo", ',\né: "', "", '"']


def test_an_escape_that_begins_in_a_value_and_ends_in_the_template_has_no_pieces() -> None:
    event = test_rule.event()
    event["detail"]["dynamodb"]["Keys"]["Location"]["S"] = "\\"
    trace = only(test_rule.rule(input_template='"<loc>n"\n"x"').trace(event))
    assert trace.body == (("\n\nx", None),)


def test_an_input_path_is_the_origin_of_the_body() -> None:
    one = test_rule.rule(input_template=None, input_paths={}, input_path="$.detail.eventName")
    (piece,) = only(one.trace(test_rule.event())).body
    assert (piece.text, piece.origin and piece.origin.path) == ('"INSERT"', ("detail", "eventName"))


def test_behind_a_bus_the_paths_are_those_of_the_record() -> None:
    """With a template of the pipe's, the event is not the record, and there is no path."""
    rule = test_rule.rule()
    for template, path in [(None, PLACE), (TEMPLATE, None)]:
        way = Way(test_pipe.pipe(**TO_BUS, input_template=template), rule)
        record = read_record("insert")
        trace = only(way.trace(record))
        assert trace.request == way.process(record)
        _, (key,) = trace.query[0]
        assert key.origin is not None
        assert key.origin.path == path
        assert "key" in dict(trace.query)


def test_each_field_of_a_workflow_s_request_has_its_expression() -> None:
    arguments = PUT["Arguments"] | {
        "QueryParameters": {"key": "{% $states.input.dynamodb.Keys.id.S %}", "ttl_seconds": 60},
        "RequestBody": {"n": "{% $count($states.input) %}", "at": ["x", "{% $now() %}"]},
    }
    one = workflow(PUT | {"Arguments": arguments})
    trace = only(one.trace(INSERT, now=NOW))
    assert trace.state == "Put"
    assert [(place, origin.expression) for place, origin in trace.origins] == [
        ("query key", "$states.input.dynamodb.Keys.id.S"),
        ("header Authorization", "momento"),
        ("body", "$count($states.input)"),
        ("body", "$now()"),
    ]
    (key,) = dict(trace.query)["key"]
    assert key.origin is not None
    assert (key.text, key.origin.value) == ("a", "a")
    assert key.origin.path == ("dynamodb", "Keys", "id", "S")


def test_a_sentence_names_the_place_in_the_record() -> None:
    """A long expression is left out where the place is known."""
    where = "$states.input.dynamodb"
    query = {
        "key": f"{{% {where}.Keys.id.S %}}",
        "long": f"{{% $exists({where}.Keys.id.S) ? {where}.Keys.id.S : '' %}}",
        "without": f"{{% $exists({where}.no) ? {where}.no : '' %}}",
        "instead": f"{{% $exists({where}.no) ? {where}.no : 60 %}}",
        "list": f"{{% $string($exists({where}.Keys.many.S)) %}}",
    }
    arguments = PUT["Arguments"] | {"QueryParameters": query, "RequestBody": {}}
    record = {"eventID": "1", "dynamodb": {"Keys": {"id": {"S": "ab"}, "many": [{"S": "x"}]}}}
    trace = only(workflow(PUT | {"Arguments": arguments}).trace(record))
    assert [one.sentence for place, one in trace.origins if place.startswith("query")] == [
        '$.dynamodb.Keys.id.S ($states.input.dynamodb.Keys.id.S) gave "ab"',
        '$.dynamodb.Keys.id.S gave "ab"',
        "$.dynamodb.no gave nothing, because there is no such value",
        "$.dynamodb.no is absent and gave 60",
        '$.dynamodb.Keys.many.S ($string($exists($states.input.dynamodb.Keys.many.S))) gave "true"',
    ]
    rule = only(
        test_rule.rule(input_paths={"loc": "$.resources[0]", "max": "$.account"}).trace(
            test_rule.event() | {"resources": ["r"]}
        )
    )
    assert [one.sentence for place, one in rule.origins if place == "body"] == [
        '$.resources[0] (<loc>) gave "r"',
        '$.account (<max>) gave "123456789012"',
    ]


def test_a_place_that_cannot_be_said_is_none() -> None:
    """The expression reads two paths, or the pipe's template has changed the record."""
    two = "{% $states.input.eventName & $states.input.eventID %}"
    path = "{% $states.input.eventName %}"
    for expression, template in [(two, None), (path, '{"eventName":<$.eventName>}')]:
        arguments = PUT["Arguments"] | {"QueryParameters": {"key": expression}}
        pipe = workflow(PUT | {"Arguments": arguments})
        changed = Pipe(dataclasses.replace(pipe.definition, input_template=template))
        (_, (key,)) = only(changed.trace(INSERT)).query[0]
        assert key.origin is not None
        assert (key.origin.kind, key.origin.path) == ("expression", None)
        assert key.text.startswith("INSERT")


def test_a_rule_that_is_refused_has_no_trace() -> None:
    assert Rule(test_rule.DEFINITION).trace(test_rule.event("remove")) == ()
