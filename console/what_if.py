"""What if: run records through a route as it is deployed, and as it is edited, side by side."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from console.cause import why_filtered
from console.errors import ConsoleError
from console.expressions import with_expressions
from console.mapping_text import CannotSayError, mapping_text
from console.problem_place import with_place
from eventpipes import (
    EventPipesError,
    Filtered,
    Pipe,
    Rule,
    RuleDefinition,
    Unprocessable,
)
from live.items import is_record, key_text
from live.route import Route, RouteOutcome, requests_in
from live.workflow_route import WorkflowRoute, workflow_routes

MOST: Final = 500
"""Records that are run at once."""
FIELDS: Final = {"path": "path_parameters", "query": "query_string", "headers": "headers"}
"""The fields of a definition that the edited parameters change."""
Json = dict[str, Any]
Record = Mapping[str, Any]


def what_if(
    route: Route, edited: Mapping[str, Any], records: Iterable[Record], keys: Collection[str]
) -> Json:
    """Return what becomes of records in a route now, and with another definition.

    `edited` may have filters, template, parameters (path, query, headers), input_paths (of a rule)
    and expressions (of a workflow). `keys` are the attributes of the table's key. What changes its
    fate comes first. If the edited definition is not valid, there are problems, and nothing is run
    through it.

    Raises:
        ConsoleError: what is edited has another form than the route.

    """
    problems: list[str] = []
    new: Route | None = None
    try:
        new = edited_route(route, edited)
    except EventPipesError as error:
        problems.append(with_place(error, list(edited.get("filters", route.definition.filters))))
    rows = [_row(record, route, new) for record in list(records)[:MOST]]
    rows.sort(key=lambda row: not row["differs"])
    made = new or route
    text, reason = None, None
    try:
        text = mapping_text(made, keys) if new is not None else None
    except CannotSayError as error:
        reason = str(error)
    return {
        "rows": rows,
        "problems": problems,
        "changed": sum(row["differs"] for row in rows),
        "mapping": text,
        "no_mapping": reason,
        "json": json.dumps(definition_json(made), indent=2, ensure_ascii=False),
    }


def pasted(given: object) -> list[Record]:
    """Return the stream records that somebody pasted.

    Raises:
        ConsoleError: one of them is not a stream record.

    """
    records = given.get("Records", [given]) if isinstance(given, dict) else given
    if not isinstance(records, list):
        raise ConsoleError("records are a list of stream records, or one of them")
    for number, record in enumerate(records, 1):
        if not is_record(record):
            raise ConsoleError(
                f"record {number} is not a stream record: it needs eventName, and dynamodb with"
                " Keys and images of DynamoDB JSON"
            )
    return records


def definition_json(route: Route) -> Json:
    """Return the parts of a definition that can be edited, as AWS's API names them."""
    definition = route.definition
    if isinstance(route, WorkflowRoute):
        filters = [{"Pattern": text} for text in definition.filters]
        return {"Filters": filters, "Definition": json.loads(route.machine)}
    http = {
        "PathParameterValues": list(definition.path_parameters),
        "QueryStringParameters": dict(definition.query_string),
        "HeaderParameters": dict(definition.headers),
    }
    http = {name: value for name, value in http.items() if value}
    if isinstance(definition, RuleDefinition):
        transformer = {
            "InputPathsMap": dict(definition.input_paths),
            "InputTemplate": definition.input_template,
        }
        return {
            "EventPattern": definition.pattern,
            "InputTransformer": transformer,
            "HttpParameters": http,
        }
    return {
        "FilterCriteria": {"Filters": [{"Pattern": text} for text in definition.filters]},
        "InputTemplate": definition.input_template,
        "HttpParameters": http,
    }


def _row(record: Record, old: Route, new: Route | None) -> Json:
    before = _fate(old, record)
    after = before if new is None else _fate(new, record)
    return {
        "id": record.get("eventID", ""),
        "event_name": record.get("eventName", ""),
        "key": key_text(record["dynamodb"]["Keys"]),
        "old": before,
        "new": None if new is None else after,
        "differs": _sent(before) != _sent(after),
    }


def _sent(fate: Json) -> tuple[str, object]:
    """Return what makes two fates differ; the words about a filter do not."""
    return fate["state"], fate.get("requests")


def _fate(route: Route, record: Record) -> Json:
    outcome: RouteOutcome = route.process(record)
    if isinstance(outcome, Filtered):
        return {"state": "filtered", "text": why_filtered(route.explain(record))[0]}
    if isinstance(outcome, Unprocessable):
        return {"state": "refused", "text": outcome.reason}
    requests = requests_in(outcome)
    if not requests:
        return {"state": "filtered", "text": "nothing is sent"}
    return {
        "state": "sent",
        "text": f"{requests[0].method} {requests[0].url}",
        "request": requests[0].as_json(),
        "requests": [request.as_json() for request in requests],
    }


def edited_route(route: Route, edited: Mapping[str, Any]) -> Route:
    """Return the route with another definition; the engine checks it.

    Raises:
        ConsoleError: what is edited has another form than the route.
        EventPipesError: the definition is not valid.

    """
    _check(edited)
    parameters = edited.get("parameters") or {}
    changes = {field: parameters[name] for name, field in FIELDS.items() if name in parameters}
    filters = tuple(edited["filters"]) if "filters" in edited else None
    if isinstance(route, WorkflowRoute):
        if changes or edited.get("template") is not None:
            raise ConsoleError("a workflow's tasks have no template: edit their expressions")
        machine = with_expressions(route, edited.get("expressions") or {})
        target = replace(route.target, definition=machine)
        kept = route.reader.filters if filters is None else filters
        reader = replace(route.reader, state_machine=target, filters=kept)
        routes = workflow_routes(Pipe(reader), target)
        return next(candidate for candidate in routes if candidate.operation == route.operation)
    if edited.get("expressions"):
        raise ConsoleError("only a workflow has expressions: edit the template and the parameters")
    if "template" in edited:
        changes["input_template"] = edited["template"]
    if isinstance(route.definition, RuleDefinition):
        if filters is not None:
            if len(filters) != 1:
                raise ConsoleError("a rule has one event pattern: give one")
            changes["pattern"] = filters[0]
        if "input_paths" in edited:
            changes["input_paths"] = edited["input_paths"]
        rule = Rule(replace(route.definition, **changes))
        return Route(route.operation, Pipe(route.reader), rule)
    if filters is not None:
        changes["filters"] = filters
    return Route(route.operation, Pipe(replace(route.reader, **changes)))


def _check(edited: Mapping[str, Any]) -> None:
    """Raise for values of another type than the definition has."""
    filters, template = edited.get("filters", []), edited.get("template")
    if not isinstance(filters, list) or not all(isinstance(text, str) for text in filters):
        raise ConsoleError("filters are a list of texts, each the JSON of a pattern")
    if template is not None and not isinstance(template, str):
        raise ConsoleError("the template is a text, or null")
    parameters = edited.get("parameters") or {}
    path = parameters.get("path", []) if isinstance(parameters, dict) else None
    if not isinstance(path, list) or not all(isinstance(text, str) for text in path):
        raise ConsoleError("write parameters as path (a list of texts), query and headers")
    maps = [parameters.get("query", {}), parameters.get("headers", {})]
    maps += [edited.get("input_paths") or {}, edited.get("expressions") or {}]
    for texts in maps:
        if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
            raise ConsoleError(
                "query, headers, input_paths and expressions are objects of names and texts"
            )
