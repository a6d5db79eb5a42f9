"""Find the place that a command works on, print it, and read the settings there."""

import os
import sys
from typing import Annotated

import typer

from live import place
from stacks.settings import Settings

Aws = Annotated[bool, typer.Option("--aws", help="Use AWS, even while a local cloud is up.")]


def is_told(*, aws: bool = False) -> bool:
    """Return whether a place is named or a local cloud is up; some commands need neither."""
    asked = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_PROFILE")
    return aws or bool(asked) or bool(place.local_cloud())


def settings_there(*, aws: bool = False, quiet: bool = False) -> Settings:
    """Find the place, read the settings, and print on stderr the place and the stack.

    With `quiet`, nothing is printed: a script wants JSON.

    Raises:
        SettingsError: a setting is missing or wrong.

    """
    place.enter(aws=aws)
    settings = Settings.load()
    if not quiet:
        say(settings)
    return settings


def say(settings: Settings) -> None:
    """Print on stderr the place and the stack that the command works on."""
    where = place.name(os.environ, region=settings.region)
    print(f"on {where}, stack {settings.stack}", file=sys.stderr)
