"""Find the cloud that a command works on, print it, and read the settings there."""

import os
import sys
from typing import Annotated

import typer

from live import cloud
from stacks.settings import Settings

UseAws = Annotated[bool, typer.Option("--aws", help="Use AWS, even while a local cloud is up.")]


def is_cloud_named(*, aws: bool = False) -> bool:
    """Return whether a cloud is named or a local cloud is up; some commands need neither."""
    asked = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_PROFILE")
    return aws or bool(asked) or bool(cloud.local_cloud())


def settings_there(*, aws: bool = False, quiet: bool = False) -> Settings:
    """Find the cloud, read the settings, and print on stderr the cloud and the stack.

    With `quiet`, nothing is printed: a script wants JSON.

    Raises:
        SettingsError: a setting is missing or wrong.

    """
    cloud.enter(aws=aws)
    settings = Settings.load()
    if not quiet:
        say(settings)
    return settings


def say(settings: Settings) -> None:
    """Print on stderr the cloud and the stack that the command works on."""
    where = cloud.name(os.environ, region=settings.region)
    print(f"on {where}, stack {settings.stack}", file=sys.stderr)
