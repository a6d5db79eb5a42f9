"""Show Momento's API keys, make them, and replace them: the command key."""

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from live.aws import Aws
from live.cloud import momento_origin
from live.momento.api_key import KeyFacts
from live.momento.auth import MomentoAuth
from live.output import AsJson, console, errors, print_json
from ops.deploy import watch_key
from ops.deploy.command import deploy
from ops.key import env_file, manager
from ops.key.connections import Connections
from ops.key.create import Wanted, create, must_be_new, wanted
from ops.key.progress import ProgressFile
from ops.key.rotate import Rotation
from ops.key.show import READS, SENDS, show
from ops.shared.cloud import UseAws, settings_there
from ops.shared.errors import OpsError
from ops.shared.unused_options import refuse_unused
from ops.terraform.stack import Allow, AutoApprove, initialized, load_settings
from ops.terraform.terraform import KEY_VARIABLE, refuse_to_ask
from stacks.settings import Settings

app = typer.Typer(
    context_settings={"help_option_names": ["--help", "-h"]},
    invoke_without_command=True,
    help="Show what the API keys of the settings are and may do; make and replace them.",
    epilog=(
        f"create and rotate take a key that manages keys: from {manager.VARIABLE}, or they ask."
        " With it, the roles are shown, too."
    ),
)
Days = Annotated[
    int, typer.Option("--days", min=1, max=3_650, help="The days until the new keys expire.")
]
UpdateRoles = Annotated[
    bool,
    typer.Option("--update-roles", help="Change a role that exists and has other rules."),
]
LASTS = 90
GRACE_SECONDS = 300.0
Also = Annotated[
    list[str] | None,
    typer.Option("--also", help="Another stack that uses the same keys (several times)."),
]


@app.callback()
def command(context: typer.Context, *, aws: UseAws = False, as_json: AsJson = False) -> None:
    """Show each key: its version, its expiry, its role, and what it may do; never the key."""
    if (given := context.invoked_subcommand) is not None:
        refuse_unused(context, dict.fromkeys(("aws", "as_json"), f"key {given} has no such option"))
        return
    admin = manager.taken()
    shown = [*show(settings_there(aws=aws, quiet=as_json), admin)]
    if not shown:
        raise OpsError("MOMENTO_API_KEY is not set: ./help.sh key create makes a key for .env")
    if as_json:
        print_json([key.as_json() for key in shown])
        return
    for key in shown:
        _say(key.setting)
        for name, text in key.lines():
            _say(f"  {name:<9}{text}")


@app.command("create")
def create_command(
    *,
    days: Days = LASTS,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a key that nothing uses.")
    ] = False,
    also: Also = None,
    update_roles: UpdateRoles = False,
) -> None:
    """Make a key that may only send and a key that may only read, and write them to .env."""
    settings = load_settings()
    env_file.must_decide(SENDS, READS)
    must_be_new(replace=replace)
    key = manager.asked_for()
    with errors.status("synthesizing, to see what is sent to"):
        needs = wanted(settings, also or ())
    with manager.momento() as momento, errors.status("making roles and keys at Momento"):
        create(
            MomentoAuth(momento, key), needs.both, days=days, say=_say, update_roles=update_roles
        )
    _say(f"both are in {env_file.path()}, which only you may read. Next: ./help.sh doctor")


@app.command("rotate")
def rotate_command(
    *,
    days: Days = LASTS,
    grace: Annotated[
        float,
        typer.Option(
            "--grace",
            min=0.0,
            max=86_400.0,
            help="Seconds from the first request with the new key to the end of the old one.",
        ),
    ] = GRACE_SECONDS,
    also: Also = None,
    update_roles: UpdateRoles = False,
    even_if_used: Annotated[
        bool,
        typer.Option("--even-if-used", help="Revoke, although another connection may use it."),
    ] = False,
    auto_approve: AutoApprove = False,
    allow: Allow = None,
) -> None:
    """Make new keys, deploy, see a request succeed, and revoke the old ones after a while.

    Interrupted at any point, it continues when it is run again.
    """
    settings = load_settings()
    env_file.must_decide(SENDS, READS, KEY_VARIABLE)
    refuse_to_ask(auto_approve=auto_approve)
    stacks = [settings.stack, *(also or ())]
    with only_one(env_file.path().absolute().parent):
        key = manager.asked_for()
        with errors.status("synthesizing, to see what is sent to"):
            needs = wanted(settings, also or ())
        with (
            manager.momento() as momento,
            closing(Aws(settings.region)) as aws,
        ):
            Rotation(
                stack=settings.stack,
                auth=MomentoAuth(momento, key),
                momento=momento,
                origin=momento_origin(os.environ, settings.momento_api_endpoint),
                cache=_a_cache(needs, settings.cache_name),
                both=needs.both,
                file=ProgressFile(_progress(settings)),
                deployed=Connections(aws),
                connections=needs.connections,
                give_watch=lambda new: watch_key.write(aws, needs.watch_secrets, new),
                deploy=lambda new: _deploy(stacks, new, allow or (), asks=not auto_approve),
                admin_id=KeyFacts.read(key).key_id,
                days=days,
                grace=grace,
                say=_say,
                update_roles=update_roles,
                even_if_used=even_if_used,
            ).run()
    _say("the rotation is done")


def _deploy(stacks: Sequence[str], key: str, allow: Sequence[str], *, asks: bool) -> None:
    """Deploy stacks with a sending key, which overrides the one in `.env`."""
    for stack in stacks:
        with changed_environment({SENDS: key, "STACK": stack}):
            deploy(initialized(to_apply=True), allow=allow, asks=asks)


def _a_cache(needs: Wanted, default: str) -> str:
    """Return a cache that the sending key may write, if it is known."""
    named = [rule["caches"] for rule in needs.both[0].rules if rule["type"] == "cache"]
    return next((cache["name"] for cache in named if isinstance(cache, dict)), default)


def _progress(settings: Settings) -> Path:
    name = f".key-rotation-{settings.name_prefix}-{settings.stack}.json"
    return env_file.path().with_name(name)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Let one rotation at a time work in a folder.

    Raises:
        OpsError: another rotation is running.

    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OpsError(f"another ./help.sh key rotate works in {folder}: wait for it") from None
        yield
    finally:
        os.close(descriptor)


@contextmanager
def changed_environment(values: Mapping[str, str]) -> Iterator[None]:
    """Give this process and its children some variables for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def _say(text: str) -> None:
    console.print(escape(text), soft_wrap=True)
