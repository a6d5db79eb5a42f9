"""The bar of commands that take long: on a terminal only, and gone at the end."""

from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from live.output import console


def progress_bar(*first: ProgressColumn) -> Progress:
    """Return a bar that counts; these columns come before it."""
    return Progress(
        *first,
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
