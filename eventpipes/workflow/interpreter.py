"""Run the states of a workflow, as Step Functions does."""

import asyncio
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from eventpipes.workflow import http_task
from eventpipes.workflow.distributed import DistributedMap
from eventpipes.workflow.execution import Trail, timestamp
from eventpipes.workflow.expression import Scope
from eventpipes.workflow.http_task import HttpTask
from eventpipes.workflow.iteration import items_of, side_by_side
from eventpipes.workflow.map_run import Child, MapRun, Position
from eventpipes.workflow.payload import Payload
from eventpipes.workflow.recovery import matches
from eventpipes.workflow.sdk_task import SdkTask
from eventpipes.workflow.services import Services
from eventpipes.workflow.size import check_size
from eventpipes.workflow.state_error import (
    NO_CHOICE_MATCHED,
    QUERY_EVALUATION_ERROR,
    SOCKET,
    TIMEOUT,
    StateError,
    TimedOut,
)
from eventpipes.workflow.states import (
    Assign,
    Choice,
    Fail,
    Map,
    Pass,
    State,
    StateGraph,
    Succeed,
    Task,
    Wait,
)
from eventpipes.workflow.variables import assigned

MAX_CONCURRENCY: Final = 40
"""The most iterations of an inline Map that run at the same time."""
EXPRESS_SECONDS: Final = 300
"""How long an execution of an Express workflow may take, in seconds."""
VariableValues = Mapping[str, Any]


@dataclass(frozen=True)
class _Step:
    """The result of a state: its output, its new variables, and the next state or None."""

    output: Any
    assigned: VariableValues
    next: str | None


@dataclass(frozen=True)
class Interpreter:
    """One execution: its services, its context, and the time when it must end.

    With `one_by_one`, the items of a Map are run one after the other, without asyncio. `map_runs`
    has the Map runs of an execution that is redriven, by the names of their states.
    """

    services: Services
    context: Mapping[str, Any]
    _: KW_ONLY
    deadline: datetime
    region: str
    one_by_one: bool = False
    map_runs: dict[str, MapRun] = field(default_factory=dict)

    async def run(
        self,
        workflow: StateGraph,
        input_: Any,  # noqa: ANN401 - JSON
        variables: VariableValues,
        trail: Trail,
        position: Position | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """Return the output of a workflow's last state.

        With a `position`, begin there if it has a state, and keep it up to date.

        Raises:
            StateError: a state failed and nothing caught the error.
            TimedOut: the execution took too long.

        """
        values = dict(variables)
        name: str | None = workflow.start
        if position is not None and position.state is not None:
            name, input_, values = position.state, position.input, dict(position.variables)
        while name is not None:
            if position is not None:
                position.state, position.input, position.variables = name, input_, dict(values)
            step = await self._state(workflow.states[name], input_, values, trail)
            values.update(step.assigned)
            name, input_ = step.next, step.output
        return input_

    async def _state(
        self,
        state: State,
        input_: Any,  # noqa: ANN401
        variables: VariableValues,
        trail: Trail,
    ) -> _Step:
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

    def _scope(self, variables: VariableValues, states: Mapping[str, Any]) -> Scope:
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
            case Wait():
                seconds = state.seconds.evaluate(scope)
                what = f"Seconds of the state {state.name!r}"
                await self._sleep(_whole_number(seconds, what, 0, "a whole number from 0"))
                return _leave(state, scope, scope.states["input"])
            case Map():
                return await self._iterated(state, scope, trail)
            case Task():
                return await self._task(state, scope, trail)

    async def _iterated(self, state: Map, scope: Scope, trail: Trail) -> _Step:
        run = self._map if state.distribution is None else self._distributed
        try:
            results = await run(state, scope, trail)
        except StateError as error:
            return _caught(state, scope, error)
        return _leave(state, _with(scope, result=results), results)

    async def _map(self, state: Map, scope: Scope, trail: Trail) -> list[Any]:
        items = items_of(state, scope)
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
                results = await side_by_side(iterate, len(items), most)
        except StateError as error:
            trail.note("MapStateFailed", error=error.error, cause=error.cause)
            raise
        trail.note("MapStateSucceeded")
        return results

    async def _distributed(self, state: Map, scope: Scope, trail: Trail) -> Any:  # noqa: ANN401 - JSON

        async def execute(run: MapRun, child: Child) -> Any:  # noqa: ANN401 - JSON
            execution = run.context_of(child)
            deadline = self.deadline
            if run.distribution.is_express and child.started is not None:
                deadline = min(deadline, child.started + timedelta(seconds=EXPRESS_SECONDS))
            context = {**self.context, "Execution": execution}
            inner = replace(self, context=context, deadline=deadline, map_runs={})
            trail = run.trail(self.services.now)
            return await inner.run(state.processor, child.input, {}, trail, child.position)

        distributed = DistributedMap(state, self.services, self.map_runs, execute)
        return await distributed.result(scope, trail, self.context["Execution"]["Id"])

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
        limit = _seconds(state, scope)
        left = self._left()
        try:
            result = await self._serve(state, scope, trail, min(limit, left))
        except StateError as error:
            if self._left() <= 0 or (error.error == TIMEOUT and left < limit):
                raise TimedOut from None
            is_http = isinstance(state.service, HttpTask)
            if is_http and error.error == TIMEOUT and limit >= http_task.MAX_SECONDS:
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
        if isinstance(service, SdkTask):
            arguments = service.call(scope)
            trail.note("TaskScheduled", parameters=arguments, **_called(state))
            trail.note("TaskStarted", **_called(state))
            return await self.services.call(service.arn, arguments, timeout)
        url, body = service.message(scope)
        parameters = {"QueueUrl": url, "MessageBody": body}
        trail.note("TaskScheduled", parameters=parameters, **_called(state))
        trail.note("TaskStarted", **_called(state))
        return {"MessageId": await self.services.send_message(url, body)}


def _whole_number(number: object, what: str, least: int, wanted: str) -> float:
    if isinstance(number, bool) or not isinstance(number, int) or number < least:
        raise StateError(QUERY_EVALUATION_ERROR, f"{what} is {number!r}, not {wanted}")
    return float(number)


def _called(state: Task) -> dict[str, str]:
    type_, resource = state.service.resource
    return {"resourceType": type_, "resource": resource}


def _seconds(state: Task, scope: Scope) -> float:
    service = state.service
    most = service.max_seconds if isinstance(service, SdkTask) else http_task.MAX_SECONDS
    if state.timeout is None:
        return most
    seconds = state.timeout.evaluate(scope)
    what = f"TimeoutSeconds of the state {state.name!r}"
    return min(_whole_number(seconds, what, 1, "a number above 0"), most)


def _with(scope: Scope, **members: object) -> Scope:
    return Scope(scope.variables, {**scope.states, **members}, scope.now, scope.random)


def _output(output: Payload | None, scope: Scope, default: Any) -> Any:  # noqa: ANN401 - JSON
    return default if output is None else output.evaluate(scope)


def _leave(state: Pass | Map | Task | Wait, scope: Scope, default: Any) -> _Step:  # noqa: ANN401 - JSON
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


def _caught(state: Map | Task, scope: Scope, error: StateError) -> _Step:
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
