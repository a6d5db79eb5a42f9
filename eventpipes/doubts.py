"""Doubts about a request: Momento would refuse it, or a reader would misread its body.

Each doubt is a sentence. `simulate`, a review's samples and the page show it next to the request.
The request is still sent.
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
"""The longest header that most servers accept. Momento does not publish its limit."""
_TYPES: Final = frozenset({"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"})


def doubts(
    definition: Definition | RuleDefinition,
    record: Mapping[str, object],
    request: Request,
    *,
    max_ttl_seconds: int = MAX_TTL_SECONDS,
) -> list[str]:
    """Return the doubts about the request that a pipe or a rule makes of a record.

    `record` is the stream record of a pipe, or the event of a rule. `max_ttl_seconds` is how long
    the account's caches keep an item.
    """
    return [
        *(refusal.text for refusal in refusals(sent(request), max_ttl_seconds=max_ttl_seconds)),
        *_invalid_headers(definition, request),
        *_missing_values(definition, record),
        *misread(definition, record, request.body),
    ]


def _invalid_headers(definition: Definition | RuleDefinition, request: Request) -> Iterator[str]:
    for name in definition.headers:
        value = str(request.headers.get(name, ""))
        if not (value.isascii() and value.isprintable()):
            yield f"the header {name} has characters that HTTP does not allow: {value!a}"
        if bytes_of(value) > MAX_HEADER_BYTES:
            yield f"the header {name} has more than {MAX_HEADER_BYTES:,} bytes: servers refuse it"


def _missing_values(
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
                f"{reader} reads {above.rpartition('.')[2]} as {kind}, but in the record it has"
                f" the type {others[0]}: it becomes empty text ({path})"
            )
        else:
            absent.setdefault(reader, []).append(path)
    for reader, paths in absent.items():
        values = "a value that is not in the record and becomes"
        if len(paths) > 1:
            values = f"{len(paths)} values that are not in the record and become"
        yield f"{reader} reads {values} empty text: {', '.join(paths)}"


def _reads(definition: Definition | RuleDefinition) -> Iterator[tuple[str, str]]:
    """Yield each path once for each part that reads it, after the name of the part."""
    reads: dict[tuple[str, str], None] = {}
    for _, path in variables(definition):
        if path is not None:
            reads["the template", path] = None
    for number, text in enumerate(definition.path_parameters, 1):
        reads[f"path parameter {number}", text] = None
    for kind, parameters in (("query", definition.query_string), ("header", definition.headers)):
        for name, text in parameters.items():
            reads[f"the {kind} parameter {name}", text] = None
    yield from ((reader, path) for reader, path in reads if is_path(path))
