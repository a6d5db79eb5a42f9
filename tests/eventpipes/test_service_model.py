"""The engine accepts the same values as AWS's service models, as botocore ships them."""

import dataclasses
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventpipes import Definition, InvalidDefinition, Pipe, definition, envelope, rule, template
from eventpipes.request import RequestForm
from eventpipes.service_model import EVENTS, HEADER_VALUE, JSON_PATH, PIPES, Model
from tests.each import each
from tests.eventpipes.reproducibly import reproducibly
from tests.eventpipes.test_pipe import DEFINITION
from tests.momento_pipes.judgement.service_models import shapes

MODELS = {"pipes": PIPES, "events": EVENTS}
NAMES = ("HeaderKey", "HeaderValue", "PathParameter", "QueryStringKey", "QueryStringValue")
VALUES = [
    *(
        "",
        " ",
        "\t",
        "\n",
        "\r",
        "\0",
        "\x7f",
        "é",
        "東京",
        "a",
        " a ",
        "a b",
        "a\tb",
        "a\nb",
        "a\rb",
    ),
    *("$", "$.a", "$.a.b[0].c", "$.a[*]", "$.a:b", "$..a", "$.", "$.a b", "$[0]", "$.é", "x" * 512),
    *("x" * 513, "A-B_c", "a,b", "a:b", "a/b", "(a)", "a\u2028b", "\x80", "\U0001f327"),
]


def takes(service: str, name: str, text: str) -> bool:
    """Say whether the service's model accepts a text."""
    shape = shapes(service)[name]
    if not shape.get("min", 0) <= len(text) <= shape.get("max", len(text)):
        return False
    return re.fullmatch(shape["pattern"], text, re.ASCII) is not None


@each(service=MODELS, name=NAMES)
def test_value_is_accepted_exactly_if_the_model_accepts_it(service: str, name: str) -> None:
    for text in VALUES:
        assert (MODELS[service][name].trouble(text) is None) is takes(service, name, text), text


@reproducibly(300)
@given(text=st.text(st.sampled_from("a \t\n\r\x00\x7fé~!"), max_size=7))
def test_short_pattern_of_a_header_value_accepts_the_same_values(text: str) -> None:
    """The model's own pattern takes very long for a long value that does not match."""
    assert (re.fullmatch(HEADER_VALUE, text) is not None) is takes("events", "HeaderValue", text)


def test_a_long_header_value_that_does_not_match_is_refused_at_once() -> None:
    assert PIPES["HeaderValue"].trouble(" " * 500 + "é") is not None


def test_the_json_path_is_the_models() -> None:
    assert shapes("pipes")["JsonPath"]["pattern"] == JSON_PATH


def test_the_lengths_are_the_models() -> None:
    pipes, events = shapes("pipes"), shapes("events")
    for shape in ("HeaderKey", "HeaderValue", "QueryStringKey", "QueryStringValue"):
        assert PIPES[shape].longest == pipes[shape]["max"]
        assert EVENTS[shape].longest == events[shape]["max"]
    assert template.MAX_LENGTH == pipes["InputTemplate"]["max"] == events["TransformerInput"]["max"]
    assert pipes["EventPattern"]["max"] == definition.MAX_PATTERN_LENGTH
    assert events["EventPattern"]["max"] == definition.MAX_PATTERN_LENGTH
    assert pipes["FilterList"]["max"] == definition.MAX_FILTERS
    assert pipes["EventBridgeDetailType"]["max"] == envelope.MAX_DETAIL_TYPE_LENGTH
    assert pipes["EventBridgeEventSource"]["max"] == envelope.MAX_SOURCE_LENGTH
    assert events["TransformerPaths"]["max"] == rule.MAX_PATHS
    assert events["TargetInputPath"]["max"] == rule.MAX_PATH_LENGTH
    assert events["MaximumRetryAttempts"]["max"] == rule.MAX_RETRY_ATTEMPTS
    age = events["MaximumEventAgeInSeconds"]
    assert (age["min"], age["max"]) == (rule.MIN_EVENT_AGE, rule.MAX_EVENT_AGE)


def is_refused(definition: Definition) -> bool:
    try:
        Pipe(definition)
    except InvalidDefinition:
        return True
    return False


@pytest.mark.parametrize(
    ("field", "shape"),
    [
        ("maximum_retry_attempts", "MaximumRetryAttemptsESM"),
        ("maximum_record_age", "MaximumRecordAgeInSeconds"),
    ],
)
def test_a_pipes_bounds_are_the_models(field: str, shape: str) -> None:
    """The model allows an age of 0 to 59, which its documentation and AWS refuse."""
    bounds = shapes("pipes")[shape]
    for number in (bounds["min"] - 1, bounds["min"], 60, bounds["max"], bounds["max"] + 1):
        values: dict[str, Any] = {field: number}
        source = dataclasses.replace(DEFINITION.source, **values)
        outside = not bounds["min"] <= number <= bounds["max"]
        assert is_refused(dataclasses.replace(DEFINITION, source=source)) is outside, number


NAMES_OF_VARIABLES = ["", "a", "A-b_9", "x" * 256, "x" * 257, "a.b", "a b", "é", "a\n", "<a>"]


@each(name=NAMES_OF_VARIABLES)
def test_the_name_of_a_rules_variable_is_the_models(name: str) -> None:
    taken = rule.VARIABLE.fullmatch(name) is not None
    assert taken is takes("events", "InputTransformerPathKey", name)


def form(model: Model, path: Any = (), query: Any = None, headers: Any = None) -> RequestForm:
    endpoint = f"https://momento.example{'/*' * len(path)}"
    destination = dataclasses.replace(DEFINITION.destination, endpoint=endpoint)
    return RequestForm(
        destination,
        path_parameters=path,
        query_string=query or {},
        headers=headers or {},
        model=model,
    )


@each(service=MODELS, kind=["PathParameterList", "HeaderParametersMap", "QueryStringParametersMap"])
def test_number_of_parameters_is_not_limited(service: str, kind: str) -> None:
    """The models do not limit their number, and the engine does not either."""
    most = shapes(service)[kind].get("max", 1_000)
    names = [f"a{number}" for number in range(most)]
    given: dict[str, dict[str, Any]] = {
        "PathParameterList": {"path": names},
        "HeaderParametersMap": {"headers": dict.fromkeys(names, "b")},
        "QueryStringParametersMap": {"query": dict.fromkeys(names, "b")},
    }
    form(MODELS[service], **given[kind])


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_value_that_the_model_refuses_is_reported_with_its_place(model: Model) -> None:
    with pytest.raises(InvalidDefinition, match=r"path parameter 2 is '\\t'; .* empty or blank"):
        form(model, path=["a", "\t"])
    with pytest.raises(InvalidDefinition, match="Header parameter 'X City': its name is 'X City'"):
        form(model, headers={"X City": "a"})
    with pytest.raises(InvalidDefinition, match="query string parameter 'k': its value is ''"):
        form(model, query={"k": ""})
