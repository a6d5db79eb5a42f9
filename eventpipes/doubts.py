"""What is odd about a request: what Momento would refuse, and what a reader would misread.

Each doubt is a sentence. `simulate`, a review's samples and a page show them beside a request;
nothing is refused because of one.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from eventpipes.definition import Definition
from eventpipes.misread import misread, variables
from eventpipes.momento import MAX_TTL_SECONDS, bytes_of, refusals, sent
from eventpipes.outcome import Request
from eventpipes.path import MISSING, compile_path, is_path
from eventpipes.rule import RuleDefinition

MAX_HEADER_BYTES: Final = 8_192
"""What most servers take as a header; Momento publishes no number."""
_TYPES: Final = frozenset({"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})


def doubts(
    definition: Definition | RuleDefinition,
    record: Mapping[str, object],
    request: Request,
    *,
    max_ttl_seconds: int = MAX_TTL_SECONDS,
) -> list[str]:
    """Return what is odd about the request that a pipe or a rule's target makes of a record.

    `record` is what the target reads: a pipe's stream record, a rule's event. `max_ttl_seconds`
    is how long the account's caches keep an item.
    """
    return [
        *(one.text for one in refusals(sent(request), max_ttl_seconds=max_ttl_seconds)),
        *_not_carried(definition, request),
        *_not_there(definition, record),
        *misread(definition, record, request.body),
    ]


def _not_carried(definition: Definition | RuleDefinition, request: Request) -> Iterator[str]:
    for name in definition.headers:
        value = str(request.headers.get(name, ""))
        if not (value.isascii() and value.isprintable()):
            yield f"the header {name} holds characters that HTTP does not carry: {value!a}"
        if bytes_of(value) > MAX_HEADER_BYTES:
            yield f"the header {name} has more than {MAX_HEADER_BYTES:,} bytes: servers refuse it"


def _not_there(
    definition: Definition | RuleDefinition, record: Mapping[str, object]
) -> Iterator[str]:
    absent: dict[str, list[str]] = {}
    for reader, path in _reads(definition):
        if compile_path(path)(record) is not MISSING:
            continue
        above, _, kind = path.rpartition(".")
        attribute = compile_path(above)(record) if kind in _TYPES and above != "$" else MISSING
        others = [*attribute] if isinstance(attribute, dict) else []
        if others and set(others) <= _TYPES:
            yield (
                f"{reader} reads {above.rpartition('.')[2]} as {kind}, and in the record it is"
                f" {others[0]}: it becomes empty text ({path})"
            )
        else:
            absent.setdefault(reader, []).append(path)
    for reader, paths in absent.items():
        what = "a value that the record does not have, which becomes"
        if len(paths) > 1:
            what = f"{len(paths)} values that the record does not have, which become"
        yield f"{reader} reads {what} empty text: {', '.join(paths)}"


def _reads(definition: Definition | RuleDefinition) -> Iterator[tuple[str, str]]:
    """Yield each path that is read once, with what reads it."""
    found: dict[tuple[str, str], None] = {}
    for _, path in variables(definition):
        if path is not None:
            found["the template", path] = None
    for number, text in enumerate(definition.path_parameters, 1):
        found[f"path parameter {number}", text] = None
    for kind, parameters in (("query", definition.query_string), ("header", definition.headers)):
        for name, text in parameters.items():
            found[f"the {kind} parameter {name}", text] = None
    yield from ((reader, path) for reader, path in found if is_path(path))
