"""Run the states of a workflow, as Step Functions does."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from eventpipes.workflow import http_task
from eventpipes.workflow.execution import Trail
from eventpipes.workflow.expression import Scope
from eventpipes.workflow.http_task import HttpTask
from eventpipes.workflow.payload import Payload
from eventpipes.workflow.recovery import matches
from eventpipes.workflow.services import Services
from eventpipes.workflow.size import check_size
from eventpipes.workflow.state_error import (
    NO_CHOICE_MATCHED,
    QUERY_EVALUATION_ERROR,
    SOCKET,
    TIMEOUT,
    StateError,
)
from eventpipes.workflow.states import (
    Assign,
    Choice,
    Fail,
    Map,
    Pass,
    State,
    Succeed,
    Task,
    Workflow,
)
from eventpipes.workflow.variables import assigned

MAX_CONCURRENCY: Final = 40
"""At most so many iterations of an inline Map run at the same time."""
Variables = Mapping[str, Any]


class TimedOut(Exception):  # noqa: N818 - the status of the execution
    """The execution took too long."""


@dataclass(frozen=True)
class _Step:
    """The result of a state: its output, its new variables, and the next state or None."""

    output: Any
    assigned: Variables
    next: str | None


def timestamp(at: datetime) -> str:
    """Return a time as in the context object: without zeros at the end of the seconds."""
    text = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{at.microsecond // 1_000:03}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


@dataclass(frozen=True)
class Interpreter:
    """One execution: its services, its context, and the time when it must end.

    With `one_by_one`, the items of a Map are run one after the other, without asyncio.
    """

    services: Services
    context: Mapping[str, Any]
    _: KW_ONLY
    deadline: datetime
    region: str
    one_by_one: bool = False

    async def run(self, workflow: Workflow, input_: Any, variables: Variables, trail: Trail) -> Any:  # noqa: ANN401 - JSON
        """Return the output of a workflow's last state.

        Raises:
            StateError: a state failed and nothing caught the error.
            TimedOut: the execution took too long.

        """
        values = dict(variables)
        name: str | None = workflow.start
        while name is not None:
            step = await self._state(workflow.states[name], input_, values, trail)
            values.update(step.assigned)
            name, input_ = step.next, step.output
        return input_

    async def _state(self, state: State, input_: Any, variables: Variables, trail: Trail) -> _Step:  # noqa: ANN401
        kind = type(state).__name__
        entered = trail.note(f"{kind}StateEntered", name=state.name, input=input_)
        if entered >= self.deadline:
            raise TimedOut
        context = {
            **self.context,
            "State": {"EnteredTime": timestamp(entered), "Name": state.name},
        }
        scope = self._scope(variables, {"input": input_, "context": context})
        try:
            step = await self._enter(state, scope, trail)
            if step.output is not input_:
                check_size(step.output, f"the output of the state {state.name!r}")
        except StateError as error:
            if error.error == QUERY_EVALUATION_ERROR:
                trail.note(
                    "EvaluationFailed", state=state.name, error=error.error, cause=error.cause
                )
            raise
        details = {"assignedVariables": step.assigned} if step.assigned else {}
        trail.note(f"{kind}StateExited", name=state.name, output=step.output, **details)
        return step

    def _scope(self, variables: Variables, states: Mapping[str, Any]) -> Scope:
        return Scope(variables, states, self.services.now, self.services.random)

    async def _enter(self, state: State, scope: Scope, trail: Trail) -> _Step:
        match state:
            case Pass():
                return _leave(state, scope, scope.states["input"])
            case Choice():
                return _choose(state, scope)
            case Succeed():
                return _Step(_output(state.output, scope, scope.states["input"]), {}, None)
            case Fail():
                raise StateError(_text(state.error, scope), _text(state.cause, scope))
            case Map():
                results = await self._map(state, scope, trail)
                return _leave(state, _with(scope, result=results), results)
            case Task():
                return await self._task(state, scope, trail)

    async def _map(self, state: Map, scope: Scope, trail: Trail) -> list[Any]:
        items = scope.states["input"] if state.items is None else state.items.evaluate(scope)
        if not isinstance(items, list):
            raise StateError(
                QUERY_EVALUATION_ERROR,
                f"Items of the state {state.name!r} is not a list, but {items!r:.80}."
                " JSONata returns a value instead of a list with one value: write [ ] around it",
            )
        trail.note("MapStateStarted", length=len(items))

        async def iterate(index: int) -> Any:  # noqa: ANN401 - JSON
            branch = trail.branch()
            branch.note("MapIterationStarted", name=state.name, index=index)
            try:
                output = await self.run(state.processor, items[index], scope.variables, branch)
            except StateError:
                branch.note("MapIterationFailed", name=state.name, index=index)
                raise
            except asyncio.CancelledError:
                branch.note("MapIterationAborted", name=state.name, index=index)
                raise
            branch.note("MapIterationSucceeded", name=state.name, index=index)
            return output

        try:
            if self.one_by_one:
                results = [await iterate(index) for index in range(len(items))]
            else:
                most = min(state.max_concurrency or MAX_CONCURRENCY, MAX_CONCURRENCY, len(items))
                results = await _side_by_side(iterate, len(items), most)
        except StateError as error:
            trail.note("MapStateFailed", error=error.error, cause=error.cause)
            raise
        trail.note("MapStateSucceeded")
        return results

    async def _task(self, state: Task, scope: Scope, trail: Trail) -> _Step:
        attempts = [0] * len(state.retriers)
        while True:
            try:
                result = await self._attempt(state, scope, trail)
                return _leave(state, _with(scope, result=result), result)
            except StateError as error:
                delay = self._delay(state, error, attempts)
                if delay is None:
                    return _caught(state, scope, error)
                await self._sleep(delay)

    def _delay(self, state: Task, error: StateError, attempts: list[int]) -> float | None:
        """Return the seconds before the next attempt, or None if there is none.

        Only the first retrier that names the error is used, even after its last attempt.
        """
        for index, retrier in enumerate(state.retriers):
            if matches(retrier.errors, error.error):
                if attempts[index] >= retrier.max_attempts:
                    return None
                attempts[index] += 1
                chance = self.services.random() if retrier.jitter else 1.0
                return retrier.delay(attempts[index] - 1, chance)
        return None

    async def _sleep(self, seconds: float) -> None:
        left = self._left()
        await self.services.sleep(min(seconds, left))
        if seconds >= left or self._left() <= 0:
            raise TimedOut

    def _left(self) -> float:
        return max((self.deadline - self.services.now()) / timedelta(seconds=1), 0.0)

    async def _attempt(self, state: Task, scope: Scope, trail: Trail) -> Any:  # noqa: ANN401 - JSON
        """Call the task's service once, and return its result."""
        limit = _seconds(state, scope)
        left = self._left()
        try:
            result = await self._serve(state, scope, trail, min(limit, left))
        except StateError as error:
            if self._left() <= 0 or (error.error == TIMEOUT and left < limit):
                raise TimedOut from None
            if error.error == TIMEOUT and limit >= http_task.MAX_SECONDS:
                error = StateError(SOCKET, error.cause)
            kind = "TaskTimedOut" if error.error == TIMEOUT else "TaskFailed"
            if error.error != QUERY_EVALUATION_ERROR:
                trail.note(kind, error=error.error, cause=error.cause, **_called(state))
            raise error from None
        if self._left() <= 0:
            raise TimedOut
        trail.note("TaskSucceeded", output=result, **_called(state))
        check_size(result, f"the result of the state {state.name!r}")
        return result

    async def _serve(self, state: Task, scope: Scope, trail: Trail, timeout: float) -> Any:  # noqa: ANN401, ASYNC109 - the service keeps it
        service = state.service
        if isinstance(service, HttpTask):
            call = service.call(state.name, scope, timeout=timeout, region=self.region)
            parameters = {
                "ApiEndpoint": call.url,
                "Headers": call.headers,
                "Method": call.method,
                "RequestBody": call.body,
            }
            trail.note("TaskScheduled", parameters=parameters, **_called(state))
            trail.note("TaskStarted", **_called(state))
            return http_task.result(await self.services.http(call))
        url, body = service.message(scope)
        parameters = {"QueueUrl": url, "MessageBody": body}
        trail.note("TaskScheduled", parameters=parameters, **_called(state))
        trail.note("TaskStarted", **_called(state))
        return {"MessageId": await self.services.send_message(url, body)}


