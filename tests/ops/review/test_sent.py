"""What is sent after a change and Momento cannot take is a loss: an empty key, no time to live.

Source: Momento, "HTTP API for Cache" (`key`, `ttl_seconds`).
"""

import copy
import json
from collections.abc import Callable
from typing import Any

from eventpipes import Request
from ops.review import read_plan, review
from ops.review.behaviour import Answer, Behaviour
from ops.review.guard import PlannedLoss
from ops.review.losses.sent import sent
from tests.each import each
from tests.ops.review.plans import edited, group, set_pattern


def parameters(**query: str) -> Callable[[dict[str, Any]], None]:
    """Return what sets query parameters of a pipe."""

    def edit(values: dict[str, Any]) -> None:
        http = values["target_parameters"][0]["http_parameters"][0]
        http["query_string_parameters"] = {**http["query_string_parameters"], **query}

    return edit


def losses(
    edit: Callable[[dict[str, Any]], None], old: Callable[[dict[str, Any]], None] = lambda _: None
) -> list[PlannedLoss]:
    return list(review(edited(edit, old)).losses)


KEY = "$.dynamodb.Keys.Location.S"
SECONDS = "$.dynamodb.NewImage.Seconds.N"
FAULTS: dict[str, tuple[str, str, str, str]] = {
    "a key read as a number": ("key", KEY, "$.dynamodb.Keys.Location.N", "empty-key"),
    "a key that is no attribute of it": ("key", KEY, "$.dynamodb.Keys.Place.S", "empty-key"),
    "an empty key": ("key", KEY, "", "refused"),
    "a time to live read as a string": ("ttl_seconds", SECONDS, f"{SECONDS[:-1]}S", "no-ttl"),
    "a time to live read as a truth": ("ttl_seconds", SECONDS, f"{SECONDS[:-1]}BOOL", "no-ttl"),
    "no number": ("ttl_seconds", "600", "an hour", "no-ttl"),
    "no whole number": ("ttl_seconds", "600", "1.5", "no-ttl"),
    "none at all": ("ttl_seconds", "600", "0", "no-ttl"),
    "less than none": ("ttl_seconds", "600", "-600", "no-ttl"),
}


@each(case=FAULTS)
def test_what_momento_cannot_take_holds_back(case: str) -> None:
    parameter, old, new, name = FAULTS[case]
    edits = (parameters(**{parameter: value}) for value in (new, old))
    found = [one for one in losses(*edits) if one.blocks]
    assert [one.name for one in found] == [name]
    assert found[0].address.startswith("aws_pipes_pipe.pipeline_cache-put_pipe_")


def test_a_second_key_holds_back() -> None:
    """Momento takes one of key and key_base64."""
    (found,) = [one for one in losses(parameters(key_base64="aw"), parameters()) if one.blocks]
    assert found.name == "no-key"


def test_a_long_ttl_is_doubted_by_the_accounts_own_bound() -> None:
    """`MOMENTO_MAX_TTL_SECONDS`; Momento: "Momento Cache service quotas"."""
    plan = edited(parameters(ttl_seconds="604800"), parameters())
    told = "Momento keeps an item for at most 86,400 seconds"
    assert told in review(plan).markdown
    assert told not in review(plan, max_ttl_seconds=604_800).markdown


def test_a_key_has_the_type_that_the_planned_table_gives_it() -> None:
    """Where the table is replaced by one with such a key, the pipe reads it well."""
    found = copy.deepcopy(group("weather-demo-pipes")["second"])
    for resource in found["planned_values"]["root_module"]["resources"]:
        if resource["type"] == "aws_dynamodb_table":
            resource["values"]["attribute"] = [{"name": "Location", "type": "N"}]
        if resource["values"].get("name", "").endswith("cache-put-pipe"):
            parameters(key="$.dynamodb.Keys.Location.N")(resource["values"])
    names = [one.name for one in review(read_plan(json.dumps(found), "a plan")).losses]
    assert "empty-key" not in names


def test_an_attribute_that_some_items_lack_is_reported() -> None:
    found = losses(parameters(ttl_seconds="$.dynamodb.NewImage.Lasts.N"), parameters())
    assert [(one.name, one.blocks) for one in found] == [("no-ttl-without", False)]
    assert "an item without Lasts" in found[0].text


def test_a_fault_that_existed_before_is_not_a_loss_of_the_plan() -> None:
    broken = parameters(key="$.dynamodb.Keys.Location.N")

    def both(values: dict[str, Any]) -> None:
        broken(values)
        values["target_parameters"][0]["input_template"] = '{"a":1}'

    assert [one for one in losses(both, broken) if one.blocks] == []


def test_an_empty_template_equals_no_template() -> None:
    """The provider reads back an empty text where there is none."""

    def template(text: str | None) -> Callable[[dict[str, Any]], None]:
        def edit(values: dict[str, Any]) -> None:
            values["target_parameters"][0]["input_template"] = text

        return edit

    done = review(edited(template(None), template("")))
    assert "What the pipes will send" not in done.markdown


def test_a_pipe_changed_by_hand_is_not_compared_and_the_planned_pipe_is_run() -> None:
    """The pipe as it will be can be run; only the one that somebody has changed cannot."""

    def enriched(values: dict[str, Any]) -> None:
        values["enrichment"] = "arn:aws:lambda:us-east-1:123456789012:function:f"

    text = review(edited(lambda _: None, enriched)).markdown
    assert "as it is now, it cannot be compared" in text
    assert "it will send when an item is written" in text
    assert "cannot be run" not in text


def test_an_invalid_current_filter_does_not_stop_the_review() -> None:
    text = review(edited(lambda _: None, set_pattern('{"eventName":"INSERT"}'))).markdown
    assert "as it is now, it cannot be compared" in text
    assert "cannot be run" not in text


def test_doubts_about_a_request_are_shown_below_it() -> None:
    """A user's own samples get them too, in the words of simulate."""
    record = {
        "eventName": "INSERT",
        "dynamodb": {
            "Keys": {"Location": {"S": ""}},
            "NewImage": {"Location": {"S": ""}, "TTL": {"N": "1795826861"}},
        },
    }
    found = edited(parameters(ttl_seconds="$.dynamodb.NewImage.TTL.N"), parameters(ttl_seconds="1"))
    text = review(found, samples={"mine": record}).markdown
    assert "key is empty: Momento refuses the request with 400" in text
    assert "it looks like a point in time" in text


@each(paths=[("/topics/c/t", "/other"), ("/other", "/topics/c/t"), ("/topics/c/t",) * 2])
def test_only_another_topic_leaves_subscribers(paths: tuple[str, str]) -> None:
    old, new = (Request("POST", f"https://momento.test{path}", {}, "x") for path in paths)
    answer = Answer(sample="an item is written", before="a", after="b", old=old, new=new)
    assert list(sent(Behaviour(pipe="p", answers=[answer]))) == []
