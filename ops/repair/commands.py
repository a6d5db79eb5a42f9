"""The commands that repair what deliveries left wrong: redrive, warm, verify."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from ops.redrive import results as replay
from ops.verify import results as findings
from ops.verify import verify as check
from ops.warm import warm as warm_up
from live.deployment import Deployment
from live.errors import LiveError
from live.pipelines import PUT
from ops.place import Aws, settings_there
from ops.repair.interrupt import finishing_on_interrupt
from ops.redrive.redrive import Redrive
from ops.repair.report import counts, lines, progress
from ops.warm.scan_progress import ScanProgress
from live.momento import Momento

console = Console(width=None if sys.stdout.isatty() or os.environ.get("COLUMNS") else 100)

Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON, for scripts.")]
Pipeline = Annotated[
    str | None,
    typer.Option(
        help="Which pipeline: its id or full name (default: the only one, else NAME_PREFIX)."
    ),
]
Rate = Annotated[
    int | None,
    typer.Option(min=1, help="Requests a second (default: the API destinations' rate limits)."),
]


def redrive(
    *,
    pipeline: Pipeline = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")
    ] = False,
    pipe: Annotated[
        str | None,
        typer.Option(help="Only this pipe's or rule's letters: its name, or cache-put ..."),
    ] = None,
    most: Annotated[
        int | None, typer.Option("--max", min=1, help="Look at so many letters at most.")
    ] = None,
    hold: Annotated[
        int,
        typer.Option(
            min=2, max=43_200, help="Seconds a letter stays hidden if this run is killed."
        ),
    ] = 60,
    aws: Aws = False,
    as_json: Json = False,
) -> None:
    """Replay the dead-letter queue: send what was given up, or the table's current state."""
    with (
        Deployment(settings_there(aws=aws, quiet=as_json), pipeline) as deployment,
        finishing_on_interrupt() as stop,
        Momento(rates=deployment.rates(), redirect=deployment.redirect, stop=stop) as sender,
        progress(console, "letters") as advance,
    ):
        only = None if pipe is None else deployment.chosen(pipe)
        summary = Redrive(
            deployment,
            sender,
            only=only,
            most=most,
            dry_run=dry_run,
            hold=hold,
            stop=stop,
            tell=lambda _, total: advance(total),
        ).run()
    if as_json:
        _print_json(summary.as_json())
    else:
        _tell_redrive(summary, hold)
    _end(complete=summary.complete, halted=summary.halted)


def warm(
    *,
    pipeline: Pipeline = None,
    segments: Annotated[
        int, typer.Option(min=1, max=64, help="Parts of the table that are read side by side.")
    ] = 4,
    rate: Rate = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an interrupted run ended.")
    ] = False,
    aws: Aws = False,
    as_json: Json = False,
) -> None:
    """Send every item of the table to the cache, as the cache-put pipe would."""
    with (
        Deployment(settings_there(aws=aws, quiet=as_json), pipeline) as deployment,
        finishing_on_interrupt() as stop,
        Momento(rates=deployment.rates(rate), redirect=deployment.redirect, stop=stop) as sender,
        progress(console, "items", deployment.table.about) as advance,
    ):
        file = _progress_file(deployment.name)
        identity = deployment.stream_arn
        places = (
            ScanProgress.resumed(file, identity=identity)
            if resume
            else ScanProgress(file, identity=identity, segments=segments)
        )
        summary = warm_up.Warm(
            deployment, sender, places, stop=stop, tell=lambda _: advance()
        ).run()
        name = deployment.pipes[PUT].name
    if as_json:
        _print_json(summary.as_json())
    else:
        counts(console, {name: summary.counts}, warm_up.OUTCOMES)
        lines(console, [(outcome, f"{key}: {why}") for outcome, key, why in summary.problems])
        if not summary.finished:
            console.print("Not finished; go on with ./help.sh warm --resume")
        _tell_not_final(summary.not_final)
    _end(complete=summary.complete, halted=summary.halted)


