"""The topology with an event bus: one pipe, three rules, and their permissions."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from momento_pipes.judgement import judgement
from momento_pipes.mapping import PipeConfig, RuleConfig, union_of_filters
from tests.synthesized import Block, Synthesized, synthesize

PREFIX = "weather-stats-demo"
OPERATIONS = ("cache-put", "topic-publish", "cache-delete")
ACCOUNT = "${data.aws_caller_identity.account_caller_1C5BE04F.account_id}"


@pytest.fixture(scope="module")
def bus() -> Synthesized:
    """Return the weather stack with an event bus."""
    return synthesize(TOPOLOGY="bus")


@pytest.fixture(scope="module")
def production_bus() -> Synthesized:
    """Return the same in the production profile."""
    return synthesize(TOPOLOGY="bus", PROFILE="production")


def _rule(stack: Synthesized, operation: str) -> tuple[Block, Block]:
    """Return an operation's rule and its target."""
    rule = stack.one("aws_cloudwatch_event_rule", f"{PREFIX}-{operation}-rule")
    (target,) = [
        one
        for one in stack.blocks("aws_cloudwatch_event_target")
        if one["rule"] == rule.ref("name")
    ]
    return rule, target


def _statements(document: str) -> list[Mapping[str, Any]]:
    statements: list[Mapping[str, Any]] = json.loads(document)["Statement"]
    return statements


def test_one_pipe_reads_the_stream_for_all_rules(bus: Synthesized) -> None:
    pipe = bus.one("aws_pipes_pipe", f"{PREFIX}-changes-pipe")
    assert pipe["target"] == bus.one("aws_cloudwatch_event_bus").ref("arn")
    assert "filter_criteria" not in pipe["source_parameters"]
    assert pipe["target_parameters"] == {
        "eventbridge_event_bus_parameters": {
            "detail_type": "DynamoDB Stream Record",
            "source": PREFIX,
        }
    }


def test_pipe_is_created_after_rules_and_queue_policy(bus: Synthesized) -> None:
    """An event that comes before the rules is lost."""
    waits = bus.one("aws_pipes_pipe")["depends_on"]
    for operation in OPERATIONS:
        assert _rule(bus, operation)[1].address in waits
    assert bus.one("aws_sqs_queue_policy").address in waits


@pytest.mark.parametrize(
    ("operation", "pattern"),
    [
        ("cache-put", {"source": [PREFIX], "detail": {"eventName": ["INSERT", "MODIFY"]}}),
        ("topic-publish", {"source": [PREFIX]}),
        ("cache-delete", {"source": [PREFIX], "detail": {"eventName": ["REMOVE"]}}),
    ],
)
def test_each_operation_has_a_rule_with_its_destination(
    bus: Synthesized, operation: str, pattern: object
) -> None:
    rule, target = _rule(bus, operation)
    name = f"{PREFIX}-{operation}-api-destination"
    assert json.loads(rule["event_pattern"]) == pattern
    assert target["arn"] == bus.one("aws_cloudwatch_event_api_destination", name).ref("arn")
    assert target["retry_policy"] == {
        "maximum_retry_attempts": 3,
        "maximum_event_age_in_seconds": 3600,
    }
    assert target["dead_letter_config"] == {"arn": bus.one("aws_sqs_queue").ref("arn")}


def test_rule_waits_for_its_role(bus: Synthesized) -> None:
    """A new IAM policy takes effect after some seconds; until then a rule would lose events."""
    role = bus.one("aws_iam_role", f"{PREFIX}-rules")
    policies = [one for one in bus.blocks("aws_iam_role_policy") if one["role"] == role.ref("name")]
    addresses = {one.address for one in policies}
    settled = [
        one
        for one in bus.blocks("terraform_data")
        if addresses & {*one.arguments.get("depends_on", ())}
    ]
    assert (len(policies), len(settled)) == (1, 1)
    for operation in OPERATIONS:
        _, target = _rule(bus, operation)
        assert target["role_arn"] == role.ref("arn")
        assert settled[0].address in target["depends_on"]


