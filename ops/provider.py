"""Say where Terraform gets the AWS provider: the command provider."""

import os
from pathlib import Path

from live.output import console
from ops.terraform.provider import resolve


def command() -> None:
    """Find out where the AWS provider comes from, and remember it."""
    root = Path(__file__).resolve().parents[1]
    console.print(str(resolve(root, os.environ, again=True)), soft_wrap=True)
