"""AWS's limits: a stack at a limit has no message, a stack just over it has one with the fix."""

import json
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

import eventpipes.definition
import eventpipes.service_model
import eventpipes.template
from momento_pipes.judgement.findings import Findings
from momento_pipes.limits import limits, quotas
from momento_pipes.limits.limits import Limit
from momento_pipes.tables import stream_source as source
from ops.capacity import limits as capacity
from ops.doctor import aws as doctor
from tests.each import each
from tests.synthesized import REPO, Synthesized

LENGTHS = list(limits.LENGTHS.items())
COUNTS = list(limits.COUNTS.items())
API = {
    ("aws_pipes_pipe", "name"): ("pipes", "CreatePipe", "Name"),
    ("aws_cloudwatch_event_connection", "name"): ("events", "CreateConnection", "Name"),
    ("aws_cloudwatch_event_api_destination", "name"): ("events", "CreateApiDestination", "Name"),
    ("aws_cloudwatch_event_api_destination", "invocation_endpoint"): (
        *("events", "CreateApiDestination", "InvocationEndpoint"),
    ),
    ("aws_cloudwatch_event_bus", "name"): ("events", "CreateEventBus", "Name"),
    ("aws_cloudwatch_event_rule", "name"): ("events", "PutRule", "Name"),
    ("aws_iam_role", "name"): ("iam", "CreateRole", "RoleName"),
    ("aws_iam_role_policy", "name"): ("iam", "PutRolePolicy", "PolicyName"),
    ("aws_cloudwatch_log_group", "name"): ("logs", "CreateLogGroup", "logGroupName"),
    ("aws_secretsmanager_secret", "name"): ("secretsmanager", "CreateSecret", "Name"),
    ("aws_cloudwatch_metric_alarm", "alarm_name"): ("cloudwatch", "PutMetricAlarm", "AlarmName"),
    ("aws_kms_alias", "name"): ("kms", "CreateAlias", "AliasName"),
}
"""The lengths that are also in AWS's own model of its API."""

BUS = "${aws_cloudwatch_event_bus.bus.name}"
RULE = "${aws_cloudwatch_event_rule.rule.name}"
ROLE = "${aws_iam_role.role.name}"


def resources(type_: str, *bodies: dict[str, Any]) -> dict[str, Any]:
    """Return a document with resources of a type, numbered by their ids."""
    return {"resource": {type_: {f"r{place}": body for place, body in enumerate(bodies)}}}


def policy(length: int) -> str:
    """Return a policy of this length, not counting white space."""
    empty = len('{"Resource":""}')
    return json.dumps({"Resource": "x" * (length - empty)}, indent=2)


def rules(number: int) -> dict[str, Any]:
    """Return the rules of a bus, and a rule of another bus."""
    elsewhere = {"event_bus_name": "another"}
    return resources("aws_cloudwatch_event_rule", *[{"event_bus_name": BUS}] * number, elsewhere)


def targets(number: int) -> dict[str, Any]:
    """Return the targets of a rule, and a target of another rule."""
    return resources("aws_cloudwatch_event_target", *[{"rule": RULE}] * number, {"rule": "another"})


def dashboard(number: int) -> dict[str, Any]:
    """Return a dashboard of some widgets."""
    body = json.dumps({"widgets": [{}] * number})
    return resources("aws_cloudwatch_dashboard", {"dashboard_body": body})


def role_policies(number: int) -> dict[str, Any]:
    """Return two policies of one role, of this length together, and a policy of another role."""
    return resources(
        "aws_iam_role_policy",
        {"role": ROLE, "policy": policy(1_000)},
        {"role": ROLE, "policy": policy(number - 1_000)},
        {"role": "another", "policy": policy(500)},
    )


def trust_policy(number: int) -> dict[str, Any]:
    """Return a role with a trust policy of this length."""
    return resources("aws_iam_role", {"assume_role_policy": policy(number)})


def key_policy(number: int) -> dict[str, Any]:
    """Return a key whose policy is this long."""
    return resources("aws_kms_key", {"policy": policy(number)})


ONES = [
    (rules, limits.RULES_OF_A_BUS, "aws_cloudwatch_event_bus.bus: "),
    (targets, limits.TARGETS_OF_A_RULE, "aws_cloudwatch_event_rule.rule: "),
    (dashboard, limits.WIDGETS_OF_A_DASHBOARD, "aws_cloudwatch_dashboard.r0: "),
    (role_policies, limits.ROLE_POLICIES, "aws_iam_role.role: "),
    (trust_policy, limits.TRUST_POLICY, "aws_iam_role.r0: "),
    (key_policy, limits.KEY_POLICY, "aws_kms_key.r0: "),
]


def highest(limit: Limit) -> int:
    """Return the highest number without a message."""
    number = limit.default or limit.most
    assert number is not None
    return number


def the_only(document: dict[str, Any], limit: Limit) -> str:
    """Return the only finding; a limit that can be raised gives a warning."""
    found = quotas.check(document)
    told, silent = (
        (found.errors, found.warnings) if limit.default is None else (found.warnings, found.errors)
    )
    assert (len(told), silent) == (1, [])
    return told[0]


def says_it_all(text: str, number: int, limit: Limit) -> None:
    """Assert that a message has the number, the limit, the page and what to do."""
    for part in (f"{number:,} {limit.unit}", f"{highest(limit):,}", f"({limit.page})", limit.fix):
        assert part in text
    assert ("Service Quotas" in text) is (limit.default is not None)


