"""The policies of the workflows' roles allow what Terraform calls, and nothing more.

The real provider plans, applies, changes and destroys the production profile on the local AWS,
which records the right that each request takes; the bus and the rules of the other topology
are with it. IAM itself is not there: a policy is judged here by action, resource and the
conditions that it uses.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import boto3
import pytest

from localcloud import LocalAws
from localcloud.calls import UNKNOWN, Call, recorded
from ops.terraform import Terraform, environment, synthesize
from stacks.settings import Settings
from tests.conftest import BUCKET, ENDPOINT, KEY, ROOT, House
from tests.localcloud.test_deployment import prepared

IAM = ROOT / ".github" / "iam"
PREFIX = "weather-stats-demo"
FILLED = {
    "ACCOUNT": "123456789012",
    "PIPE_ROLE": "AmazonEventBridgePipeWeatherStatsDemoEventToMomentoCache",
    "PREFIX": PREFIX,
    "REGION": "us-east-1",
    "REPOSITORY": "owner/name",
    "SECRET": "momento-eventbridge-api-key",
    "STATE_BUCKET": BUCKET,
}
INLINE_LIMIT = 10_240
"""Characters without white space ("IAM and AWS STS quotas")."""
PLAN_ROLE = ("first plan", "plan", "doctor", "keep plan")
DEPLOY_ROLE = ("take plan", "apply", "change", "destroy", "forget plan")
ARN = "arn:aws:{}:us-east-1:123456789012:{}"
STATE = f"arn:aws:s3:::{BUCKET}/{PREFIX}/terraform.tfstate"
THE_KEY = ARN.format("kms", "key/the-key")
DELIVERY = "CloudWatch Logs, 'Logs sent to CloudWatch Logs': user permissions"
CONNECTION = "EventBridge, 'Using roles to create secrets for API destinations'"
TABLE_KEY = "DynamoDB, 'Authorizing use of your customer managed key'"
WITH_A_KEY = "Secrets Manager, 'Secret encryption and decryption': permissions for the KMS key"
NOT_MADE = (
    "A change that is not made here: two are watched for long, one comes from the demo profile"
)
NARROWEST: Mapping[str, str] = {
    "events:ListApiDestinations": "Service Authorization Reference, EventBridge: a list",
    "events:ListConnections": "Service Authorization Reference, EventBridge: a list",
    "pipes:ListPipes": "Service Authorization Reference, EventBridge Pipes: a list",
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
NO_RIGHT_NEEDED = {"sts:GetCallerIdentity"}
"""AWS STS API, GetCallerIdentity: no permissions are required, and none can be taken away."""
READS = re.compile(r"\w+:((Get|List|Describe)[A-Z]\w+|Decrypt)")
CHANGES: Mapping[str, Mapping[str, Any]] = {
    "aws_cloudwatch_dashboard": {"dashboard_body": ('"view"', '"period": 300, "view"')},
    "aws_cloudwatch_event_api_destination": {"description": "changed"},
    "aws_cloudwatch_event_rule": {"description": "changed"},
    "aws_cloudwatch_log_group": {"retention_in_days": 400},
    "aws_cloudwatch_metric_alarm": {"alarm_description": "changed"},
    "aws_dynamodb_table": {"point_in_time_recovery": {"enabled": False}},
    "aws_iam_role": {"assume_role_policy": ('"Effect"', '"Sid": "Changed", "Effect"')},
    "aws_iam_role_policy": {"policy": ('"Sid": "', '"Sid": "Now')},
    "aws_kms_key": {"policy": ("Administer", "Manage")},
    "aws_pipes_pipe": {"description": "changed"},
    "aws_secretsmanager_secret": {"description": "changed"},
    "aws_sns_topic": {"display_name": "changed"},
}
"""What the change does to every resource of a type: a new value, or a text and its successor."""


BUS = (
    *("aws_cloudwatch_event_bus", "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"),
    *("aws_iam_role", "aws_iam_role_policy", "terraform_data"),
)
"""What the topology with an event bus has beside the other's resources, and is tried with them."""


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """A right that AWS takes from the caller of something else, and the page that says so."""

    call: Call
    policies: Sequence[str]
    because: str
    page: str


