"""Change a repository to CDK Terrain's packages, and prove it: the command migrate."""

import json
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from live.output import console, errors
from ops.migrate import change, proof
from ops.migrate.change import Changes
from ops.migrate.comparison import Difference, compare
from ops.migrate.packages import NEW
from ops.migrate.repository import Repository
from ops.migrate.uv import NewestVersions
from ops.shared.errors import OpsError
from ops.shared.unused_options import refuse_unused
from ops.terraform import terraform

OLDEST_NODE = (22, 19)
"""What the command line of CDK Terrain needs; the library runs on older versions."""
SHOWN = 20

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="Change the packages of a repository, and prove that its JSON stays the same.",
)
app.callback()(lambda: None)  # with one command only, Typer would take its name for an argument


@app.command(NEW)
def command(
    *,
    context: typer.Context,
    repository: Annotated[
        Path | None,
        typer.Option(help="The folder of a CDKTF project in Python (default: this project)."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the changes and prove them; change nothing.")
    ] = False,
    arguments: Annotated[
        list[str] | None,
        typer.Option(
            help="Compare also what the program writes with these arguments, such as state"
            " (several times)."
        ),
    ] = None,
    without_proof: Annotated[
        bool, typer.Option("--without-proof", help="Compare nothing: install no packages.")
    ] = False,
) -> None:
    """Change cdktf's packages and imports to CDK Terrain's, and prove the result.

    The tracked files are changed in a copy. It is synthesized before and after, each time with its
    own packages. The changes are written only if the JSON is the same.
    """
    if without_proof:
        refuse_unused(
            context, {"arguments": "--without-proof compares nothing; leave one of them out"}
        )
    original = Repository.at(repository or terraform.ROOT)
    with tempfile.TemporaryDirectory(prefix="migrate-") as folder:
        scratch = Path(folder)
        copy = original.copy(scratch / original.folder.name)
        changes = change.find(copy, NewestVersions(copy.folder))
        if not changes.files and not changes.unread:
            console.print("nothing to change: no tracked file uses cdktf's packages")
            return
        if not dry_run:
            original.require_clean()
        for line in changes.diff(copy.folder):
            console.print(line, markup=False, soft_wrap=True)
        if changes.unread:
            raise OpsError(
                "these files cannot be changed; correct them, or change them by hand and commit:\n"
                + "\n".join(changes.unread)
            )
        runs = [[], *map(shlex.split, arguments or ())]
        if without_proof:
            changes.write(copy.folder)
            change.relock(copy, changes)
        else:
            prove(original, copy, changes, runs, scratch)
        report(changes, copy)
        if not dry_run:
            changes.write(original.folder)
    console.print(_end(changes, dry_run=dry_run), soft_wrap=True, markup=False)


def prove(
    original: Repository,
    copy: Repository,
    changes: Changes,
    runs: Iterable[Sequence[str]],
    scratch: Path,
) -> None:
    """Synthesize the copy, change it, synthesize it again, and show the differences.

    Raises:
        OpsError: there are differences that are not allowed, or a step failed.

    """
    runs = list(runs)
    before = proof.before(original, copy, scratch).synthesize(copy, runs)
    changes.write(copy.folder)
    errors.print("writing lock files again")
    change.relock(copy, changes)
    try:
        after = proof.after(copy, scratch).synthesize(copy, runs)
    except OpsError as error:
        raise OpsError("\n".join([str(error), *_left(changes)])) from None
    different = compare(before, after)
    allowed = [difference for difference in different if difference.reason]
    if allowed:
        console.print(_table("Allowed differences", allowed))
    if others := [difference for difference in different if not difference.reason]:
        console.print(_table("Other differences", others))
        raise OpsError(
            f"the synthesized JSON differs in {len(others)} places that are not allowed, so nothing"
            " is changed: see the table"
        )
    stacks = ", ".join(sorted(Path(name).parent.name for name in before))
    console.print(
        f"proven: apart from the allowed differences, the JSON is the same ({stacks})",
        soft_wrap=True,
        markup=False,
    )


def report(changes: Changes, copy: Repository) -> None:
    """Say which lock files have changed, and what is left for a person."""
    notes = [f"{path}: written again by uv" for path in changes.locks]
    notes += [f"write it again yourself: {line}" for line in changes.commands]
    if copy.config.get("terraformProviders") or copy.config.get("terraformModules"):
        notes.append(f"generate the bindings of cdktf.json again: {NEW} get")
    if any(path.name == "package.json" for path in changes.files) and (node := _old_node()):
        oldest = ".".join(map(str, OLDEST_NODE))
        notes.append(f"{NEW}-cli needs Node.js {oldest} or newer, and here is {node}")
    for note in [*notes, *_left(changes)]:
        console.print(note, soft_wrap=True, markup=False)


def _left(changes: Changes) -> list[str]:
    """Return what to say of the lines that a person has to look at; nothing if there are none."""
    if not changes.left:
        return []
    lines = [f"  {line}" for line in changes.left[:SHOWN]]
    if len(changes.left) > SHOWN:
        lines.append(f"  and {len(changes.left) - SHOWN} more: git grep -n cdktf")
    return ["these lines still name cdktf's packages; look at them:", *lines]


def _end(changes: Changes, *, dry_run: bool) -> str:
    count = len(changes.files | changes.locks)
    if dry_run:
        return f"{count} files would change; without --dry-run, they are changed"
    return (
        f"{count} files are changed: look at them with git diff, install the packages, run your"
        " tests, and commit (git restore . takes the changes back)"
    )


def _table(title: str, differences: Iterable[Difference]) -> Table:
    stacks: dict[tuple[str, ...], list[str]] = {}
    for difference in differences:
        values = (
            _short(difference.before),
            _short(difference.after),
            difference.reason or "it is not allowed",
        )
        stacks.setdefault((".".join(difference.place), *values), []).append(
            Path(difference.stack).parent.name
        )
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for name in ("stacks", "place", "before", "after", "why"):
        table.add_column(name, overflow="fold")
    for row, names in stacks.items():
        table.add_row(", ".join(names), *map(escape, row))
    return table


def _short(value: object) -> str:
    text = "(none)" if value is None else json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}..."  # noqa: PLR2004 - a table has to be read


def _old_node() -> str:
    """Return the version of Node.js if it is too old for the command line, otherwise nothing."""
    node = shutil.which("node")
    if node is None:
        return ""
    done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.(\d+)\.\d+", done.stdout)
    return version[0] if version and (int(version[1]), int(version[2])) < OLDEST_NODE else ""
