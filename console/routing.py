"""Which routes a step is about: it names a pipe or a rule, and for a workflow the task."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from console.cell import DEAD_LETTER, FILTERED, UNDELIVERED
from live.route import Route
from live.workflow_route import WorkflowRoute

Step = Mapping[str, Any]
_TELLS_OF_ALL = (FILTERED, DEAD_LETTER, UNDELIVERED)


def route_id(route: Route) -> str:
    """Return the name by which the page knows a route.

    It is the pipe's or the rule's name; the routes of a workflow have their operation after it.
    """
    return f"{route.name}/{route.operation}" if isinstance(route, WorkflowRoute) else route.name


class Routing:
    """Finds the routes of a pipeline that a step is about."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = {route_id(route): route for route in routes}
        self._by_name: dict[str, list[str]] = {}
        self._behind: dict[str, list[str]] = {}
        self._by_state: dict[tuple[str, str], str] = {}
        for id_, route in self.routes.items():
            self._by_name.setdefault(route.name, []).append(id_)
            if route.reader.name != route.name:
                self._behind.setdefault(route.reader.name, []).append(id_)
            if isinstance(route, WorkflowRoute):
                self._by_state |= {(route.name, state): id_ for state in route.tasks}

    @property
    def names(self) -> set[str]:
        """The names of the pipes and rules whose steps are about a route."""
        return {*self._by_name, *self._behind}

    def of(self, step: Step) -> Sequence[str]:
        """Return the ids of the routes that a step is about.

        The last step of a pipe to a bus is about its rules only if it ends the record for all of
        them: the pipe's filter leaves the record out, or the pipe fails.
        """
        name, state = step.get("pipe", ""), step.get("state")
        if state and (route := self._by_state.get((name, state))):
            return [route]
        if name in self._by_name:
            return self._by_name[name]
        if step["kind"] == "ended" and step.get("outcome") not in _TELLS_OF_ALL:
            return []
        return self._behind.get(name, [])

    def unseen(self, step: Step) -> Sequence[str]:
        """Return the ids of the rules whose result nobody logs, if a step is the delivery to a bus.

        See AWS: rules have no execution logs. The local feed has the steps of each rule.
        """
        is_last = step["kind"] == "ended" and step.get("outcome") == "delivered"
        if "execution" not in step or not is_last:
            return []
        return self._behind.get(step.get("pipe", ""), [])

    def of_letter(self, arn: str, method: str | None) -> str | None:
        """Return the id of the route of a dead letter; None if it may be of several.

        `method` is that of the refused request, if the letter has it.
        """
        matching = [
            id_
            for id_, route in self.routes.items()
            if arn in route.arns and (method is None or route.method == method)
        ]
        exact = [id_ for id_ in matching if self.routes[id_].definition.arn == arn]
        chosen = exact if len(exact) == 1 else matching
        return chosen[0] if len(chosen) == 1 else None
