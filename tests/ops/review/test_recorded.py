"""Real plans of every deployment are reviewed: each profile, topology, example, first and second.

The public case: Terraform leaves `values` out of a planned resource that is wholly unknown, such as
the policies of alarms' topic and of the bus's queue (Terraform: "JSON Output Format").
"""

import copy
import json
import re
from typing import Any

import pytest

from ops.review import Review, read_plan, review
from ops.review.behaviour import compare
from ops.review.guard import PlannedLoss
from tests.each import each
from tests.ops.review.plans import FOLDER, changed, group, group_text, recorded
from tests.ops.review.record import BESIDE, WORKFLOW, groups

DEPLOYMENTS = sorted(groups())
DEMO = "weather-demo-pipes"
ALARMED = "weather-production-pipes-alarms"


def reviewed(deployment: str, name: str) -> Review:
    return review(recorded(deployment, name))


def named(found: Review, kind: str) -> list[PlannedLoss]:
    """Return the losses at addresses that begin so."""
    return [one for one in found.losses if one.address.startswith(kind)]


def test_every_deployment_is_recorded() -> None:
    assert sorted(path.name.removesuffix(".json.xz") for path in FOLDER.glob("*.xz")) == DEPLOYMENTS


@each(deployment=[one for one in DEPLOYMENTS if "workflow" not in one])
def test_a_first_plan_loses_nothing_and_shows_what_will_be_sent(deployment: str) -> None:
    found = reviewed(deployment, "first")
    assert not found.blocked
    assert [one.name for one in found.losses] == ["empty"]
    assert "### What the pipes will send" in found.markdown
    assert "sends when an item is written" in found.markdown


@pytest.mark.parametrize("deployment", [WORKFLOW, BESIDE])
def test_what_a_new_workflow_sends_is_known_after_apply(deployment: str) -> None:
    """Its definition names the connection and the queue, which do not exist yet."""
    found = reviewed(deployment, "first")
    assert not found.blocked
    assert [one.name for one in found.losses] == ["not-judged", "empty"]
    assert "the definition of its state machine is known only after apply" in found.losses[0].text


@each(deployment=DEPLOYMENTS)
def test_a_second_plan_changes_nothing(deployment: str) -> None:
    found = reviewed(deployment, "second")
    assert (found.blocked, list(found.losses)) == (False, [])
    assert found.headline == "nothing to do"
    assert "What the pipes will send" not in found.markdown


@each(deployment=DEPLOYMENTS)
def test_no_recording_holds_a_path_of_a_machine(deployment: str) -> None:
    text = group_text(deployment)
    assert not re.search(r"/(home|root|tmp|work|Users)/", text)


@each(
    ("plan", "name", "blocks", "said"),
    [
        # Another prefix has another state, and the old deployment goes on.
        ("first", "empty", False, "another NAME_PREFIX, AWS_REGION, STATE_BUCKET or STATE_KEY"),
        ("first", "empty", False, "continue to write to the same cache"),
        ("region", "region", True, "the deployment in the Region us-east-1 is left behind"),
        ("region", "region", True, "to the same cache as the new ones in eu-west-1"),
        ("topic", "another-topic", False, ""),
        ("pipe deleted by hand", "made-anew", False, "run ./help.sh verify --repair"),
    ],
)
def test_a_change_of_the_demo_loses_one_thing(
    plan: str, name: str, said: str, *, blocks: bool
) -> None:
    (loss,) = reviewed(DEMO, plan).losses
    assert (loss.name, loss.blocks) == (name, blocks)
    assert said in f"{loss.text}; {loss.instead}"


def test_another_cache_is_empty_until_it_is_warmed() -> None:
    found = reviewed(DEMO, "cache")
    assert not found.blocked
    caches = [one for one in found.losses if one.name == "another-cache"]
    assert len(caches) == 2
    assert "writes to the cache another-cache" in caches[0].text
    assert "run ./help.sh warm" in caches[0].instead


def test_from_pipes_to_a_bus_another_pipe_reads_on() -> None:
    """The review must not say that a written record reaches nobody."""
    found = reviewed(DEMO, "bus")
    assert found.blocked
    pipes = named(found, "aws_pipes_pipe")
    assert len(pipes) == 3
    assert all("weather-stats-demo-changes-pipe will read the same" in one.text for one in pipes)
    assert "nobody" not in found.markdown


def test_from_a_bus_to_pipes_they_take_the_rules_place() -> None:
    found = reviewed("weather-demo-bus", "pipes")
    rules = named(found, "aws_cloudwatch_event_rule")
    assert len(rules) == 3
    assert all("the pipes take its place" in one.text for one in rules)
    assert not named(found, "aws_sqs_queue_policy"), "no rule needs it any more"


def test_pipes_take_no_rules_place_while_a_rule_stays() -> None:
    document = copy.deepcopy(group("weather-demo-bus")["pipes"])
    planned = document["planned_values"]["root_module"]["resources"]
    for one in document["resource_changes"]:
        if one["type"].startswith("aws_cloudwatch_event_") and "topic-publish" in one["address"]:
            one["change"] |= {"actions": ["no-op"], "after": one["change"]["before"]}
            planned.append(one | {"values": one["change"]["before"]})
    found = review(read_plan(json.dumps(document), "edited"))
    rules = named(found, "aws_cloudwatch_event_rule")
    assert len(rules) == 2
    assert all("before another takes its place" in one.text for one in rules)


