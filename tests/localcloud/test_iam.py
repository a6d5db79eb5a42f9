"""The policies of the workflows' roles allow what Terraform calls, and nothing more.

The real provider plans, applies, changes and destroys the production profile on the local AWS,
which records the right that each request takes: of the weather stack, which begins with pipes
and goes over to an event bus, and of a stack of one's own, which has a workflow and BULK.

The same deployments show what the profile adds, and how it is taken down. The demonstration's
profile is what `test_deployment.py` deploys.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from localcloud import LocalAws
from ops.deploy import watch_key
from ops.terraform.terraform import Terraform
from tests.conftest import ENDPOINT, KEY, House
from tests.iam_policy import (
    BOUND,
    BOUNDARY,
    FILES,
    FILLED,
    NO_RIGHT_NEEDED,
    POLICIES,
    PREFIX,
    as_list,
    filled,
)
from tests.localcloud import production
from tests.localcloud.bulk_deployment import BulkDeployment, names_of_bulk
from tests.localcloud.calls import UNKNOWN, Call
from tests.localcloud.changed_stacks import BUS, WORKFLOW, changed_stack, with_one_alarm
from tests.localcloud.phases import Phases, distinct
from tests.localcloud.production import ASKED, Production
from tests.localcloud.provider_process import provider_process
from tests.localcloud.recording import recording
from tests.localcloud.test_deployment import prepared, properties, resolved
from tests.localcloud.unseen_rights import UNSEEN

pytestmark = pytest.mark.usefixtures("running_provider")

PLAN_ROLE = ("first plan", "plan", "doctor", "keep plan")
DEPLOY_ROLE = ("take plan", "apply", "change", "destroy", "forget plan")
OTHERS = "the test's own calls"
BULK_BUCKET = f"{PREFIX}-session-changes-bulk-123456789012-us-east-1"
GRANTED = [
    (name, sid, member, value)
    for name, policy in POLICIES.items()
    for member in ("Action", "Resource")
    for sid, value in policy.granted(member)
]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file that calls are recorded in."""
    return tmp_path_factory.mktemp("calls") / "calls.jsonl"


@pytest.fixture(scope="module")
def local_aws(tmp_path_factory: pytest.TempPathFactory, file: Path) -> Iterator[LocalAws]:
    """Return an empty AWS that records its calls; this process's environment names it."""
    with recording(file) as aws, pytest.MonkeyPatch.context() as patch:
        settings = {
            "AWS_DEFAULT_REGION": "us-east-1",
            "CDKTF_OUTDIR": str(tmp_path_factory.mktemp("out")),
            "MOMENTO_API_ENDPOINT": ENDPOINT,
            "MOMENTO_API_KEY": KEY,
            "MOMENTO_READ_API_KEY": KEY,
            "PROFILE": "production",
            "PERMISSIONS_BOUNDARY_ARN": BOUNDARY,
            "TAGS": "team=weather",
            "TF_VAR_iam_settle_seconds": "0",
        }
        for name, value in (aws.environment() | settings).items():
            patch.setenv(name, value)
        yield aws


@pytest.fixture(scope="module")
def provider_of_the_module(local_aws: LocalAws, provider_binary: Path) -> Iterator[str]:
    """Start a provider for the AWS that records its calls."""
    assert local_aws.endpoint
    with provider_process(provider_binary, os.environ) as found:
        yield found


@dataclass(frozen=True, kw_only=True)
class Role:
    """A deployed role: the ARN of its boundary, and its policy."""

    boundary: str
    statements: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Life:
    """The calls of each phase, the deployed roles by name, and what else was seen.

    `unprotected` says whether the change took the protection back, and `left` what was there at
    the end.
    """

    phases: Mapping[str, list[Call]]
    roles: Mapping[str, Role]
    bulk: BulkDeployment
    production: Production
    unprotected: bool
    left: Mapping[str, Any]


