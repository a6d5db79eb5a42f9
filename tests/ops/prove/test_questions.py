"""What is asked about patterns and states, and how a wrong answer is found."""

import copy
from typing import Any

import pytest

from eventpipes.workflow.single_state import run_state
from ops.prove import items, patterns, states
from ops.prove.comparison import Agreement
from ops.prove.pipelines import read_pipelines
from tests.ops.prove.conforming import CACHE, PREFIX, document


def test_each_case_is_asked_below_detail_with_an_event_that_aws_takes() -> None:
    asked = list(patterns.of_cases())
    assert len(asked) > 900
    assert all(one["pattern"].startswith('{"detail":') for one in asked)
    assert {patterns.predict(one) for one in asked} == {True, False, patterns.REFUSED}


@pytest.mark.parametrize("wrong", [True, False, patterns.REFUSED])
def test_another_answer_about_a_pattern_differs(wrong: object) -> None:
    question = next(one for one in patterns.of_cases() if patterns.predict(one) != wrong)
    right = {**question, "answer": patterns.predict(question)}
    assert patterns.comparison(right).agreement is Agreement.AGREE
    assert patterns.comparison({**right, "answer": wrong}).agreement is Agreement.DIFFER


def workflow(name: str) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """Return the definition of a pipeline's workflow, and samples of its records."""
    pipeline = read_pipelines(document(), PREFIX)[name]
    target = pipeline.routes[0].reader.state_machine
    assert target is not None
    return target.definition, items.samples(pipeline.name, pipeline.keys, CACHE)


@pytest.fixture(scope="module")
def asked() -> list[dict[str, Any]]:
    """Return the questions about the workflow of whole items."""
    definition, lives = workflow("whole-workflow")
    few = {name: lives[name] for name in ("quotes", "emoji", "removals")}
    return list(states.questions("m", definition, few, region="us-east-1"))


def answered(question: dict[str, Any]) -> dict[str, Any]:
    """Return the question with the engine's answer in TestState's form."""
    found = run_state(
        question["definition"], question["input"], question["variables"], region=question["region"]
    )
    answer: dict[str, Any] = {
        "status": "SUCCEEDED",
        "next": found.next,
        "output": found.output,
        "variables": found.variables,
    }
    if found.call:
        headers = ", ".join(f"{name}: {text}" for name, text in found.call.headers.items())
        answer["request"] = {
            "method": found.call.method,
            "url": found.call.url,
            "body": found.call.body,
            "headers": f"[{headers}]",
        }
    return {**question, "answer": answer}


def test_each_kind_of_state_is_asked_about_with_constants_for_the_clock(
    asked: list[dict[str, Any]],
) -> None:
    assert {one["behaviour"] for one in asked} == {"Pass", "Choice", "HTTP requests"}
    assert not any("$millis()" in str(one["definition"]) for one in asked)
    methods = {one["definition"].get("Arguments", {}).get("Method") for one in asked}
    assert {"PUT", "DELETE", "POST"} <= methods
    assert {states.comparison(answered(one)).agreement for one in asked} == {Agreement.AGREE}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (["next"], "another"),
        (["variables", "step"], -1),
        (["output"], "another"),
        (["request", "url"], "https://momento.test/"),
        (["request", "method"], "PATCH"),
        (["request", "body"], '"another"'),
        (["request", "headers"], "[Range: bytes=0-1]"),
        (["refused"], "no state"),
    ],
)
def test_another_answer_about_a_state_differs(
    asked: list[dict[str, Any]], place: list[str], value: object
) -> None:
    question = next(one for one in asked if one["behaviour"] == "HTTP requests")
    wrong = answered(copy.deepcopy(question))
    *way, last = place
    part = wrong["answer"]
    for name in way:
        part = part[name]
    part[last] = value
    found = states.comparison(wrong)
    assert found.agreement is Agreement.DIFFER
    assert found.predicted != found.answered


def test_a_request_that_momento_refuses_is_not_asked_about() -> None:
    """TestState would answer with Momento's refusal; the deliveries show it."""
    definition, lives = workflow("chosen-workflow")
    (record,) = lives["quotes"]
    record["dynamodb"]["NewImage"] |= {"Kind": {"S": "pre-x"}, "Life": {"N": "0"}}
    asked = states.questions("m", definition, {"ttl": [record]}, region="us-east-1")
    assert "PUT" not in {one["definition"].get("Arguments", {}).get("Method") for one in asked}