def test_rule_may_have_no_retries() -> None:
    """The provider drops a 0 of a pipe, but not of a rule; the pipe's own number stays positive."""
    stack = synthesize(TOPOLOGY="bus", RULE_RETRY_ATTEMPTS="0")
    for operation in OPERATIONS:
        assert _rule(stack, operation)[1]["retry_policy"]["maximum_retry_attempts"] == 0
    stream = stack.one("aws_pipes_pipe")["source_parameters"]["dynamodb_stream_parameters"]
    assert stream["maximum_retry_attempts"] == 3


def test_pipe_retries_that_a_rule_does_not_allow_are_refused() -> None:
    found = judgement.check(synthesize(TOPOLOGY="bus", PIPE_RETRY_ATTEMPTS="500").document)
    assert len(found.errors) == 3
    assert all(
        "retry_policy.maximum_retry_attempts is 500; write 0 to 185" in one for one in found.errors
    )


def test_the_pipe_may_put_events_and_invoke_nothing(bus: Synthesized) -> None:
    (policy,) = [
        one["policy"] for one in bus.blocks("aws_iam_role_policy") if "PutEvents" in one["policy"]
    ]
    assert [(one["Sid"], one["Action"]) for one in _statements(policy)][-1] == (
        "PutEvents",
        ["events:PutEvents"],
    )
    assert "InvokeApiDestination" not in policy


def test_the_rules_role_is_for_these_rules_only(bus: Synthesized) -> None:
    trust = bus.trust(f"{PREFIX}-rules")
    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    arns = trust["Condition"]["ArnEquals"]["aws:SourceArn"]
    assert [arn.rpartition(":")[2] for arn in arns] == [
        f"rule/{PREFIX}-bus/{PREFIX}-{operation}-rule" for operation in OPERATIONS
    ]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}


def test_queue_accepts_dead_letters_of_these_rules_only(bus: Synthesized) -> None:
    (statement,) = _statements(bus.one("aws_sqs_queue_policy")["policy"])
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert len(statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == 3


def test_with_an_own_key_the_rules_may_encrypt_their_dead_letters(
    production_bus: Synthesized, production: Synthesized
) -> None:
    policy = production_bus.one("aws_kms_key")["policy"]
    (statement,) = [one for one in _statements(policy) if one["Sid"] == "SendDeadLetters"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert "SendDeadLetters" not in production.one("aws_kms_key")["policy"]


def test_rules_have_alarms_for_failed_and_lost_events(
    production_bus: Synthesized,
) -> None:
    names = production_bus.alarms().keys()
    for operation in OPERATIONS:
        assert {f"{operation}-failing", f"{operation}-lost"} <= names
    assert "changes-silent" in names


def test_records_that_no_rule_takes_are_filtered_before_the_bus() -> None:
    put = PipeConfig(path_parameters=("c",), patterns=('{"eventName":["INSERT"]}',))
    gone = PipeConfig(path_parameters=("c",), patterns=('{"eventName":["REMOVE"]}', "{}"))
    every = PipeConfig(path_parameters=("t",))
    assert union_of_filters([put, gone], 5) == (*put.patterns, *gone.patterns)
    assert union_of_filters([put, put], 5) == put.patterns
    assert union_of_filters([put, every], 5) == ()
    assert union_of_filters([put, gone], 2) == ()


def test_several_filters_are_alternatives_in_one_pattern() -> None:
    config = PipeConfig(path_parameters=("c",), patterns=('{"a":[1]}', '{"b":[2]}'))
    assert json.loads(RuleConfig.of_pipe(config, event_source="s").pattern) == {
        "source": ["s"],
        "$or": [{"detail": {"a": [1]}}, {"detail": {"b": [2]}}],
    }


def test_variables_with_the_same_name_get_different_names() -> None:
    config = PipeConfig(
        path_parameters=("c",), input_template='{"x":<$.a.b>,"y":<$.a_b>,"z":<$.a.b>}'
    )
    rule = RuleConfig.of_pipe(config, event_source="s")
    assert rule.input_template == '{"x":<a_b>,"y":<a_b_1>,"z":<a_b>}'
    assert rule.input_paths == {"a_b": "$.detail.a.b", "a_b_1": "$.detail.a_b"}
