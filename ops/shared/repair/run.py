"""One run of redrive, warm or verify: what it works with, and how it ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Annotated, Any, Protocol

import typer

from live.deployment import Deployment
from live.errors import LiveError
from live.momento.client import Momento
from live.output import print_json
from ops.shared.cloud import settings_there
from ops.shared.repair.interrupt import finishing_on_interrupt
from ops.shared.repair.report import Advance, progress
from ops.shared.repair.scan_progress import ScanProgress

PipelineName = Annotated[
    str | None,
    typer.Option(
        "--pipeline",
        help="Which pipeline: its id or full name (default: the only one, else NAME_PREFIX).",
    ),
]
Rate = Annotated[
    int | None,
    typer.Option(min=1, help="Requests a second (default: the API destinations' rate limits)."),
]


Segments = Annotated[
    int, typer.Option(min=1, max=64, help="Read this many parts of the table in parallel.")
]
Resume = Annotated[bool, typer.Option("--resume", help="Continue where an interrupted run ended.")]


class Summary(Protocol):
    """What a run did."""

    @property
    def complete(self) -> bool:
        """Whether nothing is left to do."""

    @property
    def halted(self) -> LiveError | None:
        """The error that ended the run early, if there was one."""

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""


@dataclass(frozen=True)
class RepairRun:
    """The clients and settings of a run. Ctrl-C sets `stop`."""

    deployment: Deployment
    momento: Momento
    stop: Event
    advance: Advance


@contextmanager
def begin(
    pipeline: str | None, noun: str, *, aws: bool, as_json: bool, rate: int | None = None
) -> Iterator[RepairRun]:
    """Find the cloud and the pipeline, and show a progress bar that counts nouns.

    Reads of Momento are as fast as its fastest writes. With `as_json` the cloud is not printed.

    Raises:
        LiveError: there is no such pipeline, or AWS cannot be asked.
        SettingsError: a setting is missing or wrong.

    """
    with (
        Deployment(settings_there(aws=aws, quiet=as_json), pipeline) as deployment,
        finishing_on_interrupt() as stop,
        momento_of(deployment, stop, rate) as momento,
        progress(noun) as advance,
    ):
        yield RepairRun(deployment, momento, stop, advance)


def scan_progress(
    command: str, deployment: Deployment, *, segments: int, resume: bool
) -> ScanProgress:
    """Return a new progress of a command's scan, or with `resume` the saved one.

    Raises:
        OpsError: there is no saved progress of this table.

    """
    file = Path(".cache") / f"{command}-{deployment.name}.json"  # help.sh runs in the project
    identity = deployment.stream_arn
    if resume:
        return ScanProgress.resumed(file, identity=identity)
    return ScanProgress(file, identity=identity, segments=segments)


def end(summary: Summary, show: Callable[[], None], *, as_json: bool) -> None:
    """Show what a run did, and end the command: exit code 1 if something is left to do.

    Raises:
        LiveError: the run ended early.

    """
    if as_json:
        print_json(summary.as_json())
    else:
        show()
    if summary.halted is not None:
        raise summary.halted
    raise typer.Exit(0 if summary.complete else 1)


def momento_of(deployment: Deployment, stop: Event, rate: int | None = None) -> Momento:
    """Return the client of a deployment's Momento; reads are as fast as the fastest writes.

    `rate` are the requests a second (default: the rates of the API destinations).
    """
    rates = deployment.rates(rate)
    return Momento(
        rates={"GET": max(rates.values())} | rates,
        redirect=deployment.redirect,
        reading_key=deployment.reading_key,
        stop=stop,
    )
