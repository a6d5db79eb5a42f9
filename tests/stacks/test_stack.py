"""A stack of pipelines: shared parts, own parts, and what is refused."""

import json
from typing import Any

import cdktf
import pytest

from momento_pipes.errors import StackError
from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    ItemMapping,
    KeySchema,
    StreamView,
    TopicMessage,
)
from momento_pipes.pipes.pipeline import PipelineError
from momento_pipes.tables.table import Replica
from stacks.stack import MomentoStack
from tests.each import each
from tests.synthesized import ENDPOINT, Synthesized, read_settings

KEY, CODE = Attribute("Id"), Attribute("Code")
KEYS = KeySchema(KEY)
ENTRY, MESSAGE = CacheEntry(key=KEY, ttl=60), TopicMessage(topic="news")
PREFIX = "weather-stats-demo"


def stack(mappings: dict[str, ItemMapping], *, profile: str = "demo", **table: Any) -> MomentoStack:
    """Return a stack with a table and a pipeline for each mapping."""
    made = MomentoStack(cdktf.Testing.app(), "shop", read_settings(PROFILE=profile))
    for name, mapping in mappings.items():
        source = made.add_table(f"{name}-table", keys=KEYS, **table)
        made.add_pipeline(name, source=source, mapping=mapping)
    return made


def synthesize(mappings: dict[str, ItemMapping], **more: Any) -> Synthesized:
    """Return such a stack's JSON."""
    return Synthesized(cdktf.Testing.synth(stack(mappings, **more)))


BOTH = {
    "a": ItemMapping(cache=ENTRY, topic=MESSAGE),
    "b": ItemMapping(cache=CacheEntry(key=KEY, ttl=60, delete=False)),
}


def test_pipelines_share_only_the_endpoint() -> None:
    found = synthesize(BOTH)
    assert found.counts() == {
        "aws_cloudwatch_event_api_destination": 3,
        "aws_cloudwatch_event_connection": 1,
        "aws_dynamodb_table": 2,
        "aws_sqs_queue": 2,
        "aws_cloudwatch_log_group": 2,
        "aws_iam_role": 2,
        "aws_iam_role_policy": 2,
        "aws_pipes_pipe": 4,
        "terraform_data": 3,
    }
    names = {pipe["name"].removeprefix(f"{PREFIX}-") for pipe in found.blocks("aws_pipes_pipe")}
    assert names == {
        *(f"a-{operation}-pipe" for operation in ("cache-put", "topic-publish", "cache-delete")),
        "b-cache-put-pipe",
    }


def test_pipeline_may_invoke_only_its_own_destinations() -> None:
    found = synthesize(BOTH)
    one = "aws_cloudwatch_event_api_destination"
    put = found.one(one, f"{PREFIX}-shop-cache-put-api-destination").ref("arn")
    policies = [json.loads(each["policy"]) for each in found.blocks("aws_iam_role_policy")]
    invoked = [
        statement["Resource"]
        for policy in policies
        for statement in policy["Statement"]
        if statement["Sid"] == "InvokeDestinations"
    ]
    every = {each.ref("arn") for each in found.blocks(one)}
    of_b, of_a = sorted(invoked, key=len)
    assert (of_b, set(of_a)) == ([put], every)


def test_pipelines_share_the_destination_of_another_caches_topics() -> None:
    other = ItemMapping(topic=TopicMessage(topic="news", cache="other"))
    found = synthesize({"a": other, "b": other, "c": BOTH["a"]})
    destinations = found.blocks("aws_cloudwatch_event_api_destination")
    assert sorted(one["invocation_endpoint"].removeprefix(ENDPOINT) for one in destinations) == [
        "/cache/*",
        "/cache/*",
        "/topics/momento-eventbridge-cache/*",
        "/topics/other/*",
    ]
    rates = {one["http_method"]: one["invocation_rate_limit_per_second"] for one in destinations}
    assert rates == {"PUT": 50, "DELETE": 50, "POST": 5}  # both topics' share of 10 a second


def test_the_topics_of_all_caches_share_the_accounts_limit() -> None:
    """Four destinations share 10 a second, so each gets two; the first ones are changed, too."""
    caches = ("one", "two", "three")
    found = synthesize(
        {name: ItemMapping(topic=TopicMessage(topic="news", cache=name)) for name in caches}
    )
    rates = [
        one["invocation_rate_limit_per_second"]
        for one in found.blocks("aws_cloudwatch_event_api_destination")
        if one["http_method"] == "POST"
    ]
    assert rates == [2, 2, 2, 2]


def test_entry_in_another_cache_needs_no_other_destination() -> None:
    other = ItemMapping(cache=CacheEntry(key=KEY, ttl=60, cache="other"))
    found = synthesize({"a": other})
    assert len(found.blocks("aws_cloudwatch_event_api_destination")) == 3
    for pipe in found.blocks("aws_pipes_pipe"):
        http = pipe["target_parameters"]["http_parameters"]
        assert http["path_parameter_values"] == ["other"]


