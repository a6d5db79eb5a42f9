"""Replay the dead-letter queue: the command redrive."""

from functools import partial
from typing import Annotated

import typer

from live.output import AsJson, console
from live.redrive.redrive import Redrive
from live.redrive.replay_results import WORST_FIRST, LetterResult, LetterStatus, RedriveSummary
from ops.shared.cloud import UseAws
from ops.shared.repair.report import counts, lines, say_not_final
from ops.shared.repair.run import PipelineName, begin, end
from ops.shared.unused_options import refuse_unused


def command(
    *,
    context: typer.Context,
    pipeline: PipelineName = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done. Change nothing.")
    ] = False,
    pipe: Annotated[
        str | None,
        typer.Option(help="Only this pipe's or rule's letters: its name, or cache-put ..."),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--max", min=1, help="Look at this many letters at most.")
    ] = None,
    discard: Annotated[
        bool,
        typer.Option(
            "--discard-no-record",
            help="Delete the messages that name no record; CreatePipe may leave one for a pipe.",
        ),
    ] = False,
    hold: Annotated[
        int,
        typer.Option(
            min=2, max=43_200, help="Seconds a letter stays hidden if this run is killed."
        ),
    ] = 60,
    aws: UseAws = False,
    as_json: AsJson = False,
) -> None:
    """Replay the dead-letter queue: send what was given up, or the table's current state."""
    if pipe is not None:
        refuse_unused(
            context, {"discard": "a message without a record is of no pipe; leave --pipe out"}
        )
    with begin(pipeline, "letters", aws=aws, as_json=as_json) as run:
        summary = Redrive(
            run.deployment,
            run.momento,
            only=None if pipe is None else run.deployment.chosen(pipe),
            most=most,
            dry_run=dry_run,
            discard=discard,
            hold=hold,
            stop=run.stop,
            tell=lambda _, total: run.advance(total),
        ).run()
    end(summary, partial(_show, summary, hold), as_json=as_json)


def _show(summary: RedriveSummary, hold: int) -> None:
    columns = WORST_FIRST[::-1]
    pipes = sorted({result.pipe for result in summary.results if result.pipe})
    rows = {
        pipe: {str(status): summary.count(status, pipe) for status in columns} for pipe in pipes
    }
    total = {str(status): summary.count(status) for status in columns}
    if summary.dry_run:
        console.print("A dry run: nothing is sent, nothing is deleted.")
    if summary.results:
        counts(rows | {"all": total}, [str(status) for status in columns])
    else:
        console.print(f"No {'other ' if summary.hidden else ''}dead letter waits.")
    lines(
        [
            (str(result.status), " ".join(filter(None, (result.pipe, _record(result), result.why))))
            for result in summary.results
            if result.status is not LetterStatus.SENT
        ],
    )
    if summary.hidden:
        console.print(
            f"{summary.hidden} more: held by another run, or by a run that was killed. They come"
            f" back by themselves after {hold} s, if that run had the same --hold.",
            soft_wrap=True,
        )
    say_not_final(summary.not_final)
    if summary.interrupted:
        console.print("Interrupted. To send the other letters, run ./help.sh redrive again.")


def _record(result: LetterResult) -> str:
    if not result.sequence_number:
        return f"message {result.message_id}:"
    return f"{result.key} (record {result.sequence_number}):".lstrip()
