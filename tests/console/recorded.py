"""States of the console as its server tells them, for tests of the page in a browser.

The shapes are those of a real run; states that are rare in a run (a retry that waits, a letter
that is held, 5,000 changes) are made here.
"""

import json
import time
from collections.abc import Iterator
from typing import Any, Final

from console.cell import Cell
from console.change import Change
from console.health import health_json
from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from live.health import DOWN, OK, PartState
from tests.console.recorded_model import Json, deployed, pipe

LONG_KEY: Final = "a very long key " * 31
MARKUP: Final = "<script>alert(1)</script><img src=x onerror=alert(2)>"
REFUSAL: Final = '{"status": 400, "message": "Invalid argument: ttl_seconds must be 1 to 86400"}'


def health(**problems: str) -> Json:
    """Return the health; `problems` has a sentence for each part that is down."""
    now, deployment = time.time(), deployed()
    parts = {
        name: PartState(
            state=DOWN if name in problems else OK,
            since=now - 75,
            checked=now,
            milliseconds=3.2,
            problem=problems.get(name, ""),
        )
        for name in ("aws", "momento", "runner", "pipes", "connection")
    }
    return health_json(parts, deployment)  # type: ignore[arg-type]  # it has the routes


def cell(state: str, text: str, at: float, **more: Any) -> Cell:
    """Return a cell."""
    return Cell(state=state, text=text, at=at, **more)


def row(
    number: int,
    key: str,
    *,
    event: str = "INSERT",
    at: float,
    cells: dict[str, Cell] | None = None,
) -> Json:
    """Return a row; without `cells`, of a change that was delivered."""
    removes = event == "REMOVE"
    left_out = cell("filtered", "filtered", at + 0.06)
    given = cells or {
        PUT: left_out if removes else cell("delivered", f"204 · {number % 9 + 2} ms", at + 0.09),
        PUBLISH: cell("delivered", "204 · 2 ms", at + 0.08),
        DELETE: cell("delivered", "204 · 5 ms", at + 0.07) if removes else left_out,
    }
    own = {pipe(operation): given[operation] for operation in OPERATIONS if operation in given}
    keys = {"Location": {"S": key}}
    return Change(f"{number:032x}", number, event, keys, str(number), at, cells=own).row()


CITIES: Final = ("Amsterdam", "Athens", "Santiago", "Helsinki", "Nuuk", "Reykjavík", "São Paulo")


def rows(now: float) -> Iterator[Json]:
    """Yield a few changes of each kind, the oldest first."""
    for number, city in enumerate(CITIES):
        yield row(number, city, at=now - 60 + number, event=("INSERT", "MODIFY")[number % 2])
    yield row(20, "Oslo", event="REMOVE", at=now - 31)
    yield row(21, MARKUP, at=now - 30)
    yield row(22, LONG_KEY, at=now - 29)
    published = cell("delivered", "204 · 2 ms", now - 19)
    left_out = cell("filtered", "filtered", now - 19)
    refused = cell("refused", "400 → queue", now - 19)
    yield row(
        30, "Atlantis", at=now - 20, cells={PUBLISH: published, PUT: refused, DELETE: left_out}
    )
    dead = cell("dead-letter", "503, 4 attempts → queue", now - 8)
    yield row(31, "Lima", at=now - 15, cells={PUBLISH: published, PUT: dead, DELETE: left_out})
    again = cell("retrying", "2 of 4 failed: 503", now, attempt=2, most=4, until=now + 30)
    yield row(32, "Cairo", at=now - 5, cells={PUBLISH: published, PUT: again, DELETE: left_out})


def many(count: int, now: float) -> Iterator[Json]:
    """Yield so many changes, of which one in a hundred failed."""
    for number in range(count):
        at = now - count + number
        refused = {PUT: cell("refused", "400 → queue", at + 0.1)} if number % 100 == 0 else None
        yield row(1_000 + number, f"key-{number}", at=at, cells=refused)


def counts(routes: list[Json]) -> Json:
    """Return the counters of routes."""
    found = {}
    for route in routes:
        is_put = route["operation"] == PUT
        found[route["id"]] = {
            "delivered": 1 if route["operation"] == DELETE else 31,
            "filtered": 31 if route["operation"] == DELETE else 2,
            "failed": 2 if is_put else 0,
            "retrying": 1 if is_put else 0,
            "p50": 4.4,
            "rate": 1.2,
        }
    return found


