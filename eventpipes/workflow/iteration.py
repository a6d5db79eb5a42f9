"""The items of a Map, and running several iterations at the same time."""

import asyncio
from collections.abc import Callable
from typing import Any

from eventpipes.workflow.expression import Scope
from eventpipes.workflow.state_error import QUERY_EVALUATION_ERROR, StateError
from eventpipes.workflow.states import Map


def items_of(state: Map, scope: Scope) -> list[Any]:
    """Return the items of a Map; raise States.QueryEvaluationError if they are not a list."""
    items = scope.states["input"] if state.items is None else state.items.evaluate(scope)
    if not isinstance(items, list):
        raise StateError(
            QUERY_EVALUATION_ERROR,
            f"Items of the state {state.name!r} is not a list, but {items!r:.80}."
            " JSONata returns a value instead of a list with one value: write [ ] around it",
        )
    return items


async def side_by_side(iterate: Callable[[int], Any], count: int, most: int) -> list[Any]:
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
