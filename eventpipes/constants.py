"""Find the requests that Momento refuses for every record, or for every large record.

The constants of a definition are checked: a TTL, a key, a part of the URL, the text of a template.
Values that depend on a record or on the deployment are not checked.
"""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from eventpipes.block import is_expression, with_expressions_as
from eventpipes.definition import Definition
from eventpipes.errors import EventPipesError, InvalidPath
from eventpipes.momento import MAX_MESSAGE_BYTES, MAX_TTL_SECONDS, RequestParts, bytes_of, refusals
from eventpipes.path import is_path, parse_path
from eventpipes.rule import RuleDefinition, variables
from eventpipes.stream_record import kind_of
from eventpipes.template import Template
from eventpipes.template_variables import PIPE

_IMAGES = (
    (),
    ("dynamodb",),
    ("dynamodb", "NewImage"),
    ("dynamodb", "OldImage"),
)
"""Parts of a record that contain a whole item."""


def refused_always(
    definition: Definition | RuleDefinition, *, max_ttl_seconds: int = MAX_TTL_SECONDS
) -> Iterator[str]:
    """Yield why Momento refuses the requests of a pipe or a rule, because of its constants.

    `max_ttl_seconds` is how long the account's caches keep an item.
    """
    known = _known(definition)
    if known is None:
        return
    is_message = known.service == "topics" and known.method == "POST"
    for refusal in refusals(known, max_ttl_seconds=max_ttl_seconds):
        if is_message and refusal.name == "too-large":
            yield (
                f"each message has {known.size:,} bytes or more, but a topic accepts only"
                f" {MAX_MESSAGE_BYTES:,}: Momento refuses every message. Send less"
            )
        else:
            yield refusal.text
    if is_message and known.size <= MAX_MESSAGE_BYTES and _has_item(definition):
        yield (
            "the message contains a whole item. A topic accepts messages of at most"
            f" {MAX_MESSAGE_BYTES:,} bytes: the record of a larger message becomes a dead letter."
            " In the input template, name only the attributes that subscribers need"
        )


def _known(definition: Definition | RuleDefinition) -> RequestParts | None:
    """Return the known part of each request, or None if the URL or the method is unknown."""
    destination = definition.destination
    address = urlsplit(with_expressions_as(destination.endpoint, _UNKNOWN))
    if not address.path or is_expression(destination.method):
        return None
    start = ("detail",) if isinstance(definition, RuleDefinition) else ()

    def constant(text: str) -> str | None:
        return _constant(text, start)

    values = iter(map(constant, definition.path_parameters))
    service, *names = (_filled(part, values) for part in address.path.removeprefix("/").split("/"))
    query = [
        (name, _filled(text, values))
        for name, text in parse_qsl(address.query, keep_blank_values=True)
    ]
    query += [(name, constant(text)) for name, text in definition.query_string.items()]
    query += [(name, constant(text)) for name, text in destination.connection.query_string.items()]
    return RequestParts(
        method=destination.method,
        service=service or "",
        names=names,
        query=query,
        size=_least_bytes(definition),
    )


_UNKNOWN = "\ue000"


def _constant(text: str, start: tuple[str, ...]) -> str | None:
    """Return a parameter's constant value; for a path to an object, the path in braces.

    `start` are the steps of a path before the stream record.
    """
    if is_path(text):
        try:
            steps = parse_path(text)
        except InvalidPath:
            return None
        is_record = steps[: len(start)] == start
        return f"{{{text}}}" if is_record and kind_of(steps[len(start) :]) == "object" else None
    return None if is_expression(text) else text


def _filled(part: str, values: Iterator[str | None]) -> str | None:
    """Return a part of the URL with its constants, or None if one of them is unknown."""
    pieces = part.split("*")
    constants = [next(values, None) for _ in pieces[1:]]
    if _UNKNOWN in part or None in constants:
        return None
    return pieces[0] + "".join(
        f"{constant}{piece}" for constant, piece in zip(constants, pieces[1:], strict=True)
    )


def _least_bytes(definition: Definition | RuleDefinition) -> int:
    if isinstance(definition, RuleDefinition) and definition.constant_input is not None:
        return bytes_of(with_expressions_as(definition.constant_input, ""))
    template = _template(definition)
    return 0 if template is None else template.least_bytes


def _template(definition: Definition | RuleDefinition) -> Template | None:
    text = with_expressions_as(definition.input_template or "", "")
    try:
        if isinstance(definition, RuleDefinition):
            return Template(text, variables(definition)) if text else None
        return Template(text) if text else None
    except EventPipesError:
        return None  # it is invalid, or an expression completes it


def _has_item(definition: Definition | RuleDefinition) -> bool:
    if not isinstance(definition, RuleDefinition):
        if definition.enriched or "stream" in (definition.unsupported or ""):
            return False  # the target gets no stream record
        if definition.input_template is None:
            return True
        template = _template(definition)
        return template is not None and any(
            name in PIPE.whole or _is_item(name) for name in template.names
        )
    if definition.constant_input is not None:
        return False
    if definition.input_template is None:
        return _is_item_of_event(definition.input_path or "$")
    template = _template(definition)
    return template is not None and any(
        name == "aws.events.event.json" or _is_item_of_event(definition.input_paths.get(name, ""))
        for name in template.names
    )


def _is_item(path: str) -> bool:
    return path.startswith("$") and parse_path(path) in _IMAGES


def _is_item_of_event(path: str) -> bool:
    try:
        steps = parse_path(path)
    except InvalidPath:
        return False
    return not steps or (steps[0] == "detail" and steps[1:] in _IMAGES)
