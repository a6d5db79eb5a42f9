"""What a deploy with BULK=true makes, and what its second plan would change."""

from contextlib import closing
from dataclasses import dataclass, field

import boto3

from ops.terraform.terraform import Terraform


@dataclass(kw_only=True)
class BulkDeployment:
    """The actions of the second plan, and the names that were there before and after destroy."""

    second_plan: set[str] = field(default_factory=set)
    made: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)

    def look_at(self, terraform: Terraform, bucket: str) -> None:
        """Take the plan in a stack's folder and the names, and put a result into the bucket."""
        changes = terraform.json("show", "tfplan")["resource_changes"]
        self.second_plan = {action for change in changes for action in change["change"]["actions"]}
        self.made = names_of_bulk()
        with closing(boto3.client("s3")) as s3:
            s3.put_object(Bucket=bucket, Key="results/1/manifest.json", Body=b"{}")


def names_of_bulk() -> set[str]:
    """Return the names of what only BULK makes: functions, machines, roles, logs, buckets."""
    with (
        closing(boto3.client("lambda")) as functions,
        closing(boto3.client("stepfunctions")) as states,
        closing(boto3.client("iam")) as iam,
        closing(boto3.client("logs")) as logs,
        closing(boto3.client("s3")) as s3,
    ):
        names = [
            *(one["FunctionName"] for one in functions.list_functions()["Functions"]),
            *(one["name"] for one in states.list_state_machines()["stateMachines"]),
            *(one["RoleName"] for one in iam.list_roles()["Roles"]),
            *(one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]),
            *(one["Name"] for one in s3.list_buckets()["Buckets"]),
        ]
    return {name for name in names if "-bulk" in name}