@pytest.fixture(scope="module")
def life(
    house: House, state_bucket: str, file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Life:
    """Do what the workflows do, then a change and a destroy.

    Two stacks at once, because most of it is waiting for their queues.
    """
    kept = "plans/1-1"
    phases = Phases(file)
    end = phases.end
    bulk = BulkDeployment()
    folder, pipes = prepared({})
    own = with_one_alarm(WORKFLOW, "sessions")
    plan = ("plan", "-input=false", "-lock=false", "-out=tfplan")
    apply = ("apply", "-input=false", "tfplan")
    at_once = ("apply", "-input=false", "-auto-approve", "-refresh=false")
    with ThreadPoolExecutor() as pool:

        def together(*commands: tuple[Terraform, Sequence[str]]) -> None:
            list(pool.map(lambda command: command[0].quiet(*command[1]), commands))

        together((pipes, plan), (own, plan))
        end("first plan")
        with closing(boto3.client("s3")) as s3:
            s3.upload_file(str(folder / "tfplan"), state_bucket, kept)
            end("keep plan")
            s3.download_file(state_bucket, kept, str(folder / "tfplan"))
            end("take plan")
            together((pipes, apply), (own, apply))
            end("apply")
            seen_of_pipes = production.look(pipes)
            end(OTHERS)
            elsewhere = {"CDKTF_OUTDIR": str(tmp_path_factory.mktemp("bus"))}
            bus = with_one_alarm(BUS | elsewhere)
            moved = pool.submit(bus.quiet, *at_once)
            elsewhere = {"CDKTF_OUTDIR": str(tmp_path_factory.mktemp("changed"))}
            changed = [changed_stack(stack, elsewhere) for stack in ("weather", "sessions")]
            moved.result()
            for each in (bus, own):
                watch_key.put(each.folder)
            end("apply")
            s3.delete_object(Bucket=state_bucket, Key=kept)
            end("forget plan")
        together((bus, plan), (own, plan))
        end("plan")
        _look(house)
        end("doctor")
        roles = _roles()
        bulk.look_at(own, BULK_BUCKET)
        end(OTHERS)
        together(*((each, at_once) for each in changed))
        end("change")
        unprotected = not production.is_protected()
        end(OTHERS)
        together(*((each, ("destroy", *at_once[1:])) for each in changed))
        end("destroy")
        bulk.left = names_of_bulk()
    del phases.found[OTHERS]
    return Life(
        phases=phases.found,
        roles=roles,
        bulk=bulk,
        production=seen_of_pipes,
        unprotected=unprotected,
        left=production.left(seen_of_pipes),
    )


@pytest.fixture(scope="module")
def phases(life: Life) -> Mapping[str, list[Call]]:
    """Return the calls of each phase."""
    return life.phases


def _look(house: House) -> None:
    """Run the doctor on both stacks; without a key, it sends Momento nothing."""
    env = {name: os.environ[name] for name in os.environ if name != "MOMENTO_API_KEY"}
    for settings in (BUS, {**WORKFLOW, "STACK": "sessions"}):
        house.command("doctor", env={**env, **settings})


def _roles() -> dict[str, Role]:
    """Return the roles of both stacks, by name."""
    found = {}
    with closing(boto3.client("iam")) as iam:
        for one in iam.list_roles()["Roles"]:
            role = iam.get_role(RoleName=one["RoleName"])["Role"]
            name = iam.list_role_policies(RoleName=one["RoleName"])["PolicyNames"][0]
            policy: Any = iam.get_role_policy(RoleName=one["RoleName"], PolicyName=name)
            found[one["RoleName"]] = Role(
                boundary=role["PermissionsBoundary"]["PermissionsBoundaryArn"],
                statements=policy["PolicyDocument"]["Statement"],
            )
    return found


@pytest.fixture(scope="module")
def needed(phases: Mapping[str, list[Call]]) -> dict[str, list[Call]]:
    """Return the rights that each role needs: for its calls, and for AWS's actions in its name."""
    return {
        name: distinct(
            [
                *(call for phase in roles_phases for call in phases[phase]),
                *(each.call for each in UNSEEN if name in each.policies),
            ]
        )
        for name, roles_phases in (("plan", PLAN_ROLE), ("deploy", DEPLOY_ROLE))
    }


def test_the_rights_of_every_request_are_known(phases: Mapping[str, list[Call]]) -> None:
    assert {
        call.action for calls in phases.values() for call in calls if call.service == UNKNOWN
    } == set()


@pytest.mark.parametrize("phase", ["first plan", "keep plan", "plan", "apply", "change", "destroy"])
def test_every_phase_made_calls(phases: Mapping[str, list[Call]], phase: str) -> None:
    assert {call.action for call in phases[phase]} - NO_RIGHT_NEEDED


@pytest.mark.parametrize("phase", PLAN_ROLE)
def test_the_plan_role_has_the_rights_that_it_needs(
    phases: Mapping[str, list[Call]], phase: str
) -> None:
    assert POLICIES["plan"].refused(phases[phase]) == set()


@pytest.mark.parametrize("phase", DEPLOY_ROLE)
def test_the_deploy_role_has_the_rights_that_it_needs(
    phases: Mapping[str, list[Call]], phase: str
) -> None:
    assert POLICIES["deploy"].refused(phases[phase]) == set()


def test_the_roles_have_the_rights_that_aws_uses_for_them(
    phases: Mapping[str, list[Call]],
) -> None:
    """The calls that cause them were really made."""
    made = {call.action for calls in phases.values() for call in calls}
    assert {each.because for each in UNSEEN} <= made
    assert [
        (name, each.call)
        for each in UNSEEN
        for name in each.policies
        if not POLICIES[name].allows(each.call)
    ] == []


def test_the_policies_allow_nothing_that_is_not_needed(needed: Mapping[str, list[Call]]) -> None:
    """Without this action, or without this resource, a needed right would be missing."""
    assert GRANTED
    assert [
        (name, sid, member, value)
        for name, sid, member, value in GRANTED
        if not POLICIES[name].needs(sid, member, value, needed[name])
    ] == []


def test_bulk_is_deployed_once_and_destroyed_completely(life: Life) -> None:
    """The second plan changes nothing, and a bucket that has results is deleted, too."""
    bulk = life.bulk
    assert bulk.second_plan == {"no-op"}
    name = f"{PREFIX}-session-changes-bulk"
    assert bulk.made == {
        BULK_BUCKET,
        f"/aws/lambda/{name}-verify",
        f"/aws/vendedlogs/states/{name}",
        *(f"{name}-{part}" for part in ("put-page", "verify", "verify-function", "warm")),
    }
    assert bulk.left == set()


def test_every_role_has_the_boundary_and_needs_nothing_beyond_it(life: Life) -> None:
    bounded = life.roles
    kinds = {name.rpartition("-")[2] for name in bounded}
    of_bulk = {"page", "verify", "warm"}
    assert (
        kinds
        == {FILLED["PIPE_ROLE"], "pipes", "rules", "workflow", "function", "schedule"} | of_bulk
    )
    assert len(bounded) == 12, (
        "pipes and rules of one stack, pipes, workflow and bulk runs of the other; watches"
    )
    for name, role in bounded.items():
        assert role.boundary == BOUNDARY
        for statement in role.statements:
            condition = statement.get("Condition", {}).get("StringEquals", {})
            service = as_list(condition.get("kms:ViaService", [""]))[0]
            context = {
                "kms:ViaService": service,
                "cloudwatch:namespace": condition.get("cloudwatch:namespace", ""),
                **statement.get("Condition", {}).get("ArnEquals", {}),
            }
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    call = Call(action=action, resource=resource, context=context)
                    assert BOUND.allows(call), f"{name}: {action} on {resource}"


def test_aws_accepts_the_policies(local_aws: LocalAws) -> None:
    """A policy with an error in IAM's grammar is refused by moto, as by AWS."""
    assert local_aws.endpoint
    with closing(boto3.client("iam")) as iam:
        for role, (inline, *managed) in FILES.items():
            trust = json.dumps(filled(f"{role}-trust.json"))
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)
            policy = json.dumps(filled(inline))
            iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=policy)
            for name in (*managed, "boundary.json"):
                policy = json.dumps(filled(name))
                iam.create_policy(PolicyName=f"{role}-{name}", PolicyDocument=policy)


