"""The main job end to end: bootstrap, deploy, deliver, plan again, destroy."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.progress import TimeElapsedColumn
from rich.table import Table

from ops.bootstrap import Bucket, bootstrap, look
from ops.errors import OpsError
from ops.terraform import Terraform, synthesize
from ops.demo.streams import expect_sources
from ops.try_pipelines import try_pipelines
from stacks.settings import Settings


WEATHER = "weather"
"""The stack of the walk-through, which the demonstration and the page are about."""
CHANGES = ("create", "delete")
"""The actions that count; a data source is read, not created."""
UNTIL_INTERRUPTED = """import signal, sys
signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
signal.pause()"""
"""What runs where there is no page: Ctrl-C ends it without a traceback."""
PARALLELISM = 100
"""Resources at once: the provider watches each queue for 25 seconds, and there may be many."""


def demo(settings: Settings, env: Mapping[str, str], console: Console) -> None:
    """Run every step against the local cloud that the environment points at.

    Raises:
        OpsError: the environment points at a real AWS, or a step failed.

    """
    with _raised(settings, env, console) as terraform:
        console.print(_created(terraform.json("show")))
        try_pipelines(settings, env, console)
        with _step(console, "plan again", "no changes"):
            _expect_no_changes(terraform)
    _apply(terraform, console, "destroy", "destroy")
    left = terraform.json("show").get("values")
    if left:
        raise OpsError(f"destroy left something behind: {left}")
    console.print("\nThe stack was deployed, delivered, was found unchanged, and is destroyed.")


def raise_stack(
    settings: Settings, env: Mapping[str, str], console: Console, command: Sequence[str]
) -> int:
    """Bootstrap and deploy on the local cloud; return the exit code of a command run there.

    The command is begun as soon as the stack is deployed, while the bucket is still set up. It
    is the weather stack's page: for another stack it is told what runs, until Ctrl-C.

    Raises:
        OpsError: the environment points at a real AWS, or a step failed.

    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as running:
        with _raised(settings, env, console) as terraform:
            if settings.stack != WEATHER:
                command = [sys.executable, "-c", UNTIL_INTERRUPTED]
                console.print(_told_of(settings.stack, terraform.json("show")), soft_wrap=True)
            process = running.enter_context(subprocess.Popen(command, env=dict(env)))
            running.callback(process.terminate)
        return process.wait()


@contextmanager
def _raised(settings: Settings, env: Mapping[str, str], console: Console) -> Iterator[Terraform]:
    """Deploy while the state bucket is still being set up, which has ended afterwards.

    The bucket exists after a second, but the provider watches its lifecycle rule for a minute.
    """
    endpoint = urlsplit(env.get("AWS_ENDPOINT_URL", ""))
    if endpoint.hostname not in ("127.0.0.1", "localhost"):
        raise OpsError(
            "the demo deploys and destroys, so it runs on the local cloud only: ./help.sh demo"
        )
    console.print(f"Local AWS at {endpoint.geturl()}; no credentials, no account.\n")
    with _step(console, "synthesize", "Python to Terraform JSON"):
        folder = synthesize(settings.stack, env, quiet=True)  # here is no load to warn of
    expect_sources(settings.stack, folder)
    with ThreadPoolExecutor(max_workers=1) as background:
        started = time.monotonic()
        state = background.submit(bootstrap, settings, env, auto_approve=True, quiet=True)
        yield _deploy_meanwhile(console, settings, Terraform(folder, env), state)
        with console.status("bootstrap: the provider watches the bucket's lifecycle rule"):
            state.result()
        _done(
            console, "bootstrap", "the state bucket, its state inside", time.monotonic() - started
        )


def _deploy_meanwhile(
    console: Console, settings: Settings, terraform: Terraform, state: Future[str]
) -> Terraform:
    """Deploy as soon as the state bucket is there; return the deployed stack's Terraform."""
    with _step(console, "init", "the AWS provider; the state in S3"):
        while look(settings, key=settings.state_key) is Bucket.ABSENT and not state.done():
            time.sleep(0.2)
        terraform.init()
    _apply(terraform, console, "deploy", "apply")
    return terraform


@contextmanager
def _step(console: Console, name: str, what: str) -> Iterator[None]:
    started = time.monotonic()
    with console.status(f"{name}: {what}"):
        yield
    _done(console, name, what, time.monotonic() - started)


def _done(console: Console, name: str, what: str, seconds: float) -> None:
    console.print(f"[green]✓[/green] {name:<12}{what:<44}{seconds:6.1f} s")


def _apply(terraform: Terraform, console: Console, name: str, command: str) -> None:
    """Run apply or destroy with a bar that counts resources."""
    started = time.monotonic()
    total = done = 0
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        bar = progress.add_task(name, total=None)
        options = ("-auto-approve", "-input=false", f"-parallelism={PARALLELISM}")
        for event in terraform.events(command, *options):
            if event["type"] == "planned_change" and event["change"]["action"] in CHANGES:
                total += 1
                progress.update(bar, total=total)
            elif event["type"] == "apply_complete" and event["hook"]["action"] in CHANGES:
                done += 1
                progress.update(bar, completed=done)
    if done != total:
        raise OpsError(f"{name}: {done} of {total} resources were done")
    verb = "created" if command == "apply" else "destroyed"
    _done(console, name, f"{done} resources {verb}", time.monotonic() - started)


def _expect_no_changes(terraform: Terraform) -> None:
    changes = [
        event["change"]["resource"]["addr"]
        for event in terraform.events("plan", "-input=false")
        if event["type"] == "planned_change"
    ]
    if changes:
        raise OpsError(f"a second plan would change {', '.join(changes)}")


def _told_of(stack: str, state: Mapping[str, Any]) -> str:
    """Say what of a stack runs, and how to write to its tables."""
    resources = state["values"]["root_module"]["resources"]
    made = [one for one in resources if one["mode"] == "managed"]
    pipes = [one["values"]["name"] for one in made if one["type"] == "aws_pipes_pipe"]
    lines = [f"The stack {stack} runs; each delivery is a line here. Pipes: {', '.join(pipes)}."]
    kinds = {"S": '"text"', "N": '"1"', "B": '"Ynl0ZXM="'}
    for table in (one["values"] for one in made if one["type"] == "aws_dynamodb_table"):
        types = {one["name"]: one["type"] for one in table["attribute"]}
        keys = [name for name in (table["hash_key"], table.get("range_key")) if name]
        item = ", ".join(f'"{key}": {{"{types[key]}": {kinds[types[key]]}}}' for key in keys)
        lines.append(
            "Write an item in another terminal, with the AWS command line and your attributes:\n"
            "  set -a; . .cache/local-cloud.env; set +a\n"
            f"  aws dynamodb put-item --table-name {table['name']} --item '{{{item}}}'"
        )
    return escape("\n".join([*lines, "Ctrl-C ends it."]))


def _created(state: Mapping[str, Any]) -> Table:
    table = Table(title="What was created", title_justify="left", box=None, padding=(0, 2, 0, 0))
    table.add_column("kind")
    table.add_column("name")
    resources = state["values"]["root_module"]["resources"]
    for resource in sorted(resources, key=lambda resource: resource["type"]):
        name = resource["values"].get("name")
        if resource["mode"] == "managed" and name:
            table.add_row(resource["type"].removeprefix("aws_"), name)
    return table
