"""The output of commands: text for people, or JSON for scripts."""

import os
import sys
from typing import Annotated, Any

import typer
from rich.console import Console

from live.terminal import json_text

console = Console(
    width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 100,
    highlight=False,
    emoji=False,
)
"""Standard output. It is 100 columns wide if it is not a terminal."""
errors = Console(stderr=True, highlight=False, emoji=False)
"""Standard error."""
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
"""The option of every command that can print JSON."""


def print_json(value: Any, *, indent: int | None = 2) -> None:  # noqa: ANN401 - any JSON
    """Print JSON on standard output, in one line without `indent`."""
    print(json_text(value, indent=indent), flush=True)