def test_aws_has_what_the_production_profile_adds(life: Life) -> None:
    """The values were read back after the refused destroy."""
    held = life.production.held
    assert properties(ASKED, held) == resolved(ASKED, held)


def test_a_second_plan_of_the_pipes_has_no_changes(life: Life) -> None:
    assert life.production.drift == ""


def test_the_topic_is_an_output(life: Life) -> None:
    assert life.production.outputs["alarm_topic_arn"]["value"] == life.production.held["topic_arn"]


def test_the_keys_policy_names_this_account_this_log_group_and_this_topic(life: Life) -> None:
    policy = json.loads(life.production.held["policy"])
    conditions = [statement.get("Condition", {}) for statement in policy["Statement"]]
    logs = life.production.held["logs"]["arn"].removesuffix(":*")
    context = "kms:EncryptionContext:aws:logs:arn"
    (arns,) = [
        one["ArnEquals"][context] for one in conditions if context in one.get("ArnEquals", {})
    ]
    assert logs in arns
    topic = life.production.held["topic_arn"]
    assert {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic}} in conditions
    assert policy["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}


@pytest.mark.parametrize("kind", ["aws_dynamodb_table", "aws_sqs_queue"])
def test_a_destroy_is_refused_and_names_the_resources_with_data(life: Life, kind: str) -> None:
    assert f"Resource {kind}." in life.production.refused


def test_a_refused_destroy_ends_with_the_reason(life: Life) -> None:
    assert "protected from destroy on purpose" in life.production.refused.splitlines()[-1]


def test_the_review_of_a_change_back_to_demo_names_the_key_and_the_logs(life: Life) -> None:
    """docs/production.md says: the table stays encrypted, and the key would be deleted."""
    found = life.production.back_to_demo
    assert "encrypted with it is lost" in found.markdown
    assert "the table's deletion protection is switched off" in found.markdown
    assert "the pipes' log is kept for a shorter time" in found.markdown
    assert found.blocked
    assert "| runs of the watch, at most (price not confirmed) | $1.20 | $0.00 |" in found.markdown
    assert "nobody compares the table with the cache any more" in found.markdown
    assert "point-in-time recovery is switched off" not in found.markdown


def test_a_destroy_takes_two_steps_and_the_key_can_be_recovered(life: Life) -> None:
    """docs/production.md says: deploy with `ALLOW_DESTROY`, then destroy."""
    assert life.unprotected
    assert life.left == {"tables": [], "alarms": [], "key": "PendingDeletion"}