def unseen() -> Iterator[Unseen]:
    """Yield what no request to the local AWS shows: what AWS does in the caller's name."""
    group = ARN.format("logs", f"log-group:/aws/vendedlogs/pipes/{PREFIX}:log-stream:")
    for action, because, resource in (
        ("sqs:SetQueueAttributes", "sqs:CreateQueue", ARN.format("sqs", f"{PREFIX}-dlq")),
        ("kms:UpdateKeyDescription", "kms:CreateKey", THE_KEY),
        ("logs:AssociateKmsKey", "logs:CreateLogGroup", group),
    ):
        context = {"aws:ResourceTag/Project": PREFIX}
        yield Unseen(
            call=Call(action=action, resource=resource, context=context),
            policies=["deploy"],
            because=because,
            page=NOT_MADE,
        )
    yield Unseen(
        call=Call(
            action="events:UpdateEventBus", resource=ARN.format("events", f"event-bus/{PREFIX}-bus")
        ),
        policies=["deploy"],
        because="events:CreateEventBus",
        page="EventBridge API, UpdateEventBus: a change of its description; moto has none",
    )
    for action, because in (
        ("CreateLogDelivery", "pipes:CreatePipe"),
        ("DeleteLogDelivery", "pipes:DeletePipe"),
        ("DescribeResourcePolicies", "pipes:CreatePipe"),
        ("GetLogDelivery", "pipes:UpdatePipe"),
        ("ListLogDeliveries", "pipes:UpdatePipe"),
        ("PutResourcePolicy", "pipes:CreatePipe"),
        ("UpdateLogDelivery", "pipes:UpdatePipe"),
    ):
        call = Call(action=f"logs:{action}", resource="*")
        yield Unseen(call=call, policies=["deploy"], because=because, page=DELIVERY)
    secret = ARN.format("secretsmanager", f"secret:events!connection/{PREFIX}-connection/1-AbCdEf")
    for action, because in (
        ("CreateSecret", "CreateConnection"),
        ("DeleteSecret", "DeleteConnection"),
        ("DescribeSecret", "UpdateConnection"),
        ("GetSecretValue", "UpdateConnection"),
        ("PutSecretValue", "UpdateConnection"),
        ("UpdateSecret", "UpdateConnection"),
    ):
        yield Unseen(
            call=Call(action=f"secretsmanager:{action}", resource=secret),
            policies=["deploy"],
            because=f"events:{because}",
            page=CONNECTION,
        )
    service = "apidestinations.events.amazonaws.com"
    role = f"{service}/AWSServiceRoleForAmazonEventBridgeApiDestinations"
    yield Unseen(
        call=Call(
            action="iam:CreateServiceLinkedRole",
            resource=f"arn:aws:iam::123456789012:role/aws-service-role/{role}",
            context={"iam:AWSServiceName": service},
        ),
        policies=["deploy"],
        because="events:CreateConnection",
        page=CONNECTION,
    )
    through = {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}
    for action in (
        *("Decrypt", "Encrypt", "ReEncryptFrom", "ReEncryptTo"),
        *("GenerateDataKey", "GenerateDataKeyWithoutPlaintext"),
    ):
        yield Unseen(
            call=Call(action=f"kms:{action}", resource=THE_KEY, context=through),
            policies=["deploy"],
            because="dynamodb:CreateTable",
            page=TABLE_KEY,
        )
    yield Unseen(
        call=Call(
            action="kms:CreateGrant",
            resource=THE_KEY,
            context=through | {"kms:GrantIsForAWSResource": "true"},
        ),
        policies=["deploy"],
        because="dynamodb:CreateTable",
        page=TABLE_KEY,
    )
    through = {"kms:ViaService": "secretsmanager.us-east-1.amazonaws.com"}
    for action, because, policies in (
        ("Decrypt", "GetSecretValue", ["plan", "deploy"]),
        ("GenerateDataKey", "PutSecretValue", ["deploy"]),
    ):
        yield Unseen(
            call=Call(action=f"kms:{action}", resource=THE_KEY, context=through),
            policies=policies,
            because=f"secretsmanager:{because}",
            page=WITH_A_KEY,
        )


