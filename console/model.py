"""What is deployed, as the page draws it: nodes, edges and routes of a pipeline."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from console.expressions import expressions_of
from console.form import Form
from console.receiver import receiver_of
from console.routing import route_id
from eventpipes import RuleDefinition
from eventpipes.operations import OPERATIONS
from live.deployment import Deployment
from live.route import Route
from live.workflow_route import WorkflowRoute
from momento_pipes.topology import topology_of

Json = dict[str, Any]


def pipeline_json(deployment: Deployment, form: Form | None = None) -> Json:
    """Return a pipeline for the page."""
    routes = sorted(deployment.routes, key=lambda route: OPERATIONS.index(route.operation))
    table = deployment.table
    graph = _Graph(deployment, routes)
    return {
        "name": deployment.name,
        "topology": topology_of(route.reader for route in routes),
        "table": {
            "name": table.name,
            "view": table.view,
            "about": table.about,
            "key": [
                {"name": name, "type": table.types.get(name, "S"), "role": role}
                for name, role in zip(table.keys, ("HASH", "RANGE"), strict=False)
            ],
        },
        "nodes": list(graph.nodes.values()),
        "edges": graph.edges,
        "routes": [_route_json(route, graph.node_of[route_id(route)]) for route in routes],
        "form": None if form is None else form_json(form),
    }


def broken_pipeline(name: str, problem: str) -> Json:
    """Return a pipeline that cannot be read, with the reason."""
    empty: Json = {"nodes": [], "edges": [], "routes": [], "form": None}
    return {"name": name, "topology": "pipes", "table": None, "problem": problem} | empty


def form_json(form: Form) -> Json:
    """Return a form for the page."""
    return {
        "title": form.title,
        "fields": [field.as_json() for field in form.fields],
        "actions": [asdict(action) for action in form.actions],
    }


def _route_json(route: Route, node: str) -> Json:
    definition, sent = route.definition, receiver_of(route)
    is_workflow = isinstance(route, WorkflowRoute)
    parameters = {
        "path": list(definition.path_parameters),
        "query": dict(definition.query_string),
        "headers": dict(definition.headers),
    }
    values: Json = {
        "id": route_id(route),
        "operation": route.operation,
        "label": route.operation,
        "node": node,
        "method": route.method,
        "filters": list(definition.filters),
        "template": None if is_workflow else definition.input_template,
        "parameters": parameters,
        "destination": {"kind": sent.kind, "name": sent.name, "endpoint": sent.endpoint},
        "queue": next((arn.rsplit(":", 1)[1] for arn in sorted(route.queues)), None),
        "rate_limit": route.rate_limit,
        "retries": _retries(route),
    }
    if isinstance(definition, RuleDefinition):
        values["input_paths"] = dict(definition.input_paths)
    if isinstance(route, WorkflowRoute):
        values["expressions"] = expressions_of(route)
    return values


def _retries(route: Route) -> int | None:
    if isinstance(route.definition, RuleDefinition):
        return route.definition.maximum_retry_attempts
    most = route.definition.source.maximum_retry_attempts
    return None if most == -1 else most


class _Graph:
    """The nodes by id and the edges between them, as they are deployed."""

    def __init__(self, deployment: Deployment, routes: list[Route]) -> None:
        self.nodes: dict[str, Json] = {}
        self.edges: list[Json] = []
        self.node_of: dict[str, str] = {}
        table = deployment.table
        self._table = self._node("table", table.name, detail=f"stream: {table.view}")
        for route in routes:
            self._route(route)

    def _route(self, route: Route) -> None:
        id_, sent = route_id(route), receiver_of(route)
        sender = self._sender(route)
        self.node_of[id_] = sender
        where = f"topic of the cache {sent.cache}" if sent.topic else "Momento cache"
        place = self._node(sent.kind, sent.name, detail=where)
        self._edge(sender, place, route=id_, label=route.method)
        for arn in sorted(route.queues):
            queue = self._node("queue", arn.rsplit(":", 1)[1])
            for failing in self._failing(route, sender, arn):
                self._edge(failing, queue, route=id_, on="failure")

    def _sender(self, route: Route) -> str:
        """Add what is between the table and the destination; return what sends."""
        reader = route.reader
        pipe = self._node("pipe", reader.name, label=_label(reader.name), detail=_events(reader))
        self._edge(self._table, pipe)
        if isinstance(route, WorkflowRoute):
            target = route.target
            machine = self._node("workflow", target.name, detail="Express state machine")
            self._edge(pipe, machine)
            return machine
        if isinstance(route.definition, RuleDefinition):
            assert reader.event_bus is not None
            bus = self._node("bus", reader.event_bus.name)
            self._edge(pipe, bus)
            rule = self._node("rule", route.name, label=route.operation, detail=_events(route))
            self._edge(bus, rule, route=route_id(route))
            return rule
        self.nodes[pipe]["label"] = route.operation
        return pipe

    def _failing(self, route: Route, sender: str, arn: str) -> Iterator[str]:
        """Yield the nodes that send what failed to a queue."""
        pipe = f"pipe {route.reader.name}"
        if route.reader.source.dead_letter_queue_arn == arn:
            yield pipe
        if sender != pipe:
            own = getattr(route.definition, "dead_letter_queue_arn", arn)
            if own == arn:
                yield sender

    def _node(self, kind: str, name: str, *, label: str = "", detail: str = "") -> str:
        id_ = f"{kind} {name}"
        self.nodes.setdefault(
            id_, {"id": id_, "kind": kind, "name": name, "label": label or name, "detail": detail}
        )
        return id_

    def _edge(
        self, start: str, end: str, *, route: str = "", label: str = "", on: str = "change"
    ) -> None:
        edge: Json = {"from": start, "to": end, "on": on}
        edge |= {"route": route} if route else {}
        edge |= {"label": label} if label else {}
        if edge not in self.edges:
            self.edges.append(edge)


def _label(name: str) -> str:
    """Return the last words of a pipe's name, which say what it does."""
    short = name.removesuffix("-pipe")
    for word in (*OPERATIONS, "changes"):
        if short.endswith(f"-{word}"):
            return word
    return name


def _events(of: Any) -> str:  # noqa: ANN401 - a definition or a route
    """Say which changes the filters take, as far as they name events."""
    filters = of.definition.filters if isinstance(of, Route) else of.filters
    if not filters:
        return "every change"
    names = {name for text in filters for name in _event_names(json.loads(text))}
    return ", ".join(name for name in ("INSERT", "MODIFY", "REMOVE") if name in names) or "filtered"


def _event_names(pattern: object) -> Iterator[str]:
    """Yield the values of each `eventName` in a pattern, also in those of `$or`."""
    if isinstance(pattern, list):
        for part in pattern:
            yield from _event_names(part)
    if not isinstance(pattern, Mapping):
        return
    for name, value in pattern.items():
        if name == "eventName" and isinstance(value, list):
            yield from (event for event in value if isinstance(event, str))
        else:
            yield from _event_names(value)
