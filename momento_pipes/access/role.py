"""The roles of pipes, of the rules of an event bus, and of other services."""

from collections.abc import Sequence
from typing import Final

from cdktf import (
    ITerraformDependable,
    LocalExecProvisioner,
    TerraformResource,
    TerraformVariable,
)
from constructs import Construct

from momento_pipes.access.account import Account
from momento_pipes.access.statement import Statement, policy_document
from momento_pipes.bindings import IamRole, IamRolePolicy

IAM_SETTLE_VARIABLE: Final = "iam_settle_seconds"
"""The variable of the wait. Its value is in `TF_VAR_iam_settle_seconds`."""


def iam_settle_variable(scope: Construct, *, default: int) -> TerraformVariable:
    """Declare the variable for the wait, in seconds, between a new role and its pipes."""
    variable = TerraformVariable(
        scope,
        IAM_SETTLE_VARIABLE,
        type="number",
        default=default,
        nullable=False,
        description="Seconds until a new role is known everywhere (0 on a local AWS).",
    )
    variable.override_logical_id(IAM_SETTLE_VARIABLE)
    return variable


class ServiceRole(Construct):
    """A role with one policy, which a service may assume for exactly these resources.

    A pipe must depend on `ready`: the policy, and the wait after it. A pipe that is created right
    after the role, the table or the queue fails with "Cannot access stream" or "Error occurred
    while sending message to SQS queue". The policy names them all, so the wait begins after them.
    A role has one wait, when it is created. A change of its policy does not wait again.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        account: Account,
        service: str,
        source_arns: Sequence[str],
        statements: Sequence[Statement],
        settle_seconds: str | None = None,
        policy_name: str = "deliver-changes",
    ) -> None:
        """`service` is the first word of the principal, such as `pipes`.

        Without `source_arns` the trust policy has no condition: AWS documents none for Lambda.

        `settle_seconds` is a Terraform expression, so that it can differ by environment. Without
        it there is no wait: then the user of the role must try again until IAM knows it.
        """
        super().__init__(scope, id_)
        self.resource = IamRole(
            self,
            "role",
            name=name,
            assume_role_policy=_trust(service, account, source_arns),
            permissions_boundary=account.permissions_boundary,
        )
        self.arn = self.resource.arn
        document = policy_document(*statements)
        policy = IamRolePolicy(
            self, "policy", name=policy_name, role=self.resource.name, policy=document
        )
        self.ready: Sequence[ITerraformDependable] = [policy]
        if settle_seconds is None:
            return
        # cdktf's own DataResource runs `terraform version` at every synth.
        wait = TerraformResource(
            self,
            "settled",
            terraform_resource_type="terraform_data",
            depends_on=[policy],
            provisioners=[
                LocalExecProvisioner(type="local-exec", command=f"sleep {settle_seconds}")
            ],
        )
        wait.add_override("triggers_replace", {"role": self.resource.unique_id})
        self.ready = [policy, wait]


def _trust(service: str, account: Account, source_arns: Sequence[str]) -> str:
    """Return the trust policy. Its conditions exclude other accounts (AWS: "confused deputy")."""
    return policy_document(
        Statement(
            principal={"Service": f"{service}.amazonaws.com"},
            actions="sts:AssumeRole",
            conditions={
                "StringEquals": {"aws:SourceAccount": account.id},
                "ArnEquals": {"aws:SourceArn": source_arns},
            }
            if source_arns
            else {},
        )
    )
