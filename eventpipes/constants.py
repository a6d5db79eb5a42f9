"""What Momento refuses of every request, or of the large ones: told before there is a record.

A definition holds constants: a TTL, a key, a part of an address, the text of a template. What they
say is judged as that of a request is; what only a record or a deploy tells is left out.
"""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from eventpipes.block import is_expression, with_expressions_as
from eventpipes.definition import Definition
from eventpipes.errors import EventPipesError, InvalidPath
from eventpipes.momento import MAX_MESSAGE_BYTES, MAX_TTL_SECONDS, Sent, bytes_of, refusals
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
"""Parts of a record that have a whole item in them."""


def refused_always(
    definition: Definition | RuleDefinition, *, max_ttl_seconds: int = MAX_TTL_SECONDS
) -> Iterator[str]:
    """Yield why Momento refuses what a pipe or a rule sends, as far as its constants tell.

    `max_ttl_seconds` is how long the account's caches keep an item.
    """
    known = _known(definition)
    if known is None:
        return
    is_message = known.service == "topics" and known.method == "POST"
    for one in refusals(known, max_ttl_seconds=max_ttl_seconds):
        if is_message and one.name == "too-large":
            yield (
                f"the message has {known.size:,} bytes or more, whatever the record holds, and a"
                f" topic takes {MAX_MESSAGE_BYTES:,}: Momento refuses each one. Send less"
            )
        else:
            yield one.text
    if is_message and known.size <= MAX_MESSAGE_BYTES and _has_item(definition):
        yield (
            f"the message holds a whole item: a topic takes {MAX_MESSAGE_BYTES:,} bytes, so a"
            " larger message is refused and its record becomes a dead letter. Name the attributes"
            " that subscribers need in the input template"
        )


def _known(definition: Definition | RuleDefinition) -> Sent | None:
    """Return what is known of each request, or nothing if it is not known where it goes."""
    destination = definition.destination
    address = urlsplit(_readable(destination.endpoint))
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
    return Sent(
        method=destination.method,
        service=service or "",
        names=names,
        query=query,
        size=_least_bytes(definition),
    )


_UNKNOWN = "\ue000"


def _readable(endpoint: str) -> str:
    return with_expressions_as(endpoint, _UNKNOWN)


def _constant(text: str, start: tuple[str, ...]) -> str | None:
    """Return what a parameter always is; an object in the place of a value is told as such.

    `start` is where a stream record stands in what a path reads.
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
    """Return a part of the address with its constants, or nothing if one is not known."""
    pieces = part.split("*")
    found = [next(values, None) for _ in pieces[1:]]
    if _UNKNOWN in part or any(one is None for one in found):
        return None
    return pieces[0] + "".join(
        f"{one}{piece}" for one, piece in zip(found, pieces[1:], strict=True)
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
        return None  # it is refused, or an expression makes it whole


def _has_item(definition: Definition | RuleDefinition) -> bool:
    """Say whether the body holds a whole item, whatever its size."""
    if not isinstance(definition, RuleDefinition):
        if definition.enriched or "stream" in (definition.unsupported or ""):
            return False  # it reads no stream record
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
