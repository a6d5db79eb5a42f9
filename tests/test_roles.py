"""The policies of the workflows' roles by themselves: what they allow, to whom, and how long."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conftest import BUCKET, ROOT
from tests.each import each
from tests.iam_policy import (
    ARN,
    BOUND,
    BOUNDARY,
    FILES,
    FILLED,
    IAM,
    POLICIES,
    PREFIX,
    ROLE,
    THE_KEY,
    Policy,
    filled,
)
from tests.localcloud.calls import Call

INLINE_LIMIT = 10_240
"""Characters without white space ("IAM and AWS STS quotas")."""
STATES = [f"arn:aws:s3:::{BUCKET}/{PREFIX}/{stack}.tfstate" for stack in ("terraform", "orders")]
NARROWEST: Mapping[str, str] = {
    "events:ListApiDestinations": "Service Authorization Reference, EventBridge: a list",
    "events:ListConnections": "Service Authorization Reference, EventBridge: a list",
    "lambda:GetAccountSettings": "Service Authorization Reference, AWS Lambda: no resource type",
    "pipes:ListPipes": "Service Authorization Reference, EventBridge Pipes: a list",
    "states:ListStateMachines": "Service Authorization Reference, Step Functions: a list",
    "states:ValidateStateMachineDefinition": "Service Authorization Reference: no resource type",
    "cloudwatch:GetMetricStatistics": "Service Authorization Reference: no resource type",
    "kms:CreateKey": "Service Authorization Reference, AWS KMS: no resource type",
    "kms:ListAliases": "Service Authorization Reference, AWS KMS: no resource type",
    **{
        f"logs:{action}": "Service Authorization Reference, CloudWatch Logs: no resource type"
        for action in (
            *("CreateLogDelivery", "DeleteLogDelivery", "GetLogDelivery", "ListLogDeliveries"),
            *("UpdateLogDelivery", "DescribeResourcePolicies", "PutResourcePolicy"),
        )
    },
}
"""Allowed on every resource, and the page that says that IAM cannot narrow it."""
READS = re.compile(r"\w+:((Get|List|Describe|Validate)[A-Z]\w+|Decrypt)")


@pytest.mark.parametrize("name", POLICIES)
def test_every_action_is_spelled_out(name: str) -> None:
    actions = {action for action, _ in POLICIES[name].allowed()}
    assert {one for one in actions if not re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", one)} == set()


def test_the_plan_role_writes_nothing_but_plans() -> None:
    writes = {pair for pair in POLICIES["plan"].allowed() if not READS.fullmatch(pair[0])}
    assert writes == {("s3:PutObject", f"arn:aws:s3:::{BUCKET}/plans/*")}


@pytest.mark.parametrize("name", POLICIES)
def test_only_actions_that_iam_cannot_narrow_are_allowed_on_all_resources(name: str) -> None:
    everything = {action for action, resource in POLICIES[name].allowed() if resource == "*"}
    assert everything <= NARROWEST.keys()


def test_a_role_uses_each_action_that_iam_cannot_narrow() -> None:
    """The table of exceptions has none that is not used."""
    pairs = [pair for policy in POLICIES.values() for pair in policy.allowed()]
    assert {action for action, resource in pairs if resource == "*"} == NARROWEST.keys()


OTHER_KEY = ARN.format("kms", "key/other")
OF_OTHERS = {"aws:ResourceTag/Project": "other"}
WATCH_KEY = ARN.format("secretsmanager", f"secret:{PREFIX}-watch-key-AbCdEf")
OTHER_SECRET = ARN.format("secretsmanager", "secret:other-AbCdEf")


@each(
    name=POLICIES,
    call=[
        ("dynamodb:DescribeTable", ARN.format("dynamodb", "table/other"), {}),
        ("dynamodb:DeleteTable", ARN.format("dynamodb", "table/other"), {}),
        ("dynamodb:DeleteTable", ARN.format("dynamodb", f"table/{PREFIX}2"), {}),
        ("events:PutRule", ARN.format("events", "rule/other"), {}),
        *(
            ("iam:PutRolePolicy", ROLE.format(role), {})
            for role in ("other", f"{PREFIX}-ci-deploy", f"{PREFIX}-ci-plan")
        ),
        *(
            (
                "iam:PassRole",
                ROLE.format(role),
                {"iam:PassedToService": f"{service}.amazonaws.com"},
            )
            for role, service in (
                (FILLED["PIPE_ROLE"], "lambda"),
                (FILLED["PIPE_ROLE"], "events"),
                (f"{PREFIX}-orders-pipes", "events"),
                (f"{PREFIX}-orders-rules", "pipes"),
                (f"{PREFIX}-rules", "lambda"),
                (f"{PREFIX}-watch-function", "scheduler"),
                (f"{PREFIX}-watch-schedule", "lambda"),
            )
        ),
        ("kms:Decrypt", THE_KEY, {}),
        ("kms:CreateKey", "*", {"aws:RequestTag/Project": "other"}),
        ("kms:PutKeyPolicy", OTHER_KEY, OF_OTHERS),
        ("kms:TagResource", OTHER_KEY, OF_OTHERS | {"aws:RequestTag/Project": PREFIX}),
        ("secretsmanager:GetSecretValue", OTHER_SECRET, {}),
        ("secretsmanager:GetSecretValue", WATCH_KEY, {}),
        ("lambda:GetFunction", ARN.format("lambda", f"function:{PREFIX}-other"), {}),
        ("s3:GetObject", f"arn:aws:s3:::{BUCKET}/other/terraform.tfstate", {}),
    ],
)
def test_what_belongs_to_something_else_is_refused(
    name: str, call: tuple[str, str, Mapping[str, str]]
) -> None:
    action, resource, context = call
    assert not POLICIES[name].allows(Call(action=action, resource=resource, context=context))


@each(
    ("action", "resource"),
    [
        ("s3:DeleteBucket", f"arn:aws:s3:::{BUCKET}"),
        *(("s3:DeleteObjectVersion", state) for state in STATES),
        ("s3:PutBucketVersioning", f"arn:aws:s3:::{BUCKET}"),
        *(("s3:DeleteObject", state) for state in STATES),
        ("sts:AssumeRole", ROLE.format(FILLED["PIPE_ROLE"])),
        *(
            (f"iam:{action}", ROLE.format(FILLED["PIPE_ROLE"]))
            for action in ("UpdateAssumeRolePolicy", "DeleteRolePermissionsBoundary")
        ),
        ("iam:CreatePolicyVersion", BOUNDARY),
    ],
)
def test_some_is_denied_to_deploy_whatever_else_is_attached(action: str, resource: str) -> None:
    anything = {"Sid": "Anything", "Effect": "Allow", "Action": ["*"], "Resource": "*"}
    policy = Policy([*POLICIES["deploy"].statements, anything])
    assert not policy.allows(Call(action=action, resource=resource))
    assert policy.allows(Call(action=action, resource="arn:aws:s3:::other/other")) == (
        not action.startswith(("sts:", "iam:"))
    )


ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


@pytest.mark.parametrize(
    ("action", "context"),
    [
        ("CreateRole", {}),
        ("CreateRole", {"iam:PermissionsBoundary": ADMINISTRATOR}),
        ("PutRolePolicy", {}),
        ("PutRolePolicy", {"iam:PermissionsBoundary": ADMINISTRATOR}),
        ("PutRolePermissionsBoundary", {"iam:PermissionsBoundary": ADMINISTRATOR}),
        ("DeleteRolePermissionsBoundary", {"iam:PermissionsBoundary": BOUNDARY}),
        (
            "AttachRolePolicy",
            {"iam:PermissionsBoundary": BOUNDARY, "iam:PolicyARN": ADMINISTRATOR},
        ),
        ("UpdateAssumeRolePolicy", {}),
    ],
)
@pytest.mark.parametrize("role", [FILLED["PIPE_ROLE"], f"{PREFIX}-orders-pipes", "other"])
def test_deploy_makes_no_administrator_and_trusts_nobody_else(
    role: str, action: str, context: dict[str, str]
) -> None:
    call = Call(action=f"iam:{action}", resource=ROLE.format(role), context=context)
    assert not POLICIES["deploy"].allows(call)


@each(
    ("action", "resource"),
    [
        ("iam:CreateUser", "arn:aws:iam::123456789012:user/other"),
        ("iam:PutRolePolicy", ROLE.format(FILLED["PIPE_ROLE"])),
        ("sts:AssumeRole", ROLE.format("other")),
        ("s3:GetObject", STATES[0]),
        ("dynamodb:GetItem", ARN.format("dynamodb", "table/other")),
        ("dynamodb:PutItem", ARN.format("dynamodb", f"table/{PREFIX}")),
        ("lambda:InvokeFunction", ARN.format("lambda", "function:other")),
        ("secretsmanager:GetSecretValue", WATCH_KEY),
        ("cloudwatch:PutMetricData", "*"),
        ("dynamodb:GetRecords", ARN.format("dynamodb", "table/other/stream/1")),
        ("secretsmanager:GetSecretValue", OTHER_SECRET),
        ("kms:Decrypt", THE_KEY),
        ("sqs:ReceiveMessage", ARN.format("sqs", f"{PREFIX}-dlq")),
    ],
)
def test_a_role_with_every_right_can_do_no_more_than_the_boundary(
    action: str, resource: str
) -> None:
    """AWS IAM, "Permissions boundaries": both the policy and the boundary have to allow it."""
    assert not BOUND.allows(Call(action=action, resource=resource))


@pytest.mark.parametrize("name", ["boundary.json", *FILES["deploy"][1:]])
def test_the_boundary_and_a_second_policy_fit_into_managed_policies(name: str) -> None:
    longest = {"PREFIX": 24, "REGION": 14}
    names = FILLED | {name: "x" * length for name, length in longest.items()}
    policy = json.dumps(filled(name, names), separators=(",", ":"))
    assert len(policy) <= 6_144  # "IAM and AWS STS quotas"


@each(
    action=["PutKeyPolicy", "ScheduleKeyDeletion", "UntagResource"],
    tags=[{}, OF_OTHERS],
)
def test_deploy_changes_no_key_that_the_stack_did_not_make(
    action: str, tags: dict[str, str]
) -> None:
    call = Call(action=f"kms:{action}", resource=OTHER_KEY, context=tags)
    assert not POLICIES["deploy"].allows(call)


@pytest.mark.parametrize("other", [OF_OTHERS, {"kms:ResourceAliases": "alias/other"}])
def test_deploy_tags_no_key_in_use_as_its_own(other: dict[str, str]) -> None:
    """Else it could take any key, by giving it the tag."""
    context = {"aws:RequestTag/Project": PREFIX, **other}
    call = Call(action="kms:TagResource", resource=OTHER_KEY, context=context)
    assert not POLICIES["deploy"].allows(call)


@pytest.mark.parametrize(
    ("name", "subjects"),
    [
        ("plan", ["repo:owner/name:pull_request", "repo:owner/name:ref:refs/heads/main"]),
        ("deploy", ["repo:owner/name:environment:production"]),
    ],
)
def test_a_role_is_assumed_by_its_own_jobs_only(name: str, subjects: list[str]) -> None:
    (statement,) = filled(f"{name}-trust.json")["Statement"]
    issuer = "token.actions.githubusercontent.com"
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {
        "Federated": f"arn:aws:iam::123456789012:oidc-provider/{issuer}"
    }
    assert statement["Condition"] == {
        "StringEquals": {f"{issuer}:aud": "sts.amazonaws.com", f"{issuer}:sub": subjects}
    }


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_fits_into_a_role_with_the_longest_names(name: str) -> None:
    """A secret's may be longer, though nobody's is."""
    longest = {"PIPE_ROLE": 64, "PREFIX": 24, "REGION": 14, "SECRET": 64, "STATE_BUCKET": 63}
    names = FILLED | {name: "x" * length for name, length in longest.items()}
    policy = json.dumps(filled(FILES[name][0], names), separators=(",", ":"))
    assert len(policy) <= INLINE_LIMIT


def test_the_documented_lines_fill_in_the_placeholders(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```bash\n([^`]*perl -pe[^`]*)```", text)
    shutil.copytree(IAM, tmp_path / ".github" / "iam")
    subprocess.run(["bash", "-euc", lines], cwd=tmp_path, check=True)
    for file in IAM.iterdir():
        done = (tmp_path / ".cache" / "iam" / file.name).read_text(encoding="utf-8")
        assert json.loads(done) == filled(file.name)