UNSEEN = list(unseen())


@dataclass(frozen=True)
class Policy:
    """A policy as IAM judges by it: what is denied is not allowed, whatever else is said."""

    statements: Sequence[Mapping[str, Any]]

    def allows(self, call: Call) -> bool:
        """Say whether a call is allowed."""
        effects = {each["Effect"] for each in self.statements if _is_about(each, call)}
        return effects == {"Allow"}

    def allowed(self) -> Iterator[tuple[str, str]]:
        """Yield each action that is allowed with each resource."""
        for each in self.statements:
            if each["Effect"] == "Allow":
                for action in each["Action"]:
                    for resource in _list(each["Resource"]):
                        yield action, resource

    def without(self, sid: str, action: str) -> "Policy":
        """Return the policy without one action of one statement."""
        return Policy(
            [
                {**each, "Action": [name for name in each["Action"] if name != action]}
                if each["Sid"] == sid
                else each
                for each in self.statements
            ]
        )


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _is_about(statement: Mapping[str, Any], call: Call) -> bool:
    return (
        any(_matches(action, call.action) for action in statement["Action"])
        and any(_matches(resource, call.resource) for resource in _list(statement["Resource"]))
        and all(
            _CONDITIONS[operator](call.context.get(key), _list(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _matches(pattern: str, text: str) -> bool:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(escaped, text) is not None


_CONDITIONS: Mapping[str, Callable[[str | None, list[str]], bool]] = {
    "Bool": lambda value, wanted: value in wanted,
    "StringEquals": lambda value, wanted: value in wanted,
    "StringEqualsIfExists": lambda value, wanted: value is None or value in wanted,
}


def filled(name: str) -> Any:
    """Return a file of `.github/iam` with its placeholders filled in."""
    return json.loads(Template((IAM / name).read_text(encoding="utf-8")).substitute(FILLED))


POLICIES = {name: Policy(filled(f"{name}.json")["Statement"]) for name in ("plan", "deploy")}
GRANTED = [
    (name, each["Sid"], action)
    for name, policy in POLICIES.items()
    for each in policy.statements
    if each["Effect"] == "Allow"
    for action in each["Action"]
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that calls are recorded in."""
    return tmp_path_factory.mktemp("calls") / "calls.jsonl"


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory: pytest.TempPathFactory, file: Path) -> Iterator[LocalAws]:
    """Return an empty AWS that records its calls, which this process's environment points at."""
    with LocalAws(calls=file) as aws, pytest.MonkeyPatch.context() as patch:
        settings = {
            "AWS_DEFAULT_REGION": "us-east-1",
            "CDKTF_OUTDIR": str(tmp_path_factory.mktemp("out")),
            "MOMENTO_API_ENDPOINT": ENDPOINT,
            "MOMENTO_API_KEY": KEY,
            "PROFILE": "production",
            "TAGS": "team=weather",
            "TF_VAR_iam_settle_seconds": "0",
        }
        for name, value in (aws.environment() | settings).items():
            patch.setenv(name, value)
        yield aws


@pytest.fixture(scope="module")
def phases(
    house: House, state_bucket: str, file: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Call]]:
    """Do what the workflows do, then a change and a destroy; return the calls of each."""
    plan = str(tmp_path_factory.mktemp("plan") / "plan")
    kept = "plans/1-1"
    found: dict[str, list[Call]] = {}
    seen = len(recorded(file))

    def end(phase: str) -> None:
        nonlocal seen
        calls = recorded(file)
        found[phase] = [_of_the_key(call) for call in calls[seen:]]
        seen = len(calls)

    _, terraform = _prepared({})
    unlocked = ("-input=false", "-lock=false", f"-out={plan}")
    terraform.quiet("plan", *unlocked)
    end("first plan")
    with closing(boto3.client("s3")) as s3:
        s3.upload_file(plan, state_bucket, kept)
        end("keep plan")
        s3.download_file(state_bucket, kept, plan)
        end("take plan")
        terraform.quiet("apply", "-input=false", plan)
        end("apply")
        s3.delete_object(Bucket=state_bucket, Key=kept)
        end("forget plan")
    terraform.quiet("plan", *unlocked)
    end("plan")
    without_key = {name: os.environ[name] for name in os.environ if name != "MOMENTO_API_KEY"}
    house.run("./help.sh", "doctor", env=without_key)  # which then leaves Momento alone
    end("doctor")
    changed = _changed()
    changed.quiet("apply", "-input=false", "-auto-approve")
    end("change")
    changed.quiet("destroy", "-input=false", "-auto-approve")
    end("destroy")
    return found


def _of_the_key(call: Call) -> Call:
    """Give calls about the deployment's key, the only one there is, the tag that it has."""
    if not call.resource.startswith(ARN.format("kms", "key/")) or call.resource.endswith("/*"):
        return call
    context = {**call.context, "aws:ResourceTag/Project": PREFIX}
    return Call(action=call.action, resource=THE_KEY, context=context)


def _prepared(settings: Mapping[str, str]) -> tuple[Path, Terraform]:
    """Prepare the stack with the other topology's bus, rules and their role beside its pipes.

    The policy of the rules' queue is left out: it takes what the queue does, 25 seconds later.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOPOLOGY", "bus")
        other = synthesize("weather", environment(Settings.load())) / "cdk.tf.json"
        more: dict[str, Any] = json.loads(other.read_text(encoding="utf-8"))["resource"]
    folder, terraform = prepared(settings)
    stack = json.loads((folder / "cdk.tf.json").read_text(encoding="utf-8"))
    for kind in BUS:
        stack["resource"][kind] = more[kind] | stack["resource"].get(kind, {})
    (folder / "cdk.tf.json").write_text(json.dumps(stack), encoding="utf-8")
    return folder, terraform


def _changed() -> Terraform:
    """Change all that can be changed in place, and lift the protection from destroy."""
    folder, terraform = _prepared(
        {
            "ALLOW_DESTROY": "true",
            "MOMENTO_API_KEY": "another-planted-key-8a41",
            "TAGS": "stage=test",
        }
    )
    stack = json.loads((folder / "cdk.tf.json").read_text(encoding="utf-8"))
    for kind, resources in stack["resource"].items():
        for resource in resources.values():
            for member, value in CHANGES.get(kind, {}).items():
                if isinstance(value, tuple):
                    assert value[0] in resource[member], (kind, member)
                    resource[member] = resource[member].replace(*value)
                else:
                    resource[member] = value
    (folder / "cdk.tf.json").write_text(json.dumps(stack), encoding="utf-8")
    return terraform


@pytest.fixture(scope="module")
def needed(phases: Mapping[str, list[Call]]) -> dict[str, list[Call]]:
    """Return what each role needs: what it called, and what AWS does in its name."""
    return {
        name: [
            *(call for phase in roles_phases for call in phases[phase]),
            *(each.call for each in UNSEEN if name in each.policies),
        ]
        for name, roles_phases in (("plan", PLAN_ROLE), ("deploy", DEPLOY_ROLE))
    }


def refused(policy: Policy, calls: Sequence[Call]) -> set[str]:
    """Return the calls that a policy does not allow."""
    return {
        f"{call.action} on {call.resource} {dict(call.context)}"
        for call in calls
        if call.action not in NO_RIGHT_NEEDED and not policy.allows(call)
    }


def test_it_is_known_what_every_request_needs(phases: Mapping[str, list[Call]]) -> None:
    assert {
        call.action for calls in phases.values() for call in calls if call.service == UNKNOWN
    } == set()


@pytest.mark.parametrize("phase", ["first plan", "keep plan", "plan", "apply", "change", "destroy"])
def test_something_was_recorded(phases: Mapping[str, list[Call]], phase: str) -> None:
    assert {call.action for call in phases[phase]} - NO_RIGHT_NEEDED


@pytest.mark.parametrize("phase", PLAN_ROLE)
def test_the_plan_role_may_do_what_it_does(phases: Mapping[str, list[Call]], phase: str) -> None:
    assert refused(POLICIES["plan"], phases[phase]) == set()


@pytest.mark.parametrize("phase", DEPLOY_ROLE)
def test_the_deploy_role_may_do_what_it_does(phases: Mapping[str, list[Call]], phase: str) -> None:
    assert refused(POLICIES["deploy"], phases[phase]) == set()


@pytest.mark.parametrize(
    ("name", "phase"),
    [*(("plan", phase) for phase in PLAN_ROLE), *(("deploy", phase) for phase in DEPLOY_ROLE)],
)
def test_the_roles_serve_a_stack_of_ones_own(
    phases: Mapping[str, list[Call]], name: str, phase: str
) -> None:
    """Its names begin with prefix and id, its state is its own, its roles are named by it."""
    assert refused(POLICIES[name], [_of_ones_own(call) for call in phases[phase]]) == set()


def _of_ones_own(call: Call) -> Call:
    resource = call.resource
    if call.service == "s3":
        resource = resource.replace("/terraform.tfstate", "/orders.tfstate")
    else:
        resource = resource.replace(FILLED["PIPE_ROLE"], f"{PREFIX}-pipes")
        for name in (PREFIX, FILLED["SECRET"]):
            resource = resource.replace(name, f"{name}-orders")
    return Call(action=call.action, resource=resource, context=call.context)


@pytest.mark.parametrize("each", UNSEEN, ids=lambda each: str(each.call.action))
def test_what_aws_does_in_a_roles_name_is_allowed(
    phases: Mapping[str, list[Call]], each: Unseen
) -> None:
    """The call that makes AWS do it was really made."""
    assert each.because in {call.action for calls in phases.values() for call in calls}
    for name in each.policies:
        assert POLICIES[name].allows(each.call)


@pytest.mark.parametrize(("name", "sid", "action"), GRANTED)
def test_no_action_is_allowed_in_vain(
    needed: Mapping[str, list[Call]], name: str, sid: str, action: str
) -> None:
    """Without the action, something that is needed would be refused."""
    calls = [call for call in needed[name] if call.action == action]
    assert refused(POLICIES[name].without(sid, action), calls) != set()


@pytest.mark.parametrize(("name", "sid", "action"), GRANTED)
def test_an_action_is_spelled_out(name: str, sid: str, action: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action), (name, sid)


def test_the_plan_role_writes_nothing_but_plans() -> None:
    writes = {pair for pair in POLICIES["plan"].allowed() if not READS.fullmatch(pair[0])}
    assert writes == {("s3:PutObject", f"arn:aws:s3:::{BUCKET}/plans/*")}


@pytest.mark.parametrize("name", POLICIES)
def test_only_what_iam_cannot_narrow_is_allowed_on_everything(name: str) -> None:
    everything = {action for action, resource in POLICIES[name].allowed() if resource == "*"}
    assert everything <= NARROWEST.keys()


def test_what_cannot_be_narrowed_is_allowed_to_some_role() -> None:
    """The table of exceptions has none that is not used."""
    pairs = [pair for policy in POLICIES.values() for pair in policy.allowed()]
    assert {action for action, resource in pairs if resource == "*"} == NARROWEST.keys()


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize(
    "call",
    [
        Call(action="dynamodb:DescribeTable", resource=ARN.format("dynamodb", "table/other")),
        Call(action="dynamodb:DeleteTable", resource=ARN.format("dynamodb", "table/other")),
        Call(action="dynamodb:DeleteTable", resource=ARN.format("dynamodb", f"table/{PREFIX}2")),
        Call(action="events:PutRule", resource=ARN.format("events", "rule/other")),
        Call(action="iam:PutRolePolicy", resource="arn:aws:iam::123456789012:role/other"),
        *(
            Call(
                action="iam:PutRolePolicy",
                resource=f"arn:aws:iam::123456789012:role/{PREFIX}-ci-{role}",
            )
            for role in ("deploy", "plan")
        ),
        Call(
            action="iam:PassRole",
            resource=f"arn:aws:iam::123456789012:role/{FILLED['PIPE_ROLE']}",
            context={"iam:PassedToService": "lambda.amazonaws.com"},
        ),
        Call(action="kms:Decrypt", resource=THE_KEY),
        Call(action="kms:CreateKey", resource="*", context={"aws:RequestTag/Project": "other"}),
        Call(
            action="kms:PutKeyPolicy",
            resource=ARN.format("kms", "key/other"),
            context={"aws:ResourceTag/Project": "other"},
        ),
        Call(
            action="kms:TagResource",
            resource=ARN.format("kms", "key/other"),
            context={"aws:RequestTag/Project": PREFIX, "aws:ResourceTag/Project": "other"},
        ),
        Call(
            action="secretsmanager:GetSecretValue",
            resource=ARN.format("secretsmanager", "secret:other-AbCdEf"),
        ),
        Call(action="s3:GetObject", resource=f"arn:aws:s3:::{BUCKET}/other/terraform.tfstate"),
    ],
    ids=lambda call: call.action if isinstance(call, Call) else call,
)
def test_what_belongs_to_something_else_is_refused(name: str, call: Call) -> None:
    assert not POLICIES[name].allows(call)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:DeleteBucket", f"arn:aws:s3:::{BUCKET}"),
        ("s3:DeleteObjectVersion", STATE),
        ("s3:PutBucketVersioning", f"arn:aws:s3:::{BUCKET}"),
        ("s3:DeleteObject", STATE),
        ("sts:AssumeRole", f"arn:aws:iam::123456789012:role/{FILLED['PIPE_ROLE']}"),
    ],
)
def test_some_is_denied_to_deploy_whatever_else_is_attached(action: str, resource: str) -> None:
    anything = {"Sid": "Anything", "Effect": "Allow", "Action": ["*"], "Resource": "*"}
    policy = Policy([*POLICIES["deploy"].statements, anything])
    assert not policy.allows(Call(action=action, resource=resource))
    assert policy.allows(Call(action=action, resource="arn:aws:s3:::other/other")) == (
        action != "sts:AssumeRole"
    )


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
    names = FILLED | {"PREFIX": "p" * 24, "PIPE_ROLE": "r" * 64, "STATE_BUCKET": "b" * 63}
    text = Template((IAM / f"{name}.json").read_text(encoding="utf-8")).substitute(names)
    assert len(re.sub(r"\s", "", text)) <= INLINE_LIMIT


def test_aws_takes_the_policies(local_aws: LocalAws) -> None:
    """The grammar is IAM's: moto refuses a policy that breaks it, as AWS does."""
    assert local_aws.endpoint
    with closing(boto3.client("iam")) as iam:
        for name in POLICIES:
            trust = json.dumps(filled(f"{name}-trust.json"))
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
            policy = json.dumps(filled(f"{name}.json"))
            iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy)


def test_the_documented_lines_fill_in_the_placeholders(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```bash\n([^`]*perl -pe[^`]*)```", text)
    shutil.copytree(IAM, tmp_path / ".github" / "iam")
    subprocess.run(["bash", "-euc", lines], cwd=tmp_path, check=True)
    for file in IAM.iterdir():
        done = (tmp_path / ".cache" / "iam" / file.name).read_text(encoding="utf-8")
        assert json.loads(done) == filled(file.name)
