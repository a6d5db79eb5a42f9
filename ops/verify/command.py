"""Compare the table with the cache: the command verify."""

import sys
from functools import partial
from typing import Annotated

import typer

from live.entry_state import MISSING
from live.output import AsJson, console
from ops.capacity.bulk import RunKind
from ops.shared.bulk.command import run as run_on_aws
from ops.shared.bulk.command import show_estimate
from ops.shared.bulk.options import Estimate, OnAws, Yes, refuse_unused_bulk
from ops.shared.cloud import UseAws
from ops.shared.repair.report import counts, lines, say_not_final
from ops.shared.repair.run import PipelineName, Rate, Resume, Segments, begin, end, scan_progress
from ops.shared.repair.scan_progress import ScanProgress
from ops.shared.unused_options import refuse_unused
from ops.verify.results import STATES, VerifySummary
from ops.verify.verify import SETTLE_SECONDS, WAIT_SECONDS, Verify


def command(
    *,
    context: typer.Context,
    pipeline: PipelineName = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Compare only this many items, chosen at random.")
    ] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Repair what is wrong.")] = False,
    segments: Segments = 4,
    rate: Rate = None,
    resume: Resume = False,
    settle: Annotated[
        float,
        typer.Option(min=0.0, help="Seconds to wait for a write before it counts as missing."),
    ] = SETTLE_SECONDS,
    wait: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=86_400,
            help="With --repair: seconds to look again while a pipe may deliver an older record.",
        ),
    ] = WAIT_SECONDS,
    on_aws: OnAws = False,
    estimate: Estimate = False,
    yes: Yes = False,
    aws: UseAws = False,
    as_json: AsJson = False,
) -> None:
    """Compare table and cache: in sync, stale, missing, left over; repair if asked to."""
    refuse_unused_bulk(context, on_aws=on_aws, estimate=estimate, resume=resume)
    if estimate:
        show_estimate(RunKind.VERIFY, rate=rate, as_json=as_json)
        return
    if on_aws:
        run_on_aws(
            RunKind.VERIFY,
            pipeline,
            aws=aws,
            as_json=as_json,
            resume=resume,
            yes=yes,
            repair=repair,
        )
    if resume and sample is not None:
        raise typer.BadParameter("a sample is not resumed: leave --resume or --sample out")
    if sample is not None:
        refuse_unused(context, {"segments": "a sample is read in one segment; leave it out"})
    if not repair:
        refuse_unused(context, {"wait": "only repaired keys are looked at again; add --repair"})
    with begin(pipeline, "keys", aws=aws, as_json=as_json, rate=rate) as run:
        progress = ScanProgress(None, segments=segments)
        if sample is None:
            progress = scan_progress("verify", run.deployment, segments=segments, resume=resume)
        summary = Verify(
            run.deployment,
            run.momento,
            progress,
            sample=sample,
            repair=repair,
            settle=settle,
            wait=wait,
            say=lambda text: print(text, file=sys.stderr),
            stop=run.stop,
            tell=lambda _: run.advance(run.deployment.table.about),
        ).run()
    end(summary, partial(_show, summary, is_resumable=sample is None), as_json=as_json)


def _show(summary: VerifySummary, *, is_resumable: bool) -> None:
    counts({"keys": summary.counts}, STATES)
    lines([(wrong_key.state, str(wrong_key)) for wrong_key in summary.wrong])
    say_not_final(summary.not_final)
    if is_resumable and not summary.finished:
        console.print("Not finished. To continue, run ./help.sh verify --resume")
    if summary.counts[MISSING]:
        console.print(
            "A missing item may have expired: Momento's HTTP API does not say.", soft_wrap=True
        )
    if summary.unseen:
        console.print(f"Left-over entries are not looked for: {summary.unseen}.", soft_wrap=True)
        return
    console.print(
        f"Left-over entries can be found for the {summary.removed_keys} removed keys that the"
        " stream still has (24 hours), because Momento does not list keys.",
        soft_wrap=True,
    )
