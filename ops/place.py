"""Where a command works: it finds the place, says it in one line, and reads the settings there."""

import os
import sys
from typing import Annotated

import typer

from live import place
from stacks.settings import Settings

Aws = Annotated[bool, typer.Option("--aws", help="AWS, even while a local cloud is up.")]


def is_told(*, aws: bool = False) -> bool:
    """Return whether a place is named, or a local cloud is up, for a command that needs none."""
    asked = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_PROFILE")
    return aws or bool(asked) or bool(place.local_cloud())


def settings_there(*, aws: bool = False, quiet: bool = False) -> Settings:
    """Find the place, read the settings, and say on stderr where and of which stack they are.

    With `quiet` nothing is said: a script has asked for JSON.

    Raises:
        SettingsError: a setting is missing or wrong.

    """
    place.enter(aws=aws)
    settings = Settings.load()
    if not quiet:
        say(settings)
    return settings


def say(settings: Settings) -> None:
    """Say on stderr where the command works, and on which stack."""
    where = place.name(os.environ, region=settings.region)
    print(f"on {where}, stack {settings.stack}", file=sys.stderr)
