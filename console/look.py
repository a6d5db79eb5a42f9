"""One look at an item: what the table has, what the cache has, and what the routes send for it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from eventpipes import Request
from eventpipes.operations import DELETE, PUT
from live.aws import asking_aws
from live.converge import Converger
from live.deployment import Deployment
from live.entry_state import IN_SYNC, state_of_entry, values_outside_the_table
from live.errors import LiveError
from live.items import Item
from live.momento.client import Momento, RefusedError, UnansweredError

UNKNOWN: Final = "unknown"
"""Stands for what could not be read."""
NO_PUT: Final = "No route of this pipeline puts items into a cache: there is nothing to compare."
Known = Item | None | str


@dataclass(frozen=True, kw_only=True)
class SeenItem:
    """What was seen. `table` and `cached` are `unknown` if they could not be read.

    `wanted` are the requests that correct the item's entries; `state` is the worst state of these
    entries.
    `problem` says why nothing is known, `refused` why no request can be made of the item.
    """

    key: Item
    table: Known = None
    cached: bytes | str | None = None
    wanted: Sequence[Request] = ()
    state: str = IN_SYNC
    problem: str = ""
    refused: str = ""

    @property
    def put(self) -> Request | None:
        """The request that puts the item into the cache."""
        return next((request for request in self.wanted if request.method == "PUT"), None)

    @property
    def ttl(self) -> int | None:
        """The time to live, in seconds, that Momento gets for the item."""
        return None if self.put is None else ttl_of(self.put.url)


def ttl_of(url: str) -> int | None:
    """Return the time to live in a request's URL, in seconds."""
    (text, *_) = parse_qs(urlsplit(url).query).get("ttl_seconds", [""])
    return int(text) if text.isdecimal() else None


class ItemLooker:
    """Looks at items of one pipeline; safe to use from several threads."""

    def __init__(self, deployment: Deployment, momento: Momento) -> None:
        self._deployment = deployment
        self._momento = momento
        self._converger = Converger(deployment, momento)
        put = deployment.pipes.get(PUT)
        self._incomparable = values_outside_the_table(put) if put is not None else None
        self._sends = PUT in deployment.pipes or DELETE in deployment.pipes
        self._puts = PUT in deployment.pipes
        self._read: dict[str, Sequence[Request]] = {}

    def look(self, key: Item, former: Request | None = None) -> SeenItem:
        """Read an item and its entry; whatever cannot be read is unknown.

        `former` is the last request that put an entry of the item. It tells where the entry is of
        an item that the routes leave out now.
        """
        name = repr(sorted(key.items()))
        try:
            with asking_aws(f"table {self._deployment.table.name}"):
                table = self._deployment.table.read(key)
        except LiveError as error:
            cached = self._fetched(self._read.get(name, ()))
            return SeenItem(key=key, table=UNKNOWN, cached=cached, problem=str(error))
        seen = SeenItem(key=key, table=table, cached=UNKNOWN)
        try:
            wanted = self._converger.wanted(key, table) if self._sends else ()
        except RefusedError as error:
            return replace(seen, refused=str(error))
        if not wanted and self._sends and former is not None:
            wanted = (former._replace(method="DELETE", body=""),)
        self._read[name] = wanted
        while len(self._read) > 1_000:  # noqa: PLR2004 - more than the page shows
            self._read.pop(next(iter(self._read)))
        seen = replace(seen, wanted=wanted)
        try:
            bodies = [self._momento.fetch(request) for request in wanted]
        except LiveError as error:
            return replace(seen, problem=_why(error))
        if wanted or not self._sends:  # else it is not known which entry it would be
            seen = replace(seen, cached=self._shown(wanted, bodies))
        if not wanted and table is not None and not self._puts:
            return replace(seen, problem=NO_PUT)
        if self._incomparable and seen.put is not None:
            return replace(seen, problem=self._incomparable)
        states = map(state_of_entry, wanted, bodies)
        return replace(seen, state=next((state for state in states if state != IN_SYNC), IN_SYNC))

    def _fetched(self, wanted: Sequence[Request]) -> bytes | str | None:
        if not wanted:
            return UNKNOWN
        try:
            return self._shown(wanted, [self._momento.fetch(request) for request in wanted])
        except LiveError:
            return UNKNOWN

    def _shown(self, wanted: Sequence[Request], bodies: Sequence[bytes | None]) -> bytes | None:
        """Return the entry that the page shows: that of the put, else one that is left over."""
        pairs = list(zip(wanted, bodies, strict=True))
        puts = [body for request, body in pairs if request.method == "PUT"]
        return puts[0] if puts else next((body for _, body in pairs if body is not None), None)


def _why(error: LiveError) -> str:
    silent = isinstance(error, UnansweredError)
    return f"Momento does not answer: {error}" if silent else str(error)


def cache_json(cached: bytes | str | None) -> Mapping[str, Any] | str | None:
    """Return what a cache holds for the page: text, or bytes as Base64."""
    if not isinstance(cached, bytes):
        return cached
    try:
        return {"text": cached.decode()}
    except UnicodeDecodeError:
        return {"binary": base64.b64encode(cached).decode()}