def _called(state: Task) -> dict[str, str]:
    type_, resource = state.service.resource
    return {"resourceType": type_, "resource": resource}


def _seconds(state: Task, scope: Scope) -> float:
    """Return how long one attempt of a task may take."""
    if state.timeout is None:
        return http_task.MAX_SECONDS
    seconds = state.timeout.evaluate(scope)
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds < 1:
        raise StateError(
            QUERY_EVALUATION_ERROR,
            f"TimeoutSeconds of the state {state.name!r} is {seconds!r}, not a number above 0",
        )
    return float(min(seconds, http_task.MAX_SECONDS))


def _with(scope: Scope, **members: object) -> Scope:
    return Scope(scope.variables, {**scope.states, **members}, scope.now, scope.random)


def _output(output: Payload | None, scope: Scope, default: Any) -> Any:  # noqa: ANN401 - JSON
    return default if output is None else output.evaluate(scope)


def _leave(state: Pass | Map | Task, scope: Scope, default: Any) -> _Step:  # noqa: ANN401 - JSON
    """Evaluate Assign and Output. Both read the old values of the variables."""
    return _Step(_output(state.output, scope, default), assigned(state.assign, scope), state.next)


def _choose(state: Choice, scope: Scope) -> _Step:
    for rule in state.rules:
        verdict = rule.condition.evaluate(scope)
        if not isinstance(verdict, bool):
            raise StateError(
                QUERY_EVALUATION_ERROR,
                f"The field '{rule.condition.place}' must be true or false, not {verdict!r:.80}",
            )
        if verdict:
            return _chosen(rule.output, rule.assign, scope, rule.next)
    if state.default is None:
        raise StateError(
            NO_CHOICE_MATCHED, f"no rule of the state {state.name!r} matches, and it has no Default"
        )
    return _chosen(state.output, state.assign, scope, state.default)


