"""The health of a pipeline's parts, for the header of the page."""

from collections.abc import Callable, Mapping
from typing import Any

from console.settings import ConsoleSettings
from live.deliveries import Feed
from live.deployment import Deployment
from live.health import CHECK_SECONDS, CHECK_SECONDS_ON_AWS, DOWN, OK, UNKNOWN, Health, PartState
from live.probes import probes
from live.workflow_route import WorkflowRoute

WARNING = "warning"


def health_of(
    settings: ConsoleSettings,
    deployment: Deployment,
    cache: str,
    on_change: Callable[[str, PartState], None],
) -> Health:
    """Return what asks the parts of a pipeline.

    Raises:
        LiveError: the environment names an unknown profile.

    """
    asked = probes(
        settings.stack.region,
        pipes=pipe_names(deployment),
        connections=connection_names(deployment),
        momento=settings.access(),
        cache=cache,
        feed=Feed(settings.feed) if settings.feed else None,
    )
    seconds = CHECK_SECONDS if settings.is_local else CHECK_SECONDS_ON_AWS
    return Health(asked, seconds=seconds, on_change=on_change)


def pipe_names(deployment: Deployment) -> list[str]:
    """Return the names of a pipeline's pipes."""
    return sorted({route.reader.name for route in deployment.routes})


def connection_names(deployment: Deployment) -> list[str]:
    """Return the names of the connections that its routes send with."""
    names: set[str] = set()
    for route in deployment.routes:
        if isinstance(route, WorkflowRoute):
            names |= {connection.name for connection in route.target.connections.values()}
        else:
            names.add(route.destination.connection.name)
    return sorted(names)


def health_json(parts: Mapping[str, PartState], deployment: Deployment) -> dict[str, Any]:
    """Return the parts for the page, each with a short text."""
    pipes = len(pipe_names(deployment))
    texts = {
        "aws": "AWS",
        "momento": "Momento",
        "runner": "Runner",
        "pipes": f"{pipes} pipe{'s' if pipes > 1 else ''} running",
        "connection": "Connection",
    }
    return {name: _part(part, texts.get(name, name)) for name, part in parts.items()}


def _part(part: PartState, text: str) -> dict[str, Any]:
    state = (
        WARNING if part.state == OK and part.note and "AWS runs" not in part.note else part.state
    )
    said = {OK: part.note or text, WARNING: f"{text}: {part.note}", UNKNOWN: f"{text}: not known"}
    return {
        "state": state,
        "text": part.problem if state == DOWN else said.get(state, text),
        "problem": part.problem,
        "since": part.since,
        "checked": part.checked,
        "milliseconds": part.milliseconds,
    }
