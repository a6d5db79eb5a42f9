"""Fill the cache from the table: the command warm."""

from functools import partial

import typer

from eventpipes.operations import PUT
from live.output import AsJson, console
from ops.capacity.bulk import RunKind
from ops.shared.bulk.command import run as run_on_aws
from ops.shared.bulk.command import show_estimate
from ops.shared.bulk.options import Estimate, OnAws, Yes, refuse_unused_bulk
from ops.shared.cloud import UseAws
from ops.shared.repair.report import counts, lines, say_not_final
from ops.shared.repair.run import PipelineName, Rate, Resume, Segments, begin, end, scan_progress
from ops.warm.warm import OUTCOMES, Warm, WarmSummary


def command(
    *,
    context: typer.Context,
    pipeline: PipelineName = None,
    segments: Segments = 4,
    rate: Rate = None,
    resume: Resume = False,
    on_aws: OnAws = False,
    estimate: Estimate = False,
    yes: Yes = False,
    aws: UseAws = False,
    as_json: AsJson = False,
) -> None:
    """Send every item of the table to the cache, as the cache-put pipe would."""
    refuse_unused_bulk(context, on_aws=on_aws, estimate=estimate, resume=resume)
    if estimate:
        show_estimate(RunKind.WARM, rate=rate, as_json=as_json)
        return
    if on_aws:
        run_on_aws(RunKind.WARM, pipeline, aws=aws, as_json=as_json, resume=resume, yes=yes)
    with begin(pipeline, "items", aws=aws, as_json=as_json, rate=rate) as run:
        summary = Warm(
            run.deployment,
            run.momento,
            scan_progress("warm", run.deployment, segments=segments, resume=resume),
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
