"""The part of `warm` and `verify` that runs on AWS: start, follow, sum up, and compare again."""

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import KW_ONLY, dataclass
from threading import Event
from typing import Any, Final

import typer
from botocore.exceptions import ClientError

from live.aws import asking_aws
from live.converge import Converger
from live.deployment import Deployment
from live.output import console, print_json
from live.undelivered import UndeliveredRecords
from momento_pipes.bulk_settings import BulkSettings, advice, refusal
from ops.capacity.bulk import BulkLoad, RunKind
from ops.shared.bulk import estimate, lambda_runs, results
from ops.shared.bulk.map_runs import RUNNING, SUCCEEDED, MapRunProgress, MapRuns
from ops.shared.bulk.pace import Pace
from ops.shared.bulk.recheck import EVERY_SECONDS, BulkRecheck
from ops.shared.bulk.repair import repair
from ops.shared.bulk.results import RunFiles, SegmentTotals
from ops.shared.bulk.summary import BulkSummary, show
from ops.shared.cloud import settings_there
from ops.shared.errors import OpsError
from ops.shared.progress_bar import progress_bar
from ops.shared.repair.interrupt import finishing_on_interrupt
from ops.shared.repair.report import progress as bar_of
from ops.shared.repair.run import momento_of
from stacks.settings import Settings

LOOK_SECONDS: Final = 2.0
"""How often the command asks how far a run is."""
NO_ENDPOINT: Final = "https://api.cache.cell-us-east-1-1.prod.a.momentohq.com"
"""Stands for the endpoint in an estimate, which sends nothing."""
ITEM_BYTES: Final = 1_024
"""An item's size for the estimates without a table."""


def show_estimate(kind: RunKind, *, rate: int | None, as_json: bool) -> None:
    """Print what runs over tables of several sizes take, at a rate or at the settings' rate.

    Only the settings for rates are read, so the others may be missing. A rate over the account's
    limit has a warning: somebody may plan with a limit that Momento has not given yet.
    """
    given = Settings.load(MOMENTO_API_ENDPOINT=NO_ENDPOINT)
    settings = given.bulk_settings
    if rate is not None:
        settings = BulkSettings(rate=rate)
        problem = refusal(rate, given.cache_operations) or advice(rate, given.cache_operations)
        if problem:
            print(f"warning: --rate is {rate:,}: {problem}", file=sys.stderr)
    loads = [
        BulkLoad(kind=kind, items=size, item_bytes=ITEM_BYTES, settings=settings)
        for size in estimate.SIZES
    ]
    if as_json:
        print_json([estimate.as_json(load) for load in loads])
    else:
        estimate.show_sizes(loads)


def run(
    kind: RunKind,
    pipeline: str | None,
    *,
    aws: bool,
    as_json: bool,
    resume: bool,
    yes: bool,
    repair: bool = False,
) -> None:
    """Run on AWS, and end the command: exit code 1 if something is left to do.

    Raises:
        LiveError: BULK is not deployed, or AWS cannot be asked.
        OpsError: the run may not start, or there is nothing to resume.

    """
    settings = settings_there(aws=aws, quiet=as_json)
    with (
        Deployment(settings, pipeline) as deployment,
        finishing_on_interrupt() as stop,
        asking_aws(),
    ):
        run = _BulkRun(kind, settings, deployment, stop, quiet=as_json, yes=yes, repair=repair)
        summary = run.run(resume=resume)
    if as_json:
        print_json(summary.as_json())
    else:
        show(summary)
    raise typer.Exit(0 if summary.complete else 1)


