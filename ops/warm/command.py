"""Fill the cache from the table: the command warm."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from live.output import Json, console
from eventpipes.operations import PUT
from ops.place import Aws
from ops.repair.report import counts, lines, say_not_final
from ops.repair.run import PipelineName, Rate, begin, end
from ops.warm.scan_progress import ScanProgress
from ops.warm.warm import OUTCOMES, Warm, WarmSummary


def command(
    *,
    pipeline: PipelineName = None,
    segments: Annotated[
        int, typer.Option(min=1, max=64, help="Read this many parts of the table in parallel.")
    ] = 4,
    rate: Rate = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue where an interrupted run ended.")
    ] = False,
    aws: Aws = False,
    as_json: Json = False,
) -> None:
    """Send every item of the table to the cache, as the cache-put pipe would."""
    with begin(pipeline, "items", aws=aws, as_json=as_json, rate=rate) as run:
        # help.sh runs in the project's folder
        file = Path(".cache") / f"warm-{run.deployment.name}.json"
        identity = run.deployment.stream_arn
        places = (
            ScanProgress.resumed(file, identity=identity)
            if resume
            else ScanProgress(file, identity=identity, segments=segments)
        )
        summary = Warm(
            run.deployment,
            run.momento,
            places,
            stop=run.stop,
            tell=lambda _: run.advance(run.deployment.table.about),
        ).run()
        name = run.deployment.pipes[PUT].name
    end(summary, partial(_show, summary, name), as_json=as_json)


def _show(summary: WarmSummary, pipe: str) -> None:
    counts({pipe: summary.counts}, OUTCOMES)
    lines([(outcome, f"{key}: {why}") for outcome, key, why in summary.problems])
    if not summary.finished:
        console.print("Not finished. To continue, run ./help.sh warm --resume")
    say_not_final(summary.not_final)
