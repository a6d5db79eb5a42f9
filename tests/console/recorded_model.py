"""The models of recorded pipelines: what is deployed, as the page's server tells it."""

from typing import Any, Final

Json = dict[str, Any]
PUT, PUBLISH, DELETE = "cache-put", "topic-publish", "cache-delete"
TABLE: Final = "weather-stats-demo"
FILTER: Final = '{"eventName": ["INSERT", "MODIFY"]}'
TEMPLATE: Final = (
    '{"Location": <$.dynamodb.NewImage.Location.S>, "MaxTemp": <$.dynamodb.NewImage.MaxTemp.N>}'
)
URL: Final = "https://api.cache.cell-1-ap-southeast-2-1.prod.a.momentohq.com/cache/momento-cache"


def pipe(operation: str) -> str:
    """Return the name of a route."""
    return f"{TABLE}-{operation}-pipe"


def model(*names: str) -> Json:
    """Return the model of some pipelines: weather, orders (a workflow), sessions (a bus)."""
    makers = {"weather": weather, "orders": orders, "sessions": sessions}
    return {
        "stack": "momento-pipes",
        "cloud": "the local cloud at http://127.0.0.1:46461",
        "local": True,
        "page": "1",
        "pipelines": [makers[name]() for name in names or ("weather",)],
    }


def _node(kind: str, name: str, detail: str = "", label: str = "") -> Json:
    return {
        "id": f"{kind} {name}",
        "kind": kind,
        "name": name,
        "label": label or name,
        "detail": detail,
    }


def _places() -> list[Json]:
    return [
        _node("topic", "momento-eventbridge-topic", "topic of the cache momento-cache"),
        _node("cache", "momento-eventbridge-cache", "Momento cache"),
        _node("queue", f"{TABLE}-dlq"),
    ]


def _route(operation: str, id_: str, node: str) -> Json:
    is_topic = operation == PUBLISH
    methods = {PUT: "PUT", PUBLISH: "POST", DELETE: "DELETE"}
    filters = {PUT: [FILTER], PUBLISH: [], DELETE: ['{"eventName": ["REMOVE"]}']}
    query = {"key": "$.dynamodb.Keys.Location.S"}
    return {
        "id": id_,
        "operation": operation,
        "label": operation,
        "node": node,
        "method": methods[operation],
        "filters": filters[operation],
        "template": TEMPLATE if operation != DELETE else None,
        "parameters": {
            "path": [],
            "query": query | ({"ttl_seconds": "$.dynamodb.NewImage.TTL.N"} if not is_topic else {}),
            "headers": {"Content-Type": "application/json"},
        },
        "destination": {
            "kind": "topic" if is_topic else "cache",
            "name": "momento-cache",
            "endpoint": URL,
        },
        "queue": f"{TABLE}-dlq",
        "rate_limit": 300,
        "retries": 3,
    }


def _ends(route: str, operation: str, node: str) -> list[Json]:
    place = "topic momento-eventbridge-topic" if operation == PUBLISH else ""
    return [
        {
            "from": node,
            "to": place or "cache momento-eventbridge-cache",
            "on": "change",
            "route": route,
            "label": {PUT: "PUT", PUBLISH: "POST", DELETE: "DELETE"}[operation],
        },
        {"from": node, "to": f"queue {TABLE}-dlq", "on": "failure", "route": route},
    ]


EVENTS: Final = {PUBLISH: "every change", PUT: "INSERT, MODIFY", DELETE: "REMOVE"}


def _pipeline(name: str, topology: str, **parts: Any) -> Json:
    table = {
        "name": TABLE if name == "weather" else name,
        "key": [{"name": "Location", "type": "S", "role": "HASH"}],
        "view": "NEW_AND_OLD_IMAGES",
        "about": 24,
    }
    return {"name": name, "topology": topology, "table": table, "form": None} | parts


def weather() -> Json:
    """Return a pipeline of three pipes, with a form."""
    table = _node("table", TABLE, "stream: NEW_AND_OLD_IMAGES")
    nodes, edges, routes = [table], list[Json](), list[Json]()
    for operation, detail in EVENTS.items():
        node = _node("pipe", pipe(operation), detail, operation)
        nodes.append(node)
        edges.append({"from": table["id"], "to": node["id"], "on": "change"})
        edges += _ends(pipe(operation), operation, node["id"])
        routes.append(_route(operation, pipe(operation), node["id"]))
    fields: list[Json] = [
        {"name": "Location", "label": "Location", "type": "text", "maxlength": 512},
        {"name": "MaxTemp", "label": "Max", "type": "number", "unit": "°C"},
        {"name": "TTL", "label": "TTL", "type": "number", "unit": "s", "min": 1, "max": 86400},
    ]
    examples = ("Oslo", "21", "60")
    form = {
        "title": "Weather",
        "fields": [
            field | {"required": True, "example": example}
            for field, example in zip(fields, examples, strict=True)
        ],
        "actions": [
            {"id": "refused", "label": "One that Momento refuses", "help": "It has a TTL of 0."}
        ],
    }
    return _pipeline(
        "weather", "pipes", nodes=nodes + _places(), edges=edges, routes=routes, form=form
    )


def orders() -> Json:
    """Return a pipeline of one pipe and a workflow."""
    table = _node("table", "orders", "stream: NEW_AND_OLD_IMAGES")
    reader = _node("pipe", "orders-changes-pipe", "every change", "changes")
    machine = _node("workflow", "orders-changes", "Express state machine")
    edges: list[Json] = [
        {"from": table["id"], "to": reader["id"], "on": "change"},
        {"from": reader["id"], "to": machine["id"], "on": "change"},
        {"from": reader["id"], "to": f"queue {TABLE}-dlq", "on": "failure"},
    ]
    routes = []
    for operation in EVENTS:
        id_ = f"orders-changes-pipe/{operation}"
        edges += _ends(id_, operation, machine["id"])
        route = _route(operation, id_, machine["id"]) | {"template": None}
        routes.append(
            route | {"expressions": {"Put / QueryParameters.key": "{% $record.Keys.Id.S %}"}}
        )
    nodes = [table, reader, machine, *_places()]
    return _pipeline("orders", "workflow", nodes=nodes, edges=edges, routes=routes)


def sessions() -> Json:
    """Return a pipeline of a bus and rules."""
    table = _node("table", "sessions", "stream: NEW_AND_OLD_IMAGES")
    reader = _node("pipe", "sessions-changes-pipe", "every change", "changes")
    bus = _node("bus", "sessions-bus")
    edges: list[Json] = [
        {"from": table["id"], "to": reader["id"], "on": "change"},
        {"from": reader["id"], "to": bus["id"], "on": "change"},
    ]
    nodes, routes = [table, reader, bus], list[Json]()
    for operation, detail in EVENTS.items():
        id_ = f"sessions-{operation}-rule"
        rule = _node("rule", id_, detail, operation)
        nodes.append(rule)
        edges.append({"from": bus["id"], "to": rule["id"], "on": "change", "route": id_})
        edges += _ends(id_, operation, rule["id"])
        routes.append(
            _route(operation, id_, rule["id"]) | {"input_paths": {"key": "$.detail.dynamodb.Keys"}}
        )
    return _pipeline("sessions", "bus", nodes=nodes + _places(), edges=edges, routes=routes)
