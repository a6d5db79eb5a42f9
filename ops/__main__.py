"""The commands behind ./help.sh."""

import errno
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ops import cdktf as cdktf_cli
from ops import policy as checkov
from ops import provider, saved_plan
from ops.backend import another_state
from ops.bootstrap import bootstrap as create_state_bucket
from ops.capacity.command import Strict, capacity
from ops.demo.local_stack import demo as run_demo
from ops.demo.local_stack import raise_stack as deploy_locally
from ops.deploy import HeldBackError
from ops.deploy import deploy as apply_new
from ops.deploy import deploy_saved as apply_saved
from ops.doctor import Verdict, examine
from ops.errors import EXPLAINED, OpsError
from ops.repair.commands import redrive, verify, warm
from ops.simulate.item_file import record_of
from ops.record_file import Change, change_of, named_records, read_records
from live.place import enter, take_credentials
from ops.place import Aws
from ops.review import LIMIT
from ops.review import review as review_plan
from ops.simulate.simulation import simulate as run_simulation
from ops.terraform import (
    KEY_VARIABLE,
    ROOT,
    Terraform,
    environment,
    refuse_without_terminal,
    require_key,
    synthesize,
)
from stacks.errors import StackError
from stacks.momento.limits import MAX_TTL_SECONDS
from stacks.settings import Settings

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
console = Console(width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 100)
passed_on = {"allow_extra_args": True, "ignore_unknown_options": True}

AutoApprove = Annotated[
    bool, typer.Option("--auto-approve", help="Do not ask before changing anything.")
]


@app.command()
def doctor(*, aws: Aws = False) -> None:
    """Check tools, versions, the provider and the settings; say what is missing."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    colours = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.FAILURE: "red"}
    failed = False
    enter(aws=aws)
    for check in examine():
        failed = failed or check.verdict is Verdict.FAILURE
        verdict = f"[{colours[check.verdict]}]{check.verdict}[/]"
        table.add_row(verdict, escape(check.name), escape(check.found))
    console.print(table)
    raise typer.Exit(1 if failed else 0)


@app.command()
def policy() -> None:
    """Ask checkov about both profiles; no check may fail in production."""
    raise typer.Exit(checkov.examine(console))


@app.command("provider")
def find_provider() -> None:
    """Find out where the AWS provider comes from, and remember it."""
    console.print(str(provider.resolve(ROOT, os.environ, again=True)), soft_wrap=True)


@app.command()
def synth() -> None:
    """Write the stack's Terraform JSON; needs no key and no credentials."""
    settings = _settings()
    file = synthesize(settings.stack, environment(settings)) / "cdk.tf.json"
    print(file.relative_to(ROOT) if file.is_relative_to(ROOT) else file)


@app.command()
def validate() -> None:
    """Check the synthesized stack with the provider's own schema; needs no credentials."""
    settings = _settings()
    env = environment(settings)
    # A folder of its own: with a backend from before, Terraform would ask for credentials.
    folder = synthesize(settings.stack, env)
    terraform = Terraform(folder, env | {"TF_DATA_DIR": ".terraform-validate"})
    terraform.init("-backend=false")
    terraform.show("validate")


@app.command(context_settings=passed_on)
def plan(
    context: typer.Context,
    *,
    out: Annotated[Path | None, typer.Option(help="Save it, to review and deploy it.")] = None,
) -> None:
    """Show what a deploy would change; further arguments go to terraform plan."""
    terraform = _initialized()
    if out is None:
        terraform.show("plan", "-input=false", *context.args)
        return
    saved_plan.make(terraform, out, context.args)
    console.print(
        f"{out} holds the API key in clear: delete it once it is deployed", soft_wrap=True
    )


@app.command()
def review(
    *,
    plan: Annotated[
        Path | None,
        typer.Option(help="A saved plan, or what terraform show -json printed; none: plan now."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="A loss that is accepted, ADDRESS:LOSS@MARK as the review says it."),
    ] = None,
    samples: Annotated[
        str | None, typer.Option(help="A file of stream records to try the pipes on.")
    ] = None,
    title: Annotated[str, typer.Option(help="The headline's first words.")] = "Plan",
    limit: Annotated[
        int, typer.Option(min=1_000, help="Characters at most; a GitHub comment takes the default.")
    ] = LIMIT,
    output: Annotated[
        Path | None, typer.Option(help="Where to write the Markdown; none: print it.")
    ] = None,
) -> None:
    """Review a plan as Markdown, what it loses first; exit code 3 if it is held back."""
    found = saved_plan.read(plan, _initialized) if plan else saved_plan.read_new(_initialized())
    more = {"samples": named_records(samples)} if samples else {}
    done = review_plan(
        found,
        allow=allow or (),
        title=title,
        limit=limit,
        max_ttl_seconds=_max_ttl_seconds(),
        **more,
    )
    if output is None:
        print(done.markdown, end="")
    else:
        try:
            output.write_text(done.markdown, encoding="utf-8")
        except OSError as error:
            raise OpsError(f"{output} cannot be written: {error.strerror}") from None
        console.print(f"{done.headline}: {output}", soft_wrap=True)
    if done.blocked:
        print("error: held back, see the review's first lines", file=sys.stderr)
        raise typer.Exit(saved_plan.BLOCKED)


