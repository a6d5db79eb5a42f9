"""What a changed filter or template means is shown on samples, by the engine that runs pipes."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from ops.review import read_plan, review
from ops.review.behaviour import Answer, compare
from tests.ops.review.plans import FOLDER, plan, real

PUT = "weather-stats-demo-cache-put-pipe"
DELETED = "an item is deleted"


def edited(edit: Callable[[dict[str, Any]], None], pipe: str = PUT) -> Any:
    """Return the plan that changes only what `edit` does to the planned values of a pipe."""
    document = json.loads((FOLDER / "changed.json").read_text(encoding="utf-8"))
    document["planned_values"] = copy.deepcopy(document["prior_state"]["values"])
    for resource in document["planned_values"]["root_module"]["resources"]:
        if resource["type"] == "aws_pipes_pipe" and resource["values"]["name"] == pipe:
            edit(resource["values"])
    return read_plan(json.dumps(document), "edited")


def answers(found: Any) -> dict[str, dict[str, Answer]]:
    return {
        behaviour.pipe: {answer.sample: answer for answer in behaviour.answers}
        for behaviour in compare(found)
    }


def set_pattern(pattern: str) -> Callable[[dict[str, Any]], None]:
    def edit(values: dict[str, Any]) -> None:
        values["source_parameters"][0]["filter_criteria"][0]["filter"][0]["pattern"] = pattern

    return edit


def test_nothing_changed_is_nothing_told() -> None:
    assert compare(edited(lambda _: None)) == []


def test_a_wider_filter_gains_events() -> None:
    found = answers(edited(set_pattern('{"eventName":["INSERT","MODIFY","REMOVE"]}')))
    assert list(found) == [PUT]
    assert sorted(found[PUT]) == [DELETED, "an item is deleted by its time to live"]
    assert all(answer.gained for answer in found[PUT].values())


def test_a_narrower_filter_loses_events() -> None:
    found = answers(edited(set_pattern('{"eventName":["INSERT"]}')))
    assert [answer.lost for answer in found[PUT].values()] == [True]
    text = review(edited(set_pattern('{"eventName":["INSERT"]}'))).markdown
    assert "**no longer** sends when an item is changed" in text


def test_another_template_shows_the_request_before_and_after() -> None:
    def edit(values: dict[str, Any]) -> None:
        values["target_parameters"][0]["input_template"] = '{"Place":<$.dynamodb.Keys.Location.S>}'

    answer = answers(edited(edit))[PUT]["an item is written"]
    assert answer.before
    assert answer.before.endswith(
        '{"Location":"Oslo","MaxTemp":"21","MinTemp":"9","ChancesOfPrecipitation":"40"}'
    )
    assert answer.after
    assert answer.after.endswith('{"Place":"Oslo"}')


def test_a_pipe_that_goes_to_a_bus_instead_shows_its_events() -> None:
    """Without the id and the time, which differ each time."""
    arn = "arn:aws:events:us-east-1:123456789012:event-bus/b"
    bus = {"type": "aws_cloudwatch_event_bus", "name": "b", "values": {"name": "b", "arn": arn}}
    document = edited(lambda _: None).document
    resources = document["planned_values"]["root_module"]["resources"]
    (pipe,) = [one["values"] for one in resources if one["values"].get("name") == PUT]
    pipe |= {"target": arn, "target_parameters": []}
    resources.append(bus)
    (answer, *_) = answers(read_plan(json.dumps(document), "edited"))[PUT].values()
    assert (answer.before or "").startswith("PUT https://")
    event = f'{{"source":"Pipe {PUT}","detail-type":"Event from aws:dynamodb","detail":{{'
    assert (answer.after or "").startswith(f"an event on the bus: {event}")


def test_another_parameter_shows_in_the_url() -> None:
    answer = answers(real("changed"))[PUT]["an item is written"]
    assert "ttl_seconds=600" in (answer.before or "")
    assert "ttl_seconds=120" in (answer.after or "")


def test_a_first_deployment_shows_what_will_be_sent() -> None:
    found = answers(real("first"))
    assert len(found) == 3
    assert all(answer.gained for pipe in found.values() for answer in pipe.values())


def test_no_header_shows_the_key() -> None:
    texts = [
        answer.after or "" for pipe in answers(real("first")).values() for answer in pipe.values()
    ]
    assert all("Authorization: ***" in text for text in texts)


def test_a_pipe_that_cannot_be_run_is_told_as_such() -> None:
    found = compare(edited(set_pattern('{"eventName":"INSERT"}')))
    assert [behaviour.pipe for behaviour in found] == [PUT]
    assert "eventName" in found[0].trouble
    assert "cannot be run" in review(edited(set_pattern('{"eventName":"INSERT"}'))).markdown


def test_samples_of_the_user_take_the_place_of_ours() -> None:
    record = {"eventName": "REMOVE", "dynamodb": {"Keys": {"Location": {"S": "Bergen"}}}}
    wider = edited(set_pattern('{"eventName":["REMOVE"]}'))
    (behaviour,) = compare(wider, {"mine": record})
    assert [answer.sample for answer in behaviour.answers] == ["mine"]
    assert "key=Bergen" in (behaviour.answers[0].after or "")


def test_a_plan_without_pipes_has_no_behaviour() -> None:
    assert compare(plan()) == []


@pytest.mark.parametrize("name", ["changed", "renamed"])
def test_every_pipe_of_a_real_plan_can_be_run(name: str) -> None:
    assert not any(behaviour.trouble for behaviour in compare(real(name)))
