"""JSONata as Step Functions evaluates it."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from eventpipes import InvalidDefinition, Unsupported
from eventpipes.workflow.expression import MAX_SECONDS, Expression, Scope
from eventpipes.workflow.state_error import StateError
from tests.each import each

CASES: Any = json.loads(Path(__file__).with_name("jsonata.json").read_text(encoding="utf-8"))
NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
DIFFERENCES = {
    "$string(12345678901234567890)": "1.23456789012346e+19",
    "$base64encode('ü')": "w7w=",
    "$base64decode('w7w=')": "ü",
    "$count(null)": 0,
    "$map($states.input.nulls,function($x){$type($x)})": "number",
}
"""Where the library is known to differ; nothing that the stacks emit may depend on it."""
NULL_IS_NOTHING = {
    "$filter($states.input.nulls,function($x){$x=null})",
    "$states.input.nulls[$=null]",
}
"""Where the library takes the null of an array for no value."""


def scope(variables: dict[str, Any] | None = None, **states: Any) -> Scope:
    """Return a scope with these variables and members of $states."""
    return Scope(variables or {}, states, lambda: NOW, lambda: 0.25)


def evaluate(text: str, variables: dict[str, Any] | None = None, **states: Any) -> Any:
    """Return the result of an expression."""
    return Expression(text, "Output").evaluate(scope(variables, **states))


def compiled_and_evaluated(text: str) -> Any:
    """Return the result of a case, or raise StateError also if it does not compile."""
    try:
        expression = Expression(text, "Output")
    except InvalidDefinition as error:
        raise StateError("invalid", str(error)) from None
    return expression.evaluate(scope(**CASES["states"]))


@each(case=CASES["cases"])
def test_the_result_is_that_of_the_jsonata_that_aws_names(case: dict[str, Any]) -> None:
    text = case["expression"]
    if text in DIFFERENCES:
        assert compiled_and_evaluated(text) == DIFFERENCES[text] != case["result"]
    elif "result" in case and text not in NULL_IS_NOTHING:
        result = compiled_and_evaluated(text)
        assert json.dumps(result) == json.dumps(case["result"])
    else:
        with pytest.raises(StateError) as failed:
            compiled_and_evaluated(text)
        undefined = case.get("undefined", False) or text in NULL_IS_NOTHING
        assert ("returned nothing (undefined)" in failed.value.cause) is undefined


def test_an_undefined_result_is_an_error_with_the_place() -> None:
    with pytest.raises(StateError) as failed:
        evaluate("$states.input.missing", input={})
    assert failed.value.error == "States.QueryEvaluationError"
    assert failed.value.cause == (
        "The JSONata expression '$states.input.missing' specified for the field 'Output' returned"
        " nothing (undefined)."
    )


def test_an_expression_cannot_return_a_function() -> None:
    with pytest.raises(StateError, match="which is not JSON"):
        evaluate("function(){1}")


def test_a_variable_may_be_null() -> None:
    assert evaluate("$x", {"x": None}) is None
    assert evaluate("[$x, {'a': $x}]", {"x": None}) == [None, {"a": None}]


def test_values_of_the_input_are_not_changed() -> None:
    value = {"a": [{"b": 1}], "n": None}
    assert evaluate("$states.input ~> |a|{'b': 2}|", input=value) == {"a": [{"b": 2}], "n": None}
    assert value == {"a": [{"b": 1}], "n": None}


def test_numbers_are_javascript_numbers() -> None:
    assert evaluate("9007199254740993 + 0", {}) == 9007199254740992
    assert repr(evaluate("4 / 2")) == "2"


@each(
    ("text", "result"),
    [
        ("$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]),
        ("$partition([1], 2)", [[1]]),
        ("$partition(1, 2)", [[1]]),
        ("$range(0, 10, 5)", [0, 5, 10]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$range(0, 3, 1.9)", [0, 1, 2, 3]),
        ("$hash('a', 'MD5')", "0cc175b9c0f1b6a831c399e269772661"),
        ("$hash('a', 'SHA-1')", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ("$random()", 0.25),
        ("$random(5) = $random(5)", True),
        ("$length($uuid())", 36),
        ("$uuid() = $uuid()", False),
        ("$parse('{\"a\":[null,1]}')", {"a": [None, 1]}),
        ("$parse('[1]')[0]", 1),
        ("$now()", "2026-01-02T03:04:05.678Z"),
        ("$millis()", 1767323045678),
    ],
)
def test_a_function_of_step_functions(text: str, result: object) -> None:
    assert evaluate(text) == result


@each(
    text=[
        "$partition([1], 0)",
        "$range(0, 1, 0)",
        "$range(0, 1000, 1)",
        "$hash('a', 'CRC')",
        "$hash(1, 'MD5')",
        "$parse('{')",
        "$parse(1)",
        "$partition($nothing, 1)",
        "$hash($nothing, 'MD5')",
        "$parse($nothing)",
        "$random('a')",
        "$range('a', 1, 1)",
    ]
)
def test_a_wrong_argument_fails(text: str) -> None:
    with pytest.raises(StateError, match=r"States\.QueryEvaluationError"):
        evaluate(text)


def test_a_runaway_expression_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_SECONDS == 1
    monkeypatch.setattr("eventpipes.workflow.expression.MAX_SECONDS", 0.1)
    with pytest.raises(StateError, match=r"takes longer than 0\.1 second"):
        evaluate("($f := function($n) {$f($n + 1)}; $f(1))")


def test_too_deep_a_recursion_is_ended() -> None:
    with pytest.raises(StateError, match="exceeds the maximum recursion depth"):
        evaluate("($f := function($n) {$n = 0 ? 0 : 1 + $f($n - 1)}; $f(10000))")


@each(
    ("text", "error", "said"),
    [
        ("$states.input.(", InvalidDefinition, "is not a JSONata expression"),
        ("$eval('1')", InvalidDefinition, r"does not have \$eval"),
        ("$states.output", InvalidDefinition, r"reads \$states.output"),
        ("$states.context.Task.Token", Unsupported, r"reads \$states.context.Task.Token"),
        ("$states.context.Execution", Unsupported, r"reads \$states.context.Execution;"),
        ("$states.context.Execution.RoleArn", Unsupported, "the engine has"),
        ("$keys($states)", Unsupported, "as a whole"),
        ("$states.*", Unsupported, "as a whole"),
        ("$states['input']", Unsupported, "as a whole"),
    ],
)
def test_what_step_functions_does_not_give_is_refused(
    text: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        Expression(text, "Output")


def test_threads_may_share_an_expression() -> None:
    expression = Expression(
        "($f := function($n) {$n < 1 ? 0 : $v + $f($n - 1)}; [1..20].($f($)))", "Output"
    )
    wrong: list[object] = []

    def work(value: int) -> None:
        for _ in range(5):
            result = expression.evaluate(scope({"v": value}))
            if result != [value * n for n in range(1, 21)]:
                wrong.append(result)

    threads = [threading.Thread(target=work, args=(value,)) for value in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@each(
    ("text", "path"),
    [
        ("$states.input.a.b", ("a", "b")),
        ("$string($record.a.b)", ("a", "b")),
        ("$record.a.b & $record.a.b", ("a", "b")),
        ("$record.a.b[0]", None),
        ("$record.a[0].b", None),
        ("$record.a[c=1].b", None),
        ("$record[0].a", None),
        ("$record.a^(b)", None),
        ("$record.a@$x.b", None),
        ("$record.a#$i.b", None),
        ("$record.a & $record.b", None),
        ("$record", None),
        ("$other.a", None),
    ],
)
def test_the_only_path_that_an_expression_reads(text: str, path: tuple[str, ...] | None) -> None:
    record = {"a": {"b": [1, 2]}}
    variables = {"record": record, "other": {"a": 1}}
    assert Expression(text, "Output").path_in(record, scope(variables, input=record)) == path