@dataclass
class _BulkRun:
    kind: RunKind
    settings: Settings
    deployment: Deployment
    stop: Event
    _: KW_ONLY
    quiet: bool
    yes: bool
    repair: bool

    def __post_init__(self) -> None:
        self._runs = MapRuns.of(
            self.deployment.client("stepfunctions"),
            f"{self.deployment.name}-bulk-{self.kind}",
        )

    def run(self, *, resume: bool) -> BulkSummary:
        arn = self._runs.resume() if resume else self._start()
        begun = self._runs.describe(arn)
        since = begun["startDate"].timestamp()
        with self._recheck() as recheck, self._bar() as tell:
            done = since

            def pause() -> bool:
                nonlocal done
                if recheck is not None and time.time() - done > EVERY_SECONDS:
                    done = recheck.run(done)
                return self.stop.wait(LOOK_SECONDS)

            ended = self._runs.follow(arn, tell, pause)
            if ended is None:
                return BulkSummary(self.kind, RUNNING, SegmentTotals(), arn)
            summary = self._summary(arn, ended)
            if recheck is not None and summary.status == SUCCEEDED:  # else --resume does it
                recheck.run(done)
                summary.compared = recheck.compared
                summary.problems += recheck.problems
                undelivered = UndeliveredRecords(self.deployment)
                places = recheck.places_before(time.time() - undelivered.longest)
                summary.not_final = len(undelivered.until(places=places))
        if begun["status"] != RUNNING:
            summary.ended_ago = max(time.time() - begun["stopDate"].timestamp(), 0.0)
        if self.repair:
            self._repair(summary)
        return summary

    def _start(self) -> str:
        load = self._load()
        said = f"{self.kind} of {self.deployment.table.name}: {estimate.sentence(load)}"
        print(said, file=sys.stderr)
        if self.kind is RunKind.VERIFY:
            self._look_at_lambda(load.segments)
        if not self.yes:
            if not sys.stdin.isatty():
                raise OpsError("to start without a terminal, add --yes")
            if not typer.confirm("Start it?", err=True):
                raise typer.Exit(1)
        return self._runs.start(load.segments)

    def _look_at_lambda(self, segments: int) -> None:
        """Compare the calls at the same time with the account's limit, if it can be read."""
        functions = self.deployment.client("lambda")
        try:
            runs = min(self._runs.children(), segments)
            unreserved = lambda_runs.unreserved_runs(functions)
        except ClientError as error:
            print(
                "warning: the account's limit of concurrent Lambda runs cannot be read, so nobody"
                f" compared it: {error}; allow lambda:GetAccountSettings and"
                " states:DescribeStateMachine (docs/bulk.md)",
                file=sys.stderr,
            )
            return
        if problem := lambda_runs.refusal(runs, unreserved):
            raise OpsError(f"verify is not started: {problem}")
        if problem := lambda_runs.advice(runs, unreserved):
            print(f"warning: {problem}", file=sys.stderr)

    def _load(self) -> BulkLoad:
        table = self.deployment.table
        items = max(table.about, 1)
        return BulkLoad(
            kind=self.kind,
            items=items,
            item_bytes=max(table.size // items, 1),
            settings=self.settings.bulk_settings,
        )

    def _summary(self, arn: str, ended: Any) -> BulkSummary:  # noqa: ANN401 - boto3's
        files = self._files(arn)
        seconds = None
        if not self._runs.was_redriven(arn):
            seconds = (ended["stopDate"] - ended["startDate"]).total_seconds()
        return BulkSummary(
            self.kind,
            ended["status"],
            SegmentTotals() if files is None else SegmentTotals.of(files),
            arn,
            seconds,
            cause=results.explained(ended.get("error", ""), ended.get("cause", "")),
            asked_to_repair=self.repair,
        )

    def _files(self, arn: str) -> RunFiles | None:
        """Return where a run's results are; None if it has no Map run yet."""
        id_, (region, account) = self._runs.map_run_id(arn), arn.split(":")[3:5]
        if id_ is None:
            return None
        bucket = f"{self.deployment.name}-bulk-{account}-{region}"
        return RunFiles(self.deployment.client("s3"), bucket, id_)

    @contextmanager
    def _recheck(self) -> Iterator[BulkRecheck | None]:
        """Give what compares the keys that are written during a warm-up; None for verify."""
        if self.kind is RunKind.VERIFY:
            yield None
            return
        with (
            momento_of(self.deployment, self.stop) as momento,
            closing(BulkRecheck(self.deployment, momento, self.stop)) as recheck,
        ):
            yield recheck

    @contextmanager
    def _bar(self) -> Iterator[Any]:
        pace = Pace(self.deployment.table.about)
        with progress_bar() as bar:
            task = bar.add_task("segments", total=None)
            last = MapRunProgress()

            def tell(progress: MapRunProgress) -> None:
                nonlocal last
                text = f"segments, {progress.failed} failed{pace.text(progress)}"
                bar.update(
                    task, description=text, completed=progress.done, total=progress.total or None
                )
                if not console.is_terminal and not self.quiet and progress != last:
                    print(f"{progress.done} of {progress.total} {text}", file=sys.stderr)
                last = progress

            yield tell

    def _repair(self, summary: BulkSummary) -> None:
        files = self._files(summary.execution)
        if files is None:
            return
        with momento_of(self.deployment, self.stop) as momento, bar_of("keys") as advance:
            converger = Converger(self.deployment, momento)
            repair(
                summary,
                files,
                converger,
                undelivered=UndeliveredRecords(self.deployment),
                stop=self.stop,
                tell=lambda: advance(summary.wrong),
            )
