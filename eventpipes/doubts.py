"""What is odd about a request: what Momento would refuse, and what a reader would misread.

Each doubt is a sentence. `simulate`, a review's samples and a page show them beside a request;
nothing is refused because of one.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from eventpipes.definition import Definition
from eventpipes.misread import misread, variables
from eventpipes.outcome import Request
from eventpipes.path import MISSING, compile_path, is_path
from eventpipes.rule import RuleDefinition

MAX_MESSAGE_BYTES: Final = 4_096
"""What a topic takes as a message. See Momento: "Topics service quotas"."""
MAX_ITEM_BYTES: Final = 5 * 1_024 * 1_024
"""What a cache takes as an item with its key. See Momento: "Cache service quotas"."""
MAX_TTL_SECONDS: Final = 86_400
"""How long Momento keeps an item with on-demand storage; provisioned storage has no bound."""
MAX_HEADER_BYTES: Final = 8_192
"""What most servers take as a header; Momento publishes no number."""
_TEN_YEARS: Final = 10 * 366 * 86_400
_LONG: Final = 15
"""Digits of a number of seconds that is too large, whatever it is."""
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
        *_refused(request, max_ttl_seconds),
        *_not_carried(definition, request),
        *_not_there(definition, record),
        *misread(definition, record, request.body),
    ]


def _refused(request: Request, most: int) -> Iterator[str]:
    address = urlsplit(request.url)
    service, *names = address.path.removeprefix("/").split("/")
    if service not in ("cache", "topics"):
        return
    if not all(names):
        yield "a part of the address is empty: Momento knows no cache or topic without a name"
    size = _bytes(request.body)
    if service == "topics":
        if request.method == "POST" and size > MAX_MESSAGE_BYTES:
            yield (
                f"the message has {size:,} bytes; a topic takes {MAX_MESSAGE_BYTES:,}:"
                " publish fewer attributes"
            )
        return
    yield from _item_refused(request, dict(parse_qsl(address.query, keep_blank_values=True)), most)


def _item_refused(request: Request, query: Mapping[str, str], most: int) -> Iterator[str]:
    keys = [name for name in ("key", "key_base64") if name in query]
    if len(keys) != 1:
        yield f"it has {' and '.join(keys) or 'no key'}: Momento takes one of key and key_base64"
    for name in keys:
        if not query[name]:
            yield f"{name} is empty: Momento refuses the request with 400"
    if request.method != "PUT":
        return
    if "ttl_seconds" in query:
        yield from _ttl(query["ttl_seconds"], most)
    size = _bytes(request.body) + sum(_bytes(query[name]) for name in keys)
    if size > MAX_ITEM_BYTES:
        yield f"key and body have {size:,} bytes; a cache takes {MAX_ITEM_BYTES:,}"


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _ttl(text: str, most: int) -> Iterator[str]:
    shown = text if len(text) <= 2 * _LONG else f"{text[: 2 * _LONG]}..."
    if not text:
        yield "ttl_seconds is empty: Momento refuses the request with 400"
    elif not re.fullmatch(r"-?[0-9]+", text):
        yield (
            f"ttl_seconds is {shown!r}, which is no whole number of seconds:"
            " Momento refuses the request with 400"
        )
    elif text.startswith("-") or not text.strip("0"):
        yield f"ttl_seconds is {shown}: Momento keeps an item for 1 second at least"
    elif len(text.lstrip("0")) > _LONG or int(text) > most:
        told = f"ttl_seconds is {shown}: Momento keeps an item for {most:,} seconds at most"
        if len(text.lstrip("0")) > _LONG or int(text) > _TEN_YEARS:
            told += "; it looks like a point in time, and has to be a duration"
        yield told


def _not_carried(definition: Definition | RuleDefinition, request: Request) -> Iterator[str]:
    for name in definition.headers:
        value = str(request.headers.get(name, ""))
        if not (value.isascii() and value.isprintable()):
            yield f"the header {name} holds characters that HTTP does not carry: {value!a}"
        if _bytes(value) > MAX_HEADER_BYTES:
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