def image(key: str) -> Json:
    """Return an item in DynamoDB's JSON."""
    numbers = {"MaxTemp": "22", "MinTemp": "9", "ChancesOfPrecipitation": "40", "TTL": "60"}
    return {"Location": {"S": key}} | {name: {"N": text} for name, text in numbers.items()}


def item(key: str, state: str, why: str, **more: Any) -> Json:
    """Return an item of the page."""
    text = f'{{"Location": "{key}", "MaxTemp": "22"}}'
    return {
        "id": key,
        "key": key,
        "key_item": {"Location": {"S": key}},
        "table": image(key),
        "cache": {"text": text} if state == "in sync" else None,
        "expected": text,
        "state": state,
        "why": why,
        "expires": None,
        "ttl": 60,
        "change": None,
    } | more


def items(now: float) -> Iterator[Json]:
    """Yield an item in each state."""
    yield item(
        "Amsterdam",
        "in sync",
        "The cache has what the routes send for the item.",
        expires=now + 55,
        change=f"{0:032x}",
    )
    yield item("Athens", "expired", "Its time to live of 60 s is over.", expires=now - 5)
    yield item(
        "Atlantis",
        "refused",
        "The last change did not arrive: ttl_seconds must be 1 to 86400",
        change=f"{30:032x}",
    )
    yield item("Cairo", "on its way", "The change is being delivered: 2 of 4 failed: 503.")
    yield item(
        "Lima",
        "stale",
        "The cache has another value than the routes send for the item.",
        cache={"text": '{"Location": "Lima", "MaxTemp": "19"}'},
    )
    yield item(
        "Oslo",
        "left over",
        "The table has no such item, and the cache still has its entry.",
        table=None,
        expected=None,
        cache={"text": '{"Location": "Oslo"}'},
    )
    left_out = "The filters leave this item out, so it is not in the cache."
    yield item("Nairobi", "filtered out", left_out, expected=None)
    yield item("Quito", "unknown", "Momento does not answer.", cache="unknown")
    yield item(LONG_KEY, "missing", "The cache has no entry of the item.")


def messages(now: float) -> Iterator[Json]:
    """Yield messages of the topic: JSON, text, bytes, and a gap."""
    for number, city in enumerate(CITIES):
        body = {"Location": city, "MaxTemp": "22", "nested": {"of": [1, True, None]}}
        yield {
            "number": number,
            "at": now - 60 + number,
            "text": json.dumps(body, ensure_ascii=False),
            "json": body,
            "change": f"{number:032x}",
        }
    yield {"number": 8, "at": now - 9, "text": MARKUP, "json": None}
    yield {"number": 9, "at": now - 8, "text": None, "binary": "3q2+7w=="}
    yield {"number": 12, "at": now - 7, "text": None, "missed": "2 messages were missed."}


def letters(now: float) -> Json:
    """Return two dead letters, and one that is not of the pipeline."""
    known = {"route": pipe(PUT), "replay": True}
    foreign: Json = {"item": "", "replay": False}
    foreign |= dict.fromkeys(("key_item", "arrived", "change", "route"))
    return {
        "waiting": 3,
        "hidden": 0,
        "known": True,
        "letters": [
            {
                "id": "l1",
                "reason": "Invalid argument: ttl_seconds must be 1 to 86400",
                "item": "Atlantis",
                "key_item": {"Location": {"S": "Atlantis"}},
                "arrived": now - 19,
                "change": f"{30:032x}",
                **known,
            },
            {
                "id": "l2",
                "reason": "all attempts failed: 503",
                "item": "Lima",
                "key_item": {"Location": {"S": "Lima"}},
                "arrived": now - 8,
                "change": f"{31:032x}",
                **known,
            },
            {
                "id": "l3",
                "reason": "This message is not a dead letter of this pipeline: it comes from"
                " another pipe, rule or state machine:"
                " arn:aws:pipes:us-east-1:123456789012:pipe/another.",
                **foreign,
            },
        ],
    }
