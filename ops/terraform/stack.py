"""The stack that the settings name: its settings, and Terraform in its folder."""

import sys
from typing import Annotated

import typer

from live.cloud import take_credentials
from ops.terraform.backend import another_state
from ops.terraform.terraform import (
    Terraform,
    environment,
    require_key,
    synthesize,
)
from stacks.settings import Settings

AutoApprove = Annotated[
    bool, typer.Option("--auto-approve", help="Do not ask before changing anything.")
]
Allow = Annotated[
    list[str] | None,
    typer.Option(help="Accept a loss: its token ADDRESS:LOSS@MARK, from the review."),
]


def load_settings() -> Settings:
    """Return the settings, for a command whose tools need the credentials of `.env`, too.

    Raises:
        SettingsError: a setting is missing or wrong.

    """
    take_credentials()
    return Settings.load()


def initialized(*, to_apply: bool = False, needs_key: bool = True) -> Terraform:
    """Synthesize the stack, and return Terraform after its init.

    The API key is needed only with `to_apply`; otherwise its version is enough. To read a
    saved plan, neither is needed.

    Raises:
        SettingsError: a setting is missing or wrong.
        OpsError: there is no API key, or synth or init failed.

    """
    settings = load_settings()
    env = environment(settings)
    if needs_key:
        require_key(env, to_apply=to_apply)
    folder = synthesize(settings.stack, env)
    if (another := another_state(folder)) is not None:
        print(f"warning: {another}", file=sys.stderr)
    terraform = Terraform(folder, env)
    terraform.init("-reconfigure")  # the folder may remember another state than synth wrote
    return terraform


def is_approved(question: str) -> bool:
    """Ask a question, and say whether the answer is `yes`."""
    try:
        return input(question) == "yes"
    except EOFError:
        return False
