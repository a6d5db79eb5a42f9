"""Serve the page of the stack, at the place that the command works on."""

from typing import Annotated

import typer

from console.form import Form
from console.serve import PAGE_PORT, serve
from console.settings import ConsoleSettings
from live.pipelines import WEATHER
from ops.shared.cloud import UseAws
from stacks.settings import Settings
from weather.form import WeatherForm

PagePort = Annotated[
    int, typer.Option("--page-port", help="The page's port on 127.0.0.1; 0: any free one.")
]


def command(
    *,
    page_port: PagePort = PAGE_PORT,
    browse: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    aws: UseAws = False,
) -> None:
    """Serve a page that shows every change of the stack, and why it went where it went."""
    settings = ConsoleSettings.load(aws=aws)
    serve(settings, forms(settings.stack), port=page_port, browse=browse)


def forms(settings: Settings) -> list[Form]:
    """Return the forms that the stack has."""
    return [WeatherForm(settings)] if settings.stack == WEATHER else []