def _chosen(output: Payload | None, assign: Assign, scope: Scope, to: str) -> _Step:
    return _Step(_output(output, scope, scope.states["input"]), assigned(assign, scope), to)


def _caught(state: Task, scope: Scope, error: StateError) -> _Step:
    """Return the step of the first catcher that names the error, or raise the error."""
    for catcher in state.catchers:
        if matches(catcher.errors, error.error):
            shown = {"Error": error.error, "Cause": error.cause}
            return _chosen(
                catcher.output or _ERROR_OUTPUT,
                catcher.assign,
                _with(scope, errorOutput=shown),
                catcher.next,
            )
    raise error


def _text(text: Payload | None, scope: Scope) -> str:
    if text is None:
        return ""
    value = text.evaluate(scope)
    if not isinstance(value, str):
        raise StateError(QUERY_EVALUATION_ERROR, f"{text.place} is not text, but {value!r:.80}")
    return value


_ERROR_OUTPUT: Final = Payload("{% $states.errorOutput %}", "Output", ("errorOutput",))


async def _side_by_side(iterate: Callable[[int], Any], count: int, most: int) -> list[Any]:
    """Return the results of all iterations; at most `most` run at the same time.

    The first error stops the other iterations.
    """
    results: list[Any] = [None] * count
    waiting = iter(range(count))

    async def work() -> None:
        for index in waiting:
            results[index] = await iterate(index)

    workers = [asyncio.ensure_future(work()) for _ in range(most)]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
    return results
