"""Why Momento refuses a request, of which some parts may be unknown.

See Momento: "HTTP API reference for Momento Cache", "Momento Cache service quotas" and "Momento
Topics service quotas". `doubts` checks finished requests, and `constants` checks definitions.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from eventpipes.outcome import Request

MAX_MESSAGE_BYTES: Final = 4_096
"""The largest message that a topic accepts. See Momento: "Topics service quotas"."""
MAX_ITEM_BYTES: Final = 5 * 1_024 * 1_024
"""The largest item, with its key, that a cache accepts. See Momento: "Cache service quotas"."""
MAX_TTL_SECONDS: Final = 86_400
"""How long Momento keeps an item with on-demand storage; provisioned storage has no limit."""
_TEN_YEARS: Final = 10 * 366 * 86_400
_LONG: Final = 15
"""A number of seconds with more digits is always too large."""


@dataclass(frozen=True, kw_only=True)
class RequestParts:
    """The known parts of a request; a part that depends on the record is None.

    `names` are the parts of the URL after `/cache/` or `/topics/`. `size` is the smallest possible
    size of the body, in bytes.
    """

    method: str
    service: str
    names: Sequence[str | None]
    query: Sequence[tuple[str, str | None]]
    size: int


@dataclass(frozen=True)
class Refusal:
    """Why Momento refuses a request: a name for the reason, and a sentence."""

    name: str
    text: str


def sent(request: Request) -> RequestParts:
    """Return the parts of a finished request, which are all known."""
    address = urlsplit(request.url)
    service, *names = address.path.removeprefix("/").split("/")
    return RequestParts(
        method=request.method,
        service=service,
        names=names,
        query=parse_qsl(address.query, keep_blank_values=True),
        size=bytes_of(request.body),
    )


def refusals(known: RequestParts, *, max_ttl_seconds: int = MAX_TTL_SECONDS) -> Iterator[Refusal]:
    """Yield why Momento refuses a request. Requests to other services are not checked.

    `max_ttl_seconds` is how long the account's caches keep an item.
    """
    if known.service not in ("cache", "topics"):
        return
    if "" in known.names:
        yield Refusal(
            "empty-name",
            "a part of the URL is empty: caches and topics have names at Momento",
        )
    if known.service == "cache":
        yield from _item(known, max_ttl_seconds)
    elif known.method == "POST" and known.size > MAX_MESSAGE_BYTES:
        yield Refusal(
            "too-large",
            f"the message has {known.size:,} bytes; a topic accepts {MAX_MESSAGE_BYTES:,}:"
            " publish fewer attributes",
        )


def _item(known: RequestParts, most: int) -> Iterator[Refusal]:
    query = dict(known.query)
    keys = [name for name in ("key", "key_base64") if name in query]
    if len(keys) != 1:
        yield Refusal(
            "no-key",
            f"it has {' and '.join(keys) or 'no key'}: Momento needs either key or key_base64",
        )
    for name in keys:
        if query[name] == "":
            yield Refusal("empty-key", f"{name} is empty: Momento refuses the request with 400")
    if known.method != "PUT":
        return
    if "ttl_seconds" not in query:
        yield Refusal("no-ttl", "it has no ttl_seconds: Momento refuses the request with 400")
    elif (ttl := query["ttl_seconds"]) is not None:
        yield from _ttl(ttl, most)
    size = known.size + sum(bytes_of(query[name] or "") for name in keys)
    if size > MAX_ITEM_BYTES:
        yield Refusal(
            "too-large", f"key and body have {size:,} bytes; a cache accepts {MAX_ITEM_BYTES:,}"
        )


def bytes_of(text: str) -> int:
    """Return the size of a text in a request, in bytes."""
    return len(text.encode("utf-8", "replace"))


def _ttl(text: str, most: int) -> Iterator[Refusal]:
    shown = text if len(text) <= 2 * _LONG else f"{text[: 2 * _LONG]}..."
    if not text:
        yield Refusal("no-ttl", "ttl_seconds is empty: Momento refuses the request with 400")
    elif not re.fullmatch(r"-?[0-9]+", text):
        yield Refusal(
            "no-ttl",
            f"ttl_seconds is {shown!r}, which is not a whole number of seconds:"
            " Momento refuses the request with 400",
        )
    elif text.startswith("-") or not text.strip("0"):
        yield Refusal(
            "no-ttl", f"ttl_seconds is {shown}: Momento keeps an item for at least 1 second"
        )
    elif len(text.lstrip("0")) > _LONG or int(text) > most:
        text_of_refusal = (
            f"ttl_seconds is {shown}: Momento keeps an item for at most {most:,} seconds"
            " (MOMENTO_MAX_TTL_SECONDS)"
        )
        if len(text.lstrip("0")) > _LONG or int(text) > _TEN_YEARS:
            text_of_refusal += "; it looks like a point in time, but it must be a duration"
        yield Refusal("long-ttl", text_of_refusal)
