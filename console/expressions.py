"""The expressions of a workflow's HTTP Tasks: by the task, and by the field of its arguments."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from console.errors import ConsoleError
from live.workflow_route import WorkflowRoute, http_tasks

SEPARATOR = " / "
"""Between a task's name and a field's path, such as `Put the entry / QueryParameters.key`."""
_FIXED = ("InvocationConfig", "Method")
"""Arguments that are not offered: what a task may call, and how, is not tried out."""


def expressions_of(route: WorkflowRoute) -> dict[str, str]:
    """Return the text of each field of the tasks that send the route's requests."""
    return {
        f"{name}{SEPARATOR}{'.'.join(path)}": value
        for name, arguments in route.tasks.items()
        for path, value in _leaves(arguments, ())
    }


def with_expressions(route: WorkflowRoute, edited: Mapping[str, str]) -> str:
    """Return the state machine's definition with other expressions.

    Raises:
        ConsoleError: there is no such field; the message says which there are.

    """
    machine = json.loads(route.machine)
    known = expressions_of(route)
    for place, text in edited.items():
        if place not in known:
            raise ConsoleError(
                f"there is no field {place!r} in the tasks; there are {', '.join(known)}"
            )
        for name, arguments in http_tasks(machine, route.method).items():
            _replace(arguments, name, place, text)
    return json.dumps(machine, ensure_ascii=False)


def _replace(arguments: dict[str, Any], task: str, place: str, text: str) -> None:
    for path, _ in list(_leaves(arguments, ())):
        if f"{task}{SEPARATOR}{'.'.join(path)}" == place:
            held: Any = arguments
            for step in path[:-1]:
                held = held[int(step) if isinstance(held, list) else step]
            held[int(path[-1]) if isinstance(held, list) else path[-1]] = text


def _leaves(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    match value:
        case str():
            yield path, value
        case dict():
            for name, inner in value.items():
                if path or name not in _FIXED:
                    yield from _leaves(inner, (*path, name))
        case list():
            for number, inner in enumerate(value):
                yield from _leaves(inner, (*path, str(number)))
