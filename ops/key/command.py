"""Show Momento's API keys, make them, and replace them: the command key."""

from typing import Annotated

import typer
from rich.markup import escape

from live.output import Json, console, errors, print_json
from ops.errors import OpsError
from ops.key import env_file, manager
from ops.key.create import create, must_be_new, wanted
from ops.key.show import READS, SENDS, show
from ops.place import Aws, settings_there
from ops.stack import load_settings

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    invoke_without_command=True,
    help="Show what the API keys of the settings are and may do; make and replace them.",
    epilog=(
        f"create and rotate take a key that manages keys: from {manager.VARIABLE}, or they ask."
        " With it, the roles are shown, too."
    ),
)
Days = Annotated[
    int, typer.Option("--days", min=1, max=3_650, help="The new keys expire after so many days.")
]
UpdateRoles = Annotated[
    bool,
    typer.Option("--update-roles", help="Change a role that exists and has other rules."),
]
LASTS = 90


@app.callback()
def command(context: typer.Context, *, aws: Aws = False, as_json: Json = False) -> None:
    """Show each key: its version, its expiry, its role, and what it may do; never the key."""
    if context.invoked_subcommand is not None:
        return
    admin = manager.taken()
    shown = [*show(settings_there(aws=aws, quiet=as_json), admin)]
    if not shown:
        raise OpsError("MOMENTO_API_KEY is not set: ./help.sh key create makes a key for .env")
    if as_json:
        print_json([one.as_json() for one in shown])
        return
    for one in shown:
        _say(one.setting)
        for name, text in one.lines():
            _say(f"  {name:<9}{text}")


@app.command("create")
def create_command(
    *,
    days: Days = LASTS,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a key that nothing uses.")
    ] = False,
    update_roles: UpdateRoles = False,
) -> None:
    """Make a key that may only send and one that may only read, and write them to .env."""
    settings = load_settings()
    env_file.must_decide(SENDS, READS)
    must_be_new(replace=replace)
    key = manager.asked_for()
    with errors.status("synthesizing the stack, to see what it sends to"):
        both = wanted(settings)
    with manager.auth(key) as auth, errors.status("making roles and keys at Momento"):
        create(auth, both, days=days, say=_say, update_roles=update_roles)
    _say(f"both are in {env_file.path()}, which only you may read. Next: ./help.sh doctor")


def _say(text: str) -> None:
    console.print(escape(text), soft_wrap=True)
