"""Run a distributed Map: its children, until all are done or too many have failed."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

from eventpipes.workflow import map_run
from eventpipes.workflow.distribution import MAX_CONCURRENCY
from eventpipes.workflow.execution import Trail
from eventpipes.workflow.expression import Scope
from eventpipes.workflow.iteration import items_of, side_by_side
from eventpipes.workflow.map_run import Child, MapRun, Position
from eventpipes.workflow.services import Services, TaskError
from eventpipes.workflow.state_error import StateError, TimedOut
from eventpipes.workflow.states import Map

Execute: TypeAlias = Callable[[MapRun, Child], Coroutine[Any, Any, Any]]
"""Runs a child execution and returns its output."""


@dataclass(frozen=True)
class DistributedMap:
    """A state with its Map run. `map_runs` has that of an execution that is redriven."""

    state: Map
    services: Services
    map_runs: dict[str, MapRun]
    execute: Execute

    async def result(self, scope: Scope, trail: Trail, execution_arn: str) -> Any:  # noqa: ANN401 - JSON
        """Run the children that are left, and return the Map's result.

        Raises:
            StateError: the items cannot be read, the results cannot be written, or too many
                children have failed.

        """
        run = self.map_runs.get(self.state.name)
        if run is None:
            run = await self._started(scope, trail, execution_arn)
        else:
            run.redrive()
            trail.note("MapRunRedriven", mapRunArn=run.arn, redriveCount=run.redrives)
        self.services.map_run(run)
        try:
            await self._run(run)
        except StateError as error:
            trail.note("MapRunFailed", error=error.error, cause=error.cause)
            trail.note("MapStateFailed", error=error.error, cause=error.cause)
            raise
        finally:
            try:
                result = await self._written(run, scope)
            finally:
                self.services.map_run(run)
        trail.note("MapRunSucceeded")
        trail.note("MapStateSucceeded")
        return result

    async def _started(self, scope: Scope, trail: Trail, execution_arn: str) -> MapRun:
        distribution = self.state.distribution
        assert distribution is not None
        items = await self._items(scope)
        concurrency = self.state.max_concurrency or MAX_CONCURRENCY
        run = MapRun(execution_arn, distribution, concurrency)
        run.add(map_run.inputs_of(distribution, items, scope))
        self.map_runs[self.state.name] = run
        trail.note("MapStateStarted", length=len(items))
        trail.note("MapRunStarted", mapRunArn=run.arn)
        return run

    async def _items(self, scope: Scope) -> list[Any]:
        reader = self.state.distribution.reader if self.state.distribution else None
        if reader is None:
            return items_of(self.state, scope)
        try:
            bucket, key = reader.bucket.evaluate(scope), reader.key.evaluate(scope)
            return reader.items(await self.services.read_object(bucket, key))
        except (TaskError, ValueError) as error:
            raise StateError(map_run.READER_FAILED, str(error)) from None

    async def _run(self, run: MapRun) -> None:
        left = run.left
        most = min(run.concurrency, MAX_CONCURRENCY, len(left))
        try:
            await side_by_side(lambda index: self._child(run, left[index]), len(left), most)
        except StateError:
            run.status = map_run.FAILED
            raise
        except BaseException:
            run.status = map_run.ABORTED
            raise
        run.status = map_run.SUCCEEDED

    async def _child(self, run: MapRun, child: Child) -> None:
        """Run a child. It fails the Map run if too many have failed."""
        run.mark(child, map_run.RUNNING)
        child.started = self.services.now()
        self.services.map_run(run)
        try:
            child.output = await self.execute(run, child)
        except StateError as error:
            child.error, child.cause = error.error, error.cause
            run.mark(child, map_run.FAILED)
        except TimedOut:
            run.mark(child, map_run.TIMED_OUT)
        except BaseException:
            run.mark(child, map_run.ABORTED)
            raise
        else:
            child.error = child.cause = None
            child.position = Position()
            run.mark(child, map_run.SUCCEEDED)
        finally:
            child.stopped = self.services.now()
            self.services.map_run(run)
        if run.is_over:
            raise StateError(
                map_run.EXCEEDED, "The specified tolerated failure threshold was exceeded"
            )

    async def _written(self, run: MapRun, scope: Scope) -> Any:  # noqa: ANN401 - JSON
        """Write the results if there is a ResultWriter, and return the Map's result."""
        writer = run.distribution.writer
        if writer is None:
            return [child.output for child in run.children]
        results = run.written(writer, scope)
        try:
            for key, content in results.files.items():
                await self.services.write_object(results.bucket, key, content)
        except TaskError as error:
            raise StateError(map_run.WRITER_FAILED, str(error)) from None
        return {
            "MapRunArn": run.arn,
            "ResultWriterDetails": {"Bucket": results.bucket, "Key": results.key},
        }