@each(("place", "limit"), LENGTHS)
def test_name_may_be_as_long_as_aws_allows(place: tuple[str, str], limit: Limit) -> None:
    type_, argument = place
    assert quotas.check(resources(type_, {argument: "x" * highest(limit)})) == Findings()
    number = highest(limit) + 1
    told = the_only(resources(type_, {argument: "x" * number}), limit)
    assert told.startswith(f"{type_}.r0: {argument} '{'x' * quotas.SHOWN}...': ")
    says_it_all(told, number, limit)


@pytest.mark.parametrize(
    ("place", "limit"),
    [case for case in LENGTHS if case[1].least > 1],
    ids=["aws_dynamodb_table-name", "aws_s3_bucket-bucket"],
)
def test_a_name_may_be_too_short(place: tuple[str, str], limit: Limit) -> None:
    type_, argument = place
    assert quotas.check(resources(type_, {argument: "x" * limit.least})) == Findings()
    told = the_only(resources(type_, {argument: "x" * (limit.least - 1)}), limit)
    assert f"'xx': 2 characters, but {limit.subject} may have 3 to {highest(limit)} (" in told


def test_name_that_is_unknown_at_synth_is_not_checked() -> None:
    document = resources("aws_pipes_pipe", {"name": "${var." + "x" * 100 + "}"})
    assert quotas.check(document) == Findings()


@each(("type_", "limit"), COUNTS)
def test_more_resources_than_the_default_quota_are_a_warning(type_: str, limit: Limit) -> None:
    assert quotas.check(resources(type_, *[{}] * highest(limit))) == Findings()
    told = the_only(resources(type_, *[{}] * (highest(limit) + 1)), limit)
    assert told.startswith("this stack: ")
    says_it_all(told, highest(limit) + 1, limit)


@each(("build", "limit", "where"), ONES)
def test_parts_of_one_resource_are_counted(build: Any, limit: Limit, where: str) -> None:
    assert quotas.check(build(highest(limit))) == Findings()
    told = the_only(build(highest(limit) + 1), limit)
    assert told.startswith(where)
    says_it_all(told, highest(limit) + 1, limit)


def test_more_than_the_fixed_limit_is_an_error_not_a_warning() -> None:
    assert limits.TRUST_POLICY.most
    assert quotas.check(trust_policy(limits.TRUST_POLICY.most)).errors == []
    (error,) = quotas.check(trust_policy(limits.TRUST_POLICY.most + 1)).errors
    assert error.startswith("aws_iam_role.r0: 8,193 characters, but a role's trust policy may ")


def test_terraform_expression_is_not_checked() -> None:
    expression = "${jsonencode(local.it)}"
    for document in (
        resources("aws_cloudwatch_dashboard", {"dashboard_body": expression}),
        resources("aws_iam_role", {"assume_role_policy": expression}),
        resources("aws_iam_role_policy", {"role": ROLE, "policy": expression}),
    ):
        assert quotas.check(document) == Findings()


@pytest.mark.parametrize("stack", ["weather", "production", "state"])
def test_the_projects_own_stacks_are_within_every_limit(
    stack: str, request: pytest.FixtureRequest
) -> None:
    synthesized: Synthesized = request.getfixturevalue(stack)
    assert quotas.check(synthesized.document) == Findings()


@each(place=API)
def test_length_is_that_of_the_api_model(place: tuple[str, str]) -> None:
    service, operation, member = API[place]
    model = ServiceModel(Loader().load_service_model(service, "service-2"))
    request = model.operation_model(operation).input_shape
    assert request is not None
    assert request.members[member].metadata["max"] == limits.LENGTHS[place].most


def test_the_commands_know_the_same_numbers() -> None:
    counts = {limit.unit: limit.default for limit in limits.COUNTS.values()}
    assert {what: quota[-1] for what, quota in doctor.QUOTAS.items()}.items() <= counts.items()
    assert capacity.READERS_A_SHARD == source.ADVISED_READERS
    assert capacity.READERS_A_SHARD_OF_A_GLOBAL_TABLE == source.ADVISED_READERS_OF_GLOBAL_TABLES


def test_page_lists_every_limit_with_number_and_source() -> None:
    text = (REPO / "docs" / "quotas.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    alone = [one for one in vars(limits).values() if isinstance(one, limits.Limit)]
    assert len(alone) > 3
    for limit in [*limits.LENGTHS.values(), *limits.COUNTS.values(), *alone]:
        named = limit.subject if limit.unit == "characters" else limit.unit
        numbers = [f"{number:,}" for number in (limit.default, limit.most) if number]
        assert [
            row for row in rows if all(part in row for part in (named, limit.page, *numbers))
        ], limit
    for engine in (
        f"patterns of a pipe | {eventpipes.definition.MAX_FILTERS} ",
        f"a pattern of a pipe or a rule | {eventpipes.definition.MAX_PATTERN_LENGTH:,} ",
        f"an input template | {eventpipes.template.MAX_LENGTH:,} ",
        f"an HTTP parameter's name, and its value | {eventpipes.service_model.MAX_LENGTH:,} ",
        f"readers of a shard | {source.ADVISED_READERS}, ",
    ):
        assert engine in text