def test_alarms_that_go_take_the_subscriptions_with_them() -> None:
    found = reviewed(ALARMED, "no alarms")
    (topic,) = [one for one in found.losses if one.blocks]
    assert topic.address.startswith("aws_sns_topic.")
    assert "all its subscriptions are lost" in topic.text
    assert len(named(found, "aws_cloudwatch_metric_alarm")) == 9


def test_the_way_back_to_demo_names_what_is_weaker() -> None:
    found = reviewed(ALARMED, "demo")
    assert {(one.address.split(".")[0], one.name) for one in found.losses} >= {
        ("aws_cloudwatch_log_group", "retention-shortened"),
        ("aws_dynamodb_table", "protection-off"),
        ("aws_kms_key", "destroyed"),
        ("aws_secretsmanager_secret", "recovery-shortened"),
        ("aws_sqs_queue", "encryption"),
    }


def test_what_is_created_is_not_kept_for_less_long() -> None:
    """A retention where there was no log group is no shorter one."""
    assert "shorter time" not in reviewed(ALARMED, "first").markdown


@each(deployment=DEPLOYMENTS)
def test_every_pipe_and_rule_that_is_deployed_can_be_run(deployment: str) -> None:
    """The provider reads back empty texts and lists where nothing was said."""
    document = dict(group(deployment)["second"])
    document["prior_state"] = {}
    found = compare(read_plan(json.dumps(document), deployment))
    assert found
    assert [(one.pipe, one.trouble) for one in found if one.trouble] == []
    assert all(one.answers for one in found)


DENIED = '"Statement":[{"Effect":"Deny","Action":"sqs:*","Resource":"*"},'


@each(
    ("old", "new", "said"),
    [
        ("dynamodb:GetRecords", "dynamodb:ListTables", "dynamodb:GetRecords on "),
        ("events:InvokeApiDestination", "dynamodb:ListTables", "events:InvokeApiDestination on "),
        ("sqs:SendMessage", "dynamodb:ListTables", "sqs:SendMessage on "),
        ('"Statement":[', DENIED, "sqs:SendMessage on "),
        ("table/weather-stats-demo/", "table/other/", "dynamodb:GetRecords on "),
    ],
)
def test_a_policy_that_lacks_or_denies_what_pipes_need_holds_the_plan_back(
    old: str, new: str, said: str
) -> None:
    """Also one about another table."""

    def narrow(change: dict[str, Any]) -> None:
        assert old in change["after"]["policy"]
        change["actions"] = ["update"]
        change["after"]["policy"] = change["after"]["policy"].replace(old, new)

    (loss,) = review(changed(DEMO, "aws_iam_role_policy", narrow)).losses
    assert (loss.name, loss.blocks) == ("narrowed", True)
    assert said in loss.text


def test_a_new_pipe_at_another_address_reads_the_same_stream() -> None:
    """Without a block `moved`, a pipe is destroyed here and created there with the same name."""
    document = copy.deepcopy(group(DEMO)["second"])
    one = next(one for one in document["resource_changes"] if one["type"] == "aws_pipes_pipe")
    new = copy.deepcopy(one) | {"address": "aws_pipes_pipe.elsewhere", "name": "elsewhere"}
    one["change"] |= {"actions": ["delete"], "after": None}
    new["change"] |= {"actions": ["create"], "before": None}
    document["resource_changes"].append(new)
    (loss,) = review(read_plan(json.dumps(document), "moved")).losses
    assert f"{new['change']['after']['name']} will read the same stream" in loss.text


def test_a_changed_workflow_is_shown_by_its_requests() -> None:
    found = reviewed(WORKFLOW, "cache")
    assert not found.blocked
    origin = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"
    for sign, cache in (("-", "momento-eventbridge-cache"), ("+", "another-cache")):
        assert f"{sign}PUT {origin}/cache/{cache}?key=Oslo&ttl_seconds=600" in found.markdown
        assert f"{sign}POST {origin}/topics/{cache}/momento-eventbridge-topic" in found.markdown
        assert f"{sign}DELETE {origin}/cache/{cache}?key=Oslo" in found.markdown
    assert "# Put the entry" in found.markdown
    assert {one.name for one in found.losses} == {"another-cache", "another-topic"}


def test_other_batches_lose_nothing_and_send_the_same() -> None:
    found = reviewed(WORKFLOW, "batches")
    assert list(found.losses) == []
    assert "What the pipes will send" not in found.markdown


def test_from_a_workflow_to_pipes_at_once_loses_records_and_the_review_tells_the_steps() -> None:
    found = reviewed(WORKFLOW, "pipes")
    (loss,) = [one for one in found.losses if one.blocks]
    assert loss.address.startswith("aws_pipes_pipe.")
    assert "may not be delivered" in loss.text
    assert "TOPOLOGY=pipes ALSO_TOPOLOGY=workflow" in loss.instead
    assert "a message may come twice" in loss.instead
    assert "run ./help.sh verify --repair" in loss.instead


def test_the_first_step_between_them_loses_nothing() -> None:
    assert list(reviewed(WORKFLOW, "pipes beside").losses) == []


@pytest.mark.parametrize(("left", "pipes"), [("workflow", 3), ("pipes", 1)])
def test_the_second_step_is_not_held_back(left: str, pipes: int) -> None:
    found = reviewed(BESIDE, left)
    assert not found.blocked
    gone = named(found, "aws_pipes_pipe")
    assert len(gone) == pipes
    assert all("already reads the same stream" in one.text for one in gone)
    assert all("verify --repair" in one.instead for one in gone)