def _max_ttl_seconds() -> int:
    """Return how long caches keep an item; a plan can be reviewed without the stack's settings."""
    try:
        return _settings().max_ttl_seconds
    except StackError:
        return MAX_TTL_SECONDS


@app.command()
def deploy(
    *,
    auto_approve: AutoApprove = False,
    plan: Annotated[
        Path | None, typer.Option(help="Apply this saved plan, and nothing else.")
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="A loss that is accepted, ADDRESS:LOSS@MARK as the review says it."),
    ] = None,
) -> None:
    """Show the plan and what it loses, ask, apply it; or apply a saved plan.

    Unless somebody is asked, a loss that is not allowed ends it with exit code 3.
    """
    try:
        if plan is None:
            _refuse_to_ask(auto_approve=auto_approve)
            apply_new(_initialized(), allow=allow or (), asks=not auto_approve)
        else:
            apply_saved(_initialized(), plan, allow=allow or ())
    except HeldBackError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(saved_plan.BLOCKED) from None


@app.command()
def destroy(*, auto_approve: AutoApprove = False) -> None:
    """Show what would be destroyed, ask, and destroy it."""
    os.environ.setdefault(KEY_VARIABLE, "not-needed-to-destroy")
    _refuse_to_ask(auto_approve=auto_approve)
    _initialized().show("destroy", *(["-auto-approve"] if auto_approve else []))


@app.command()
def bootstrap(*, auto_approve: AutoApprove = False) -> None:
    """Create the bucket that holds the Terraform state; safe to run again."""
    _refuse_to_ask(auto_approve=auto_approve)
    settings = _settings()
    console.print(create_state_bucket(settings, environment(settings), auto_approve=auto_approve))


@app.command(context_settings=passed_on | {"help_option_names": []})
def cdktf(context: typer.Context) -> None:
    """Run the pinned cdktf command line, for example: cdktf deploy --auto-approve."""
    raise typer.Exit(cdktf_cli.run(context.args, environment(_settings())))


@app.command()
def demo() -> None:
    """Deploy to the local cloud, write and watch records arrive, plan again, destroy.

    The setting STACK says which stack: STACK=orders ./help.sh demo. Items are made up that
    its pipes read; the exit code is 1 unless all comes as predicted.
    """
    settings = _settings()
    run_demo(settings, environment(settings), console)


for repairing in (redrive, warm, verify):
    app.command()(repairing)
app.command(cls=Strict)(capacity)


@app.command(hidden=True, context_settings=passed_on | {"help_option_names": []})
def raise_stack(context: typer.Context) -> None:
    """Bootstrap and deploy on the local cloud, then run a command, for ./help.sh up."""
    settings = _settings()
    raise typer.Exit(deploy_locally(settings, environment(settings), console, context.args))


@app.command()
def simulate(
    events: Annotated[
        str | None, typer.Argument(help="A file of stream records, or - for stdin.")
    ] = None,
    item: Annotated[
        str | None,
        typer.Option(help="A file of one item, plain or DynamoDB JSON, in the place of records."),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(help="What becomes of the item: INSERT (default), MODIFY or REMOVE."),
    ] = None,
) -> None:
    """Show what each pipe would do with these records: the request, or why there is none."""
    if (events is None) == (item is None):
        raise typer.BadParameter("give a file of records, or --item with a file of one item")
    if item is None and event is not None:
        raise typer.BadParameter(
            "--event says what becomes of an --item; a record says its own (eventName)"
        )
    change = change_of(event) if event is not None else Change.INSERT
    settings = _settings()
    folder = synthesize(settings.stack, environment(settings), quiet=True)
    synthesized = folder / "cdk.tf.json"
    if item is None:
        records = read_records(str(events))
    else:
        made = record_of(item, change, synthesized)
        records = [made.record]
        for sentence in made.assumed:
            console.print(f"assumed: {sentence}", soft_wrap=True, markup=False, highlight=False)
    run_simulation(records, synthesized, console, max_ttl_seconds=settings.max_ttl_seconds)


def _settings() -> Settings:
    """Read the settings, for a command whose tools need the credentials of `.env`, too."""
    take_credentials()
    return Settings.load()


def _initialized() -> Terraform:
    settings = _settings()
    env = environment(settings)
    require_key(env)
    folder = synthesize(settings.stack, env)
    if (another := another_state(folder)) is not None:
        print(f"warning: {another}", file=sys.stderr)
    terraform = Terraform(folder, env)
    terraform.init("-reconfigure")  # what synth wrote names the state; the folder remembers another
    return terraform


def _refuse_to_ask(*, auto_approve: bool) -> None:
    refuse_without_terminal(["--auto-approve"] if auto_approve else [])


if __name__ == "__main__":
    try:
        app(prog_name="./help.sh")
    except EXPLAINED as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        advice = ""
        if error.errno in (errno.EACCES, errno.EROFS):
            advice = "; the commands write into this folder: work in one that may be written"
        print(f"error: {named}{error.strerror or error}{advice}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit("interrupted")
