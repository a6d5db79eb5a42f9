"""Create the cache of the settings at Momento: the command cache."""

from typing import Annotated

import typer
from rich.markup import escape

from live.momento.control import create_cache
from live.output import console
from ops.key import manager
from ops.terraform.stack import load_settings

app = typer.Typer(
    no_args_is_help=True,
    context_settings={"help_option_names": ["--help", "-h"]},
    help="The cache that MOMENTO_CACHE_NAME names.",
)
app.callback()(lambda: None)  # with one command only, Typer would take its name for an argument


@app.command("create")
def command(
    name: Annotated[
        str | None, typer.Argument(help="Another cache than MOMENTO_CACHE_NAME.")
    ] = None,
) -> None:
    """Create the cache, unless it exists, in the region of MOMENTO_API_ENDPOINT.

    This takes a key that may create caches: from MOMENTO_ADMIN_API_KEY, or it is asked for.
    """
    settings = load_settings()
    key = manager.asked_for()
    cache = name or settings.cache_name
    with manager.momento() as momento:
        created = create_cache(momento, settings.momento_api_endpoint, key=key, name=cache)
    done = "is created" if created else "exists already"
    console.print(
        escape(f"the cache {cache} {done} at {settings.momento_api_endpoint}"),
        soft_wrap=True,
    )
