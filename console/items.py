"""The items on the page: those that changed last, and others of the table while there is room."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final

from console.cell import DELIVERED
from console.change import Change
from console.form import Form
from console.look import UNKNOWN, ItemLooker, SeenItem, cache_json
from console.routing import Routing
from console.store import ChangeStore
from console.verdict import ABSENT, ON_ITS_WAY, verdict
from eventpipes import Request
from eventpipes.operations import PUBLISH
from live.aws import asking_aws
from live.deployment import Deployment
from live.entry_state import IN_SYNC
from live.items import Item, key_text
from live.momento.client import Momento

SHOWN: Final = 50
LOOK_AGAIN_SECONDS: Final = (0.0, 0.3, 1.0, 2.5)
"""Seconds after which an item is looked at, once something happened to it."""
REFRESH_SECONDS: Final = 5.0
SOON_SECONDS: Final = 1.0
"""When an item that is on its way is looked at again."""
LATE_SECONDS: Final = 2.5
"""How much later than usual an item may be looked at again. Then nothing is known of it."""
_EXPIRED_AFTER: Final = 0.3
Json = dict[str, Any]
Tell = Callable[[str, Any], None]


class Items:
    """Looks at the items of one pipeline and tells what changes; `run` is its thread.

    `lock` is the lock of the store. `solved` is called when the table could be listed.
    """

    def __init__(
        self,
        deployment: Deployment,
        momento: Momento,
        routing: Routing,
        store: ChangeStore,
        *,
        form: Form | None,
        lock: threading.RLock,
        tell: Tell,
        solved: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._form, self._lock, self._tell = store, form, lock, tell
        self._solved = solved
        self._shown: dict[str, Json] = {}  # the one touched last comes last
        self._due: dict[str, tuple[Item, list[float]]] = {}
        self._touched: dict[str, float] = {}
        self._looked: dict[str, float] = {}  # when a look at an item ended, on the clock below
        self._round = 0.0  # how long it took to look at all of them
        self._told_more: Json | None = None
        self._more = False
        self._news = threading.Event()
        self._refresh = 0.0
        self.use(deployment, momento, routing)

    def use(self, deployment: Deployment, momento: Momento, routing: Routing) -> None:
        """Work with what is deployed now."""
        self._table = deployment.table
        self._looker = ItemLooker(deployment, momento)
        self._cache_routes = {
            id_ for id_, route in routing.routes.items() if route.operation != PUBLISH
        }
        self._refresh = 0.0

    def state(self) -> list[tuple[str, Any]]:
        """Return the events that make up the current state."""
        self.doubt_old()
        events: list[tuple[str, Any]] = [("item", item) for item in self._shown.values()]
        return [*events, ("more-items", self._how_many())]

    def touch(self, key: Item, *, written: bool = False) -> None:
        """Look at an item now, and again a little later: the routes need a moment."""
        id_, now = item_id(key), time.time()
        with self._lock:
            if id_ in self._shown:
                self._shown[id_] = self._shown.pop(id_)
            if written:
                self._touched[id_] = now
            later = self._due.get(id_, (key, []))[1][-1:]
            due = [now + seconds for seconds in LOOK_AGAIN_SECONDS]
            self._due[id_] = key, sorted([*later, *due])
        self._news.set()

    def run(self, stop: threading.Event) -> None:
        """Look at what is due until stopped.

        Raises:
            LiveError: the table cannot be listed; `run` may be called again.

        """
        while not stop.is_set():
            now = time.time()
            if now >= self._refresh:
                self._refresh = now + REFRESH_SECONDS
                self._list()
                self._solved()
            for key in self._take_due(time.time()):
                self.look(key)
            self._news.wait(self._pause(time.time()))
            self._news.clear()

    def wake(self) -> None:
        """End a wait of `run`."""
        self._news.set()

    def doubt_old(self) -> None:
        """Mark the items whose last look is too old as unknown, for any reason."""
        with self._lock:
            oldest = time.monotonic() - REFRESH_SECONDS - LATE_SECONDS - self._round
            old = [id_ for id_ in self._shown if self._looked.get(id_, 0.0) < oldest]
            self._doubt(old, "It was to be looked at again, and there is no answer yet.")

    def doubt(self, why: str, *sides: str) -> None:
        """Mark all items as unknown, because the table or the cache does not answer.

        `sides` are `table`, `cache` or both.
        """
        with self._lock:
            self._doubt(list(self._shown), why, sides)

    def look_again(self) -> None:
        """Look at all items now."""
        self._refresh = 0.0
        self._news.set()

    def _doubt(
        self, ids: Iterable[str], why: str, sides: Collection[str] = ("table", "cache")
    ) -> None:
        for id_ in ids:
            before = self._shown[id_]
            if before["state"] != UNKNOWN:
                unknown = {"state": UNKNOWN, "why": why, "expires": None}
                self._shown[id_] = before | unknown | dict.fromkeys(sides, UNKNOWN)
                self._tell("item", self._shown[id_])

    def look(self, key: Item, *, show: bool = True) -> Json:
        """Look at an item now, show it on the page, and return it for the page."""
        with self._lock:
            former = _last_put(self._store.of_key(key), self._cache_routes)
        looked = self._looker.look(key, former)
        id_ = item_id(key)
        with self._lock:
            item = self._json(looked, id_)
            if show:
                self._show(id_, item, looked)
        return item

    def _show(self, id_: str, item: Json, looked: SeenItem) -> None:
        if item["state"] == ABSENT:
            self._remove(id_)
            return
        before = self._shown.get(id_)
        self._shown[id_] = item
        self._looked[id_] = time.monotonic()
        if before != item:
            self._tell("item", item)
        now = time.time()
        if item["state"] == ON_ITS_WAY:
            self._again(id_, looked.key, now + SOON_SECONDS)
        elif item["state"] == IN_SYNC and (item["expires"] or 0) > now:
            self._again(id_, looked.key, item["expires"] + _EXPIRED_AFTER)
        while len(self._shown) > SHOWN:
            self._remove(next(iter(self._shown)))

    def _again(self, id_: str, key: Item, at: float) -> None:
        _, due = self._due.get(id_, (key, []))
        self._due[id_] = key, sorted({*due, at})

    def _json(self, looked: SeenItem, id_: str) -> Json:
        changes = list(self._store.of_key(looked.key))
        written = None
        if self._form is not None and isinstance(looked.table, Mapping):
            written = self._form.written_at(looked.table)
        judged = verdict(
            looked,
            changes,
            self._cache_routes,
            now=time.time(),
            touched=self._touched.get(id_, 0.0),
            written_at=written,
        )
        return {
            "id": id_,
            "key": key_text(looked.key),
            "key_item": looked.key,
            "table": looked.table,
            "cache": cache_json(looked.cached),
            "expected": looked.put.body if looked.put is not None else None,
            "state": judged.state,
            "why": judged.why,
            "expires": judged.expires,
            "ttl": looked.ttl,
            "change": judged.change,
        }

    def _list(self) -> None:
        """Look at the items on the page, and at others of the table while there is room."""
        began = time.monotonic()
        with asking_aws(f"table {self._table.name}"):
            keys, more = self._table.page(size=SHOWN + 1)
        with self._lock:
            known = {id_: item["key_item"] for id_, item in self._shown.items()}
        room = SHOWN - len(known)
        others = [key for key in keys if item_id(key) not in known]
        for key in [*known.values(), *others[: max(room, 0)]]:
            self.look(key)
        self._round = time.monotonic() - began
        self._more = more is not None or len(others) > room
        more_items = self._how_many()
        if more_items != self._told_more:
            self._told_more = more_items
            self._tell("more-items", more_items)

    def _how_many(self) -> Json:
        return {"shown": len(self._shown), "more": self._more}

    def _take_due(self, now: float) -> list[Item]:
        with self._lock:
            due = [(id_, key) for id_, (key, times) in self._due.items() if times[0] <= now]
            for id_, key in due:
                later = [when for when in self._due.pop(id_)[1] if when > now]
                if later:
                    self._due[id_] = key, later
            self._touched = {id_: at for id_, at in self._touched.items() if now - at < SHOWN}
        return [key for _, key in due]

    def _pause(self, now: float) -> float:
        with self._lock:
            times = [times[0] for _, times in self._due.values()]
        return max(0.0, min([*times, self._refresh]) - now)

    def _remove(self, id_: str) -> None:
        self._due.pop(id_, None)  # another look would bring it back
        self._looked.pop(id_, None)
        item = self._shown.pop(id_, None)
        if item is not None:
            self._tell("item-gone", {"id": id_, "key": item["key"]})


def _last_put(changes: Iterable[Change], cache_routes: Collection[str]) -> Request | None:
    """Return the newest request that put an entry of an item; None if none is known."""
    for change in changes:
        for route, cell in change.cells.items():
            request = cell.request or {}
            is_put = route in cache_routes and request.get("method") == "PUT"
            if is_put and cell.state == DELIVERED:
                return Request("PUT", str(request["url"]), {"Authorization": ""}, "")
    return None


def item_id(key: Item) -> str:
    """Return a text that is different for different keys."""
    return repr(sorted((name, *value.items()) for name, value in key.items()))
