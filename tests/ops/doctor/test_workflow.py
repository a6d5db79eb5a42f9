"""A workflow's resources: missing, changed or not allowed is told, with what to do."""

import json
from collections.abc import Callable

import pytest

from localcloud.applied import client
from ops.doctor import pipes
from ops.doctor.check import CheckState
from ops.doctor.declared import Declared
from ops.doctor.deployed import examine
from stacks.settings import Settings
from tests.ops.shared.repair.workflow_repair import CACHE, WorkflowRepair, deployed_workflow

MACHINE = "shop-orders-changes"
GROUP = f"/aws/vendedlogs/states/{MACHINE}"


cloud = pytest.fixture(deployed_workflow)


def found(cloud: WorkflowRepair) -> dict[str, tuple[CheckState, str]]:
    """Return what each check says."""

    def made(service: str) -> object:
        return client(service, cloud.endpoint)

    settings = Settings.load(stack="own")
    checks = [
        *pipes.examine(settings, made),
        *examine(settings, made, Declared(cloud.document)),
    ]
    return {one.name: (one.state, one.found) for one in checks}


def test_working_workflow_has_no_problem(cloud: WorkflowRepair) -> None:
    told = found(cloud)
    well = {name for name, (state, _) in told.items() if state is CheckState.OK}
    assert told["workflows"] == (CheckState.OK, "1 active")
    assert told["roles"] == (CheckState.OK, "2 with their policy")
    assert told["logs"] == (CheckState.OK, "2 log groups are there")
    assert told["shop-orders"] == (CheckState.OK, "changes runs")
    assert well >= {"connection", "stream", "dead letters"}
    assert {state for state, _ in told.values()} <= {CheckState.OK, CheckState.WARNING}


def without_role(cloud: WorkflowRepair) -> None:
    """Take a permission away from the workflow's role."""
    iam = client("iam", cloud.endpoint)
    role = {"RoleName": "shop-orders-workflow", "PolicyName": "deliver-changes"}
    policy = iam.get_role_policy(**role)["PolicyDocument"]
    kept = [one for one in policy["Statement"] if one["Sid"] != "SendToMomento"]
    iam.put_role_policy(**role, PolicyDocument=json.dumps(policy | {"Statement": kept}))


def without_machine(cloud: WorkflowRepair) -> None:
    """Delete the state machine."""
    states = client("stepfunctions", cloud.endpoint)
    states.delete_state_machine(stateMachineArn=cloud.machine_arn)


def changed_machine(cloud: WorkflowRepair) -> None:
    """Change a request."""
    states = client("stepfunctions", cloud.endpoint)
    text = states.describe_state_machine(stateMachineArn=cloud.machine_arn)["definition"]
    states.update_state_machine(
        stateMachineArn=cloud.machine_arn, definition=text.replace('"3600"', '"60"')
    )


def without_logs(cloud: WorkflowRepair) -> None:
    """Delete the state machine's log group."""
    client("logs", cloud.endpoint).delete_log_group(logGroupName=GROUP)


@pytest.mark.parametrize(
    ("break_it", "check", "says"),
    [
        (
            without_role,
            "roles",
            "deliver-changes of shop-orders-workflow no longer allows states:InvokeHTTPEndpoint",
        ),
        (without_machine, "missing", f"state machine {MACHINE} is not deployed"),
        (changed_machine, "workflows", f"{MACHINE} was changed by hand"),
        (without_logs, "missing", f"log group {GROUP} is not deployed"),
    ],
)
def test_broken_part_is_reported(
    cloud: WorkflowRepair, break_it: Callable[[WorkflowRepair], None], check: str, says: str
) -> None:
    break_it(cloud)
    state, told = found(cloud)[check]
    assert state is CheckState.FAILURE
    assert says in told
    assert "./help.sh deploy" in told


def test_caches_of_a_workflow_are_known(cloud: WorkflowRepair) -> None:
    assert Declared(cloud.document).caches() == {CACHE: True}