def verify(
    *,
    pipeline: Pipeline = None,
    sample: Annotated[
        int | None, typer.Option(min=1, help="Compare so many items only, chosen at random.")
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put right what is found wrong.")
    ] = False,
    rate: Rate = None,
    settle: Annotated[
        float,
        typer.Option(min=0.0, help="Seconds that a write gets to arrive before it is missed."),
    ] = check.SETTLE_SECONDS,
    wait: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=86_400,
            help="With --repair: seconds to look again while a pipe may deliver something older.",
        ),
    ] = check.WAIT_SECONDS,
    aws: Aws = False,
    as_json: Json = False,
) -> None:
    """Compare table and cache: in sync, stale, missing, left over; repair if asked to."""
    with (
        Deployment(settings_there(aws=aws, quiet=as_json), pipeline) as deployment,
        finishing_on_interrupt() as stop,
        Momento(rates=_with_reads(deployment, rate), redirect=deployment.redirect, stop=stop) as it,
        progress(console, "keys", deployment.table.about) as advance,
    ):
        summary = check.Verify(
            deployment,
            it,
            sample=sample,
            repair=repair,
            settle=settle,
            wait=wait,
            say=lambda text: print(text, file=sys.stderr),
            stop=stop,
            tell=lambda _: advance(),
        ).run()
    if as_json:
        _print_json(summary.as_json())
    else:
        _tell_verify(summary)
    _end(complete=summary.complete, halted=summary.halted)


def _with_reads(deployment: Deployment, rate: int | None) -> dict[str, int]:
    rates = deployment.rates(rate)
    return rates | {"GET": max(rates.values())}


def _progress_file(pipeline: str) -> Path:
    return Path(".cache") / f"warm-{pipeline}.json"  # help.sh runs in the project's folder


def _tell_redrive(summary: replay.Summary, hold: int) -> None:
    columns = replay.WORST_FIRST[::-1]
    pipes = sorted({one.pipe for one in summary.results if one.pipe})
    rows = {
        pipe: {str(outcome): summary.count(outcome, pipe) for outcome in columns} for pipe in pipes
    }
    total = {str(outcome): summary.count(outcome) for outcome in columns}
    if summary.dry_run:
        console.print("A dry run: nothing is sent, nothing is deleted.")
    if summary.results:
        counts(console, rows | {"all": total}, [str(outcome) for outcome in columns])
    else:
        console.print(f"No {'other ' if summary.hidden else ''}dead letter waits.")
    lines(
        console,
        [
            (str(one.outcome), " ".join(filter(None, (one.pipe, _record(one), one.why))))
            for one in summary.results
            if one.outcome is not replay.Outcome.SENT
        ],
    )
    if summary.hidden:
        console.print(
            f"{summary.hidden} more in the hands of another run, or of one that was killed: those"
            f" come back by themselves, after {hold} s unless its --hold said otherwise.",
            soft_wrap=True,
        )
    _tell_not_final(summary.not_final)
    if summary.interrupted:
        console.print("Interrupted; ./help.sh redrive goes on with what is left.")


def _record(one: replay.Result) -> str:
    if not one.sequence_number:
        return f"message {one.message_id}:"
    return f"{one.key} (record {one.sequence_number}):".lstrip()


def _tell_verify(summary: findings.Summary) -> None:
    counts(console, {"keys": summary.counts}, findings.STATES)
    lines(
        console,
        [
            (one.state, f"{one.key}{' - repaired' if one.repaired else ''} {one.why}".rstrip())
            for one in summary.findings
        ],
    )
    _tell_not_final(summary.not_final)
    if summary.counts[findings.MISSING]:
        console.print(
            "A missing item may have expired: Momento's HTTP API tells no TTL.", soft_wrap=True
        )
    if summary.unseen:
        console.print(f"Left over is not looked for: {summary.unseen}.", soft_wrap=True)
        return
    console.print(
        f"Left over can be seen for the {summary.removed_keys} removed keys that the stream still"
        " tells (24 hours); Momento lists no keys.",
        soft_wrap=True,
    )


def _tell_not_final(keys: int) -> None:
    if keys:
        console.print(
            f"May not be final for {keys} key{'s'[: keys > 1]}: a pipe that is behind can still"
            " deliver an older record. Once the pipes have caught up, ./help.sh verify --repair"
            " looks again.",
            soft_wrap=True,
        )


def _print_json(summary: dict[str, Any]) -> None:
    print(json.dumps(summary, indent=2, ensure_ascii=False))


def _end(*, complete: bool, halted: LiveError | None) -> None:
    if halted is not None:
        raise halted
    raise typer.Exit(0 if complete else 1)
