"""Deploy a stack to the local cloud, try it, and destroy it: the command demo."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from rich.table import Table

from live.aws import Aws
from live.deployment import Deployment
from live.output import console
from live.pipelines import list_pipelines
from ops.demo.local_stack import apply, deployed, step
from ops.demo.pipeline_check import PipelineCheck, expect_none
from ops.shared.errors import OpsError
from ops.terraform.stack import load_settings
from ops.terraform.terraform import Terraform, environment
from stacks.settings import Settings

MOST = 3
"""Pipelines that are checked; the pipelines of many tables hardly differ."""


def command() -> None:
    """Deploy to the local cloud, write and watch records arrive, plan again, destroy.

    The setting STACK says which stack: STACK=orders ./help.sh demo. Items are made up that
    its pipes read; the exit code is 1 unless all results are as predicted.
    """
    settings = load_settings()
    env = environment(settings)
    with deployed(settings, env) as terraform:
        console.print(_created(terraform.pull_state()))
        try_pipelines(settings, env)
        with step("plan again", "no changes"):
            _expect_no_changes(terraform)
    apply(terraform, "destroy", "destroy")
    left = [resource["type"] for resource in terraform.pull_state()["resources"]]
    if left:
        raise OpsError(f"destroy left something behind: {', '.join(left)}")
    console.print("\nThe stack was deployed, delivered, was found unchanged, and is destroyed.")


def try_pipelines(settings: Settings, env: Mapping[str, str]) -> None:
    """Change items of each pipeline's table, and print and compare the results.

    Raises:
        OpsError: a result differs from the engine's prediction; or nothing can be changed.

    """
    with closing(Aws(settings.region)) as aws:
        names = [*list_pipelines(aws.client("pipes"), settings.name_prefix)]
    tried = names[:MOST]
    console.print(f"\nPipelines: {', '.join(names)}", soft_wrap=True)
    if len(names) > MOST:
        console.print(f"{len(tried)} of the {len(names)} are tried: {', '.join(tried)}")
    console.print()
    tables: dict[str, str] = {}
    with closing(PipelineCheck(env)) as check:
        for name in tried:
            with Deployment(settings, name) as deployment:
                other = tables.setdefault(deployment.table.name, name)
                if other != name:
                    console.print(f"{name} is not tried: {other} reads the same table")
                    continue
                check.run(deployment, max_ttl_seconds=settings.max_ttl_seconds)
        console.print()
        expect_none(check.differences)


def _expect_no_changes(terraform: Terraform) -> None:
    changes = [
        event["change"]["resource"]["addr"]
        for event in terraform.events("plan", "-input=false")
        if event["type"] == "planned_change"
    ]
    if changes:
        raise OpsError(f"a second plan would change {', '.join(changes)}")


def _created(state: Mapping[str, Any]) -> Table:
    table = Table(title="What was created", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("kind")
    table.add_column("name")
    for resource in sorted(state["resources"], key=lambda resource: resource["type"]):
        for instance in resource["instances"]:
            name = instance["attributes"].get("name")
            if resource["mode"] == "managed" and name:
                table.add_row(resource["type"].removeprefix("aws_"), name)
    return table
