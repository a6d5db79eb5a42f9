"""What a changed filter or template means is shown on samples, by the engine that runs pipes."""

import json
from typing import Any

from ops.review import read_plan, review
from ops.review.behaviour import Answer, compare
from tests.ops.review.plans import edited, plan, real, set_pattern

PUT = "weather-stats-demo-cache-put-pipe"
DELETED = "an item is deleted"


def answers(found: Any) -> dict[str, dict[str, Answer]]:
    return {
        behaviour.pipe: {answer.sample: answer for answer in behaviour.answers}
        for behaviour in compare(found)
    }


def test_an_unchanged_plan_and_one_without_pipes_have_no_differences() -> None:
    assert compare(edited(lambda _: None)) == compare(plan()) == []


def test_a_wider_filter_gains_events() -> None:
    found = answers(edited(set_pattern('{"eventName":["INSERT","MODIFY","REMOVE"]}')))
    assert list(found) == [PUT]
    assert sorted(found[PUT]) == [DELETED, "an item is deleted by its time to live"]
    assert all(answer.gained for answer in found[PUT].values())


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


def test_a_pipe_that_now_sends_to_a_bus_shows_its_events() -> None:
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


def test_another_content_type_is_shown_and_the_default_headers_are_not() -> None:
    """AWS's page on API destinations: of the default headers, a target may change this one."""

    def edit(values: dict[str, Any]) -> None:
        http = values["target_parameters"][0]["http_parameters"][0]
        http["header_parameters"] = {"Content-Type": "text/plain"}

    answer = answers(edited(edit))[PUT]["an item is written"]
    assert "Content-Type" not in (answer.before or "")
    assert "\nContent-Type: text/plain\n" in (answer.after or "")
    assert "User-Agent" not in (answer.after or "")


def test_a_first_deployment_shows_what_will_be_sent_and_no_key() -> None:
    found = answers(real("first"))
    assert len(found) == 3
    for answer in (answer for pipe in found.values() for answer in pipe.values()):
        assert answer.gained
        assert "Authorization: ***" in (answer.after or "")


def test_a_pipe_that_cannot_be_run_is_reported() -> None:
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


def test_a_record_of_the_user_steers_no_terminal() -> None:
    key = {"Location": {"S": 'Oslo\x1b[2J","EventType":"REMOVE'}}
    record = {"eventName": "REMOVE", "dynamodb": {"Keys": key}}
    wider = edited(set_pattern('{"eventName":["REMOVE"]}'))
    (behaviour,) = compare(wider, {"mine": record})
    (answer,) = behaviour.answers
    assert any(one.startswith("the body is not JSON: ") for one in answer.doubts)
    assert r"Oslo\x1b[2J" in (answer.after or "")
    assert "\x1b" not in (answer.after or "") + "".join(answer.doubts)


BUS, RULE = "arn:aws:events:us-east-1:123456789012:event-bus/b", "shop-cache-put-rule"
TARGET = "arn:aws:events:us-east-1:123456789012:api-destination/put/1"


def bus_with_a_rule(pattern: str, state: str = "ENABLED") -> list[dict[str, Any]]:
    """Return the resources of a pipe to a bus, and of one rule, as a plan has them."""
    of_key = "$.detail.dynamodb.Keys.Id.S"
    pipe = {
        "name": "shop-changes-pipe",
        "source": "arn:aws:dynamodb:us-east-1:123456789012:table/shop/stream/1",
        "source_parameters": [{"dynamodb_stream_parameters": [{"starting_position": "LATEST"}]}],
        "target": BUS,
        "target_parameters": [{"eventbridge_event_bus_parameters": [{"source": "shop"}]}],
    }
    target = {
        "arn": TARGET,
        "event_bus_name": "b",
        "http_target": [
            {"path_parameter_values": ["c"], "query_string_parameters": {"key": of_key}}
        ],
        "input_transformer": [{"input_paths": {"id": of_key}, "input_template": '{"Id":<id>}'}],
        "rule": RULE,
        "target_id": "momento",
    }
    destination = {"arn": TARGET, "http_method": "PUT", "invocation_endpoint": "https://x/cache/*"}
    key = [{"api_key": [{"key": "Authorization", "value": "k"}]}]
    connection = {"name": "c", "auth_parameters": key, "arn": "arn:connection"}
    return [
        {"type": f"aws_{kind}", "name": "it", "values": values}
        for kind, values in (
            ("pipes_pipe", pipe),
            ("cloudwatch_event_bus", {"name": "b", "arn": BUS}),
            ("cloudwatch_event_connection", connection),
            (
                "cloudwatch_event_api_destination",
                {"name": "put", "connection_arn": "arn:connection", **destination},
            ),
            (
                "cloudwatch_event_rule",
                {"name": RULE, "event_bus_name": "b", "event_pattern": pattern, "state": state},
            ),
            ("cloudwatch_event_target", target),
        )
    ]


def rules_change(*sides: list[dict[str, Any]]) -> dict[str, dict[str, Answer]]:
    """Return what a plan from one set of resources to another changes."""
    old, new = ({"root_module": {"resources": resources}} for resources in sides)
    return answers(plan(prior_state={"values": old}, planned_values=new))


def test_a_changed_rule_shows_what_it_gains_and_sends() -> None:
    written = (
        '{"detail":{"eventName":["INSERT"],"dynamodb":{"NewImage":{"Status":{"S":["open"]}}}}}'
    )
    more = written.replace('"open"', '"open","new"').replace('"INSERT"', '"INSERT","MODIFY"')
    found = rules_change(bus_with_a_rule(written), bus_with_a_rule(more))
    assert list(found) == [RULE]
    assert {name: answer.gained for name, answer in found[RULE].items()} == {
        "an item is changed": True,
        "an item with Status new is written": True,
    }
    sent = found[RULE]["an item is changed"].after or ""
    assert sent.startswith("PUT https://x/cache/c?key=some%20Id\n")
    assert sent.endswith('{"Id":"some Id"}')


def test_a_rule_that_is_switched_off_sends_nothing() -> None:
    every = '{"source":["shop"]}'
    found = rules_change(bus_with_a_rule(every), bus_with_a_rule(every, state="DISABLED"))
    assert list(found) == [RULE]
    assert [answer.lost for answer in found[RULE].values()] == [True] * 4
