"""Refuse options that would have no effect beside the others."""

from collections.abc import Mapping

import typer


def refuse_unused(context: typer.Context, steps: Mapping[str, str]) -> None:
    """Refuse an option that was given, and say what to do instead: `steps` by parameter.

    Raises:
        typer.BadParameter: one of these options was given.

    """
    options = {parameter.name: parameter.opts[0] for parameter in context.command.params}
    for name, step in steps.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise typer.BadParameter(f"{options[name]} has no effect here: {step}")