def test_production_adds_alarms_and_encrypts_logs_of_every_pipeline() -> None:
    found = synthesize(BOTH, profile="production")
    assert len(found.blocks("aws_cloudwatch_dashboard")) == 2
    watched = [alarm["alarm_name"] for alarm in found.blocks("aws_cloudwatch_metric_alarm")]
    assert {name.removeprefix(f"{PREFIX}-")[0] for name in watched} == {"a", "b"}
    policy = json.loads(found.one("aws_kms_key")["policy"])
    (logs,) = (one for one in policy["Statement"] if one["Sid"] == "EncryptLogs")
    groups = logs["Condition"]["ArnEquals"]["kms:EncryptionContext:aws:logs:arn"]
    names = [group["name"] for group in found.blocks("aws_cloudwatch_log_group")]
    assert len(groups) == 4, "of the pipes and of the watch of each"
    for group, name in zip(sorted(groups), sorted(names), strict=True):
        assert group.endswith(f":log-group:{name}")


@pytest.mark.parametrize(
    ("mapping", "table", "complaint"),
    [
        (ItemMapping(), {}, "the mapping sends nothing"),
        (ItemMapping(cache=ENTRY), {"view": StreamView.KEYS_ONLY}, ".*has no new image"),
        (
            ItemMapping(cache=CacheEntry(key=KEY, ttl=Attribute("Ends", "N"))),
            {"expires": Attribute("Ends", "N")},
            r"the ttl is Ends \(N\), the time at which DynamoDB removes .* or use a fixed number",
        ),
        (
            ItemMapping(cache=CacheEntry(key=KEY, ttl=Attribute("Ends", "N", "Ends"))),
            {"expires": Attribute("Ends", "N")},
            r"the ttl is Ends \(N\), the time at which DynamoDB removes",
        ),
    ],
)
def test_a_mapping_that_would_fail_is_refused_with_the_pipelines_name(
    mapping: ItemMapping, table: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(PipelineError, match=f"^pipeline {PREFIX}-a: {complaint}"):
        stack({"a": mapping}, **table)


@each(
    ("given", "complaint"),
    [
        ({"mapping": TopicMessage(topic="news")}, "mapping is TopicMessage.*write ItemMapping"),
        ({"mapping": None}, "mapping is None; write ItemMapping"),
        ({"source": "arn:aws:dynamodb"}, "source is 'arn:aws:dynamodb'; write the table that add"),
        ({"source": None}, r"source is None; write .* ExistingTable\(stream_arn=..., keys=...\)"),
        ({"name": "taken"}, "two pipelines .* have the name taken, .* give one .* another name="),
        ({"id_": ""}, "an id is ''; write text"),
        ({"id_": None}, "an id is None; write text"),
    ],
)
def test_wrong_argument_of_a_pipeline_is_refused(given: dict[str, Any], complaint: str) -> None:
    made = stack({"a": BOTH["a"]})
    source = made.add_table("b-table", keys=KEYS)
    made.add_pipeline("b", source=source, mapping=BOTH["b"], name="taken")
    arguments = {"id_": "c", "source": source, "mapping": BOTH["b"], **given}
    with pytest.raises(StackError, match=complaint):
        made.add_pipeline(**arguments)


@each(
    ("given", "complaint"),
    [
        ({"keys": KEY}, r"keys is Attribute\(.*; write KeySchema\(Attribute\(.Id.\)\)"),
        ({"view": "NEW"}, "the stream's view is 'NEW'; write one of KEYS_ONLY, NEW_IMAGE"),
        ({"expires": "Ends"}, r"expires is 'Ends'; write Attribute\(.Ends.\)"),
        ({"replicas": ["eu-west-1"]}, "a replica is 'eu-west-1'; write Replica"),
        ({"replicas": [Replica(region="us-east-1")]}, "a replica in us-east-1, which is the table"),
        ({"id_": "two words"}, "name may have letters, digits, dots, dashes and underscores"),
    ],
)
def test_wrong_argument_of_a_table_is_refused(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(StackError, match=complaint):
        stack({}).add_table(**{"id_": "t", "keys": KEYS, **given})


def test_a_view_may_be_written_as_text() -> None:
    source = stack({}).add_table("t", keys=KEYS, view="NEW_IMAGE")  # type: ignore[arg-type]
    assert source.stream.view is StreamView.NEW_IMAGE


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        (
            [Attribute(f"a{number}") for number in range(101)],
            "the value of cache-put has 101 parts of an item, but a rule of an event bus allows",
        ),
        (
            [Attribute("a" * 240)],
            "the value of cache-put has .* of an item, a path of 2.. characters, but a rule",
        ),
    ],
)
def test_operator_unsupported_by_rules_is_refused(
    value: Any, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mapping = ItemMapping(cache=CacheEntry(key=KEY, ttl=60, value=value))
    assert stack({"a": mapping})
    monkeypatch.setenv("TOPOLOGY", "bus")
    with pytest.raises(PipelineError, match=complaint):
        stack({"a": mapping})


def test_change_that_a_mapping_cannot_send_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(cdktf.Annotations, "add_warning", lambda _, text: told.append(text))
    stack({"a": ItemMapping(cache=CacheEntry(key=CODE, key_is_unique=True, ttl=60))})
    race, warning = told
    assert race.startswith(f"pipeline {PREFIX}-a: two pipes on one stream do not keep the order")
    assert warning.startswith(f"pipeline {PREFIX}-a: If Code (S) of an item changes")
