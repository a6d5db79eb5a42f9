"""Try the pipelines of the deployed stack, a few of many."""

from collections.abc import Mapping
from contextlib import closing

import boto3
from rich.console import Console

from live.deployment import Deployment
from live.pipelines import list_pipelines
from ops.demo.pipeline_check import Trial, expect_none
from stacks.settings import Settings

MOST = 3
"""Pipelines that are tried; those of many tables are hardly different."""


def try_pipelines(settings: Settings, env: Mapping[str, str], console: Console) -> None:
    """Change items of each pipeline's table, and print and compare what comes of it.

    Raises:
        OpsError: something did not come as the engine predicts; or nothing can be tried.

    """
    with closing(boto3.client("pipes", region_name=settings.region)) as client:
        found = [*list_pipelines(client, settings.name_prefix)]
    tried = found[:MOST]
    console.print(f"\nPipelines: {', '.join(found)}", soft_wrap=True)
    if len(found) > MOST:
        console.print(f"{len(tried)} of the {len(found)} are tried: {', '.join(tried)}")
    console.print()
    with closing(Trial(env)) as trial:
        for name in tried:
            with Deployment(settings, name) as deployment:
                trial.run(deployment, console, max_ttl_seconds=settings.max_ttl_seconds)
        trial.check_messages(console)
        console.print()
        expect_none(trial.differences)
