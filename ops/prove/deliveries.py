"""Compare the engine's predictions for one item's records with the deliveries.

Two pipes on one stream keep no order between each other, and the rules of a bus keep none at all.
So a prediction has every value that the cache may hold at the end. The predictions are made from
the records that the stream had; what the stream should have had is compared by itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from eventpipes import Request, Unprocessable
from eventpipes.momento import MAX_TTL_SECONDS, refusals, sent
from live.body import same_body
from live.items import same
from live.reading import reading
from live.route import Route, requests_in
from momento_pipes.topology import Topology
from ops.prove.comparison import Agreement, ComparedAnswer, compared

STREAM: Final = "DynamoDB stream"
NOTHING: Final = "nothing"
LASTING: Final = 600
"""Seconds to live; a shorter entry may have ended before it is read."""
LONGEST: Final = 300
"""Characters of a body that a comparison shows."""

ProvedItem = dict[str, Any]
"""One item of one pipeline as JSON: `writes` are the expected records, `records` the stream's;
`entries` are the cache's values by address, `messages` are by topic, `letters` are name and
number."""


@dataclass
class PredictedEnd:
    """The allowed state at the end: the cache's values, the messages, and the dead letters."""

    entries: dict[str, list[str | None]] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=dict)
    letters: list[list[str]] = field(default_factory=list)


def expected(
    topology: Topology,
    routes: Sequence[Route],
    records: Sequence[Mapping[str, Any]],
    *,
    max_ttl_seconds: int = MAX_TTL_SECONDS,
) -> PredictedEnd:
    """Return the engine's prediction for the records of one item, in their order."""
    end = PredictedEnd()
    bodies: dict[str, list[str | None]] = {}
    short: set[str] = set()
    for record, route in product(records, routes):
        outcome, number = route.process(record), record["dynamodb"].get("SequenceNumber", "")
        if isinstance(outcome, Unprocessable):
            end.letters.append([route.name, number])
        for request in requests_in(outcome):
            where = address(request)
            if request.method != "POST" and not where.endswith("?"):  # it has a key
                bodies.setdefault(where, [])
            if any(refusals(sent(request), max_ttl_seconds=max_ttl_seconds)):
                end.letters.append([route.refused_by, number])
            elif request.method == "POST":
                end.messages.setdefault(urlsplit(request.url).path, []).append(request.body)
            else:
                bodies[where].append(None if request.method == "DELETE" else request.body)
                if request.method == "PUT" and _ttl(request) < LASTING:
                    short.add(where)
    for where, found in bodies.items():
        allowed = _last(topology, found)
        may_end = where in short and None not in allowed
        end.entries[where] = [*allowed, None] if may_end else allowed
    return end


def address(request: Request) -> str:
    """Return the path and the query by which an entry is read."""
    parts = urlsplit(reading(request).url)
    return f"{parts.path}?{parts.query}"


def topics(
    topology: Topology, routes: Sequence[Route], records: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """Yield cache and topic of each message that records lead to."""
    for path in expected(topology, routes, records).messages:
        _, _, cache, topic = path.split("/")
        yield unquote(cache), unquote(topic)


def comparisons(proved: ProvedItem, wanted: PredictedEnd) -> Iterator[ComparedAnswer]:
    """Compare one item's records, entries, messages and dead letters with the predictions."""
    topology = Topology(proved["topology"])
    records = proved["records"]
    answer = partial(
        ComparedAnswer,
        area=f"TOPOLOGY={topology}",
        behaviour=proved["behaviour"],
        name=f"{proved['pipeline']}, {proved['mark']}",
    )
    yield answer(
        area=STREAM,
        agreement=_stream_agreement(proved["writes"], records),
        predicted=_shown([_change(write) for write in proved["writes"]]),
        answered=_shown([_change(record) for record in records]),
    )
    for where, allowed in wanted.entries.items():
        held = proved["entries"].get(where)
        yield answer(
            agreement=_entry_agreement(allowed, held, exact=topology is not Topology.WORKFLOW),
            predicted=f"GET {where}: {' or '.join(map(_shown, allowed))}",
            answered=_shown(held),
        )
    for topic in sorted({*wanted.messages, *proved["messages"]}):
        texts, came = wanted.messages.get(topic, []), proved["messages"].get(topic, [])
        if topology is Topology.WORKFLOW:
            came = [_like(text, texts) for text in came]
        yield answer(
            agreement=compared(texts, came, ordered=topology is not Topology.BUS),
            predicted=f"{topic}: {_shown(texts)}",
            answered=_shown(came),
        )
    if wanted.letters or proved["letters"]:
        yield answer(
            agreement=compared(wanted.letters, proved["letters"], ordered=False),
            predicted=f"dead letters: {_shown(wanted.letters)}",
            answered=_shown(proved["letters"]),
        )


def _ttl(request: Request) -> int:
    return int(dict(parse_qsl(urlsplit(request.url).query))["ttl_seconds"])


def _last(topology: Topology, bodies: Sequence[str | None]) -> list[str | None]:
    """Return the possible values in the cache after these puts and deletes (None), in order."""
    if not bodies:
        return [None]
    if topology is Topology.WORKFLOW:
        return [bodies[-1]]
    puts = [body for body in bodies if body is not None]
    last = puts if topology is Topology.BUS else puts[-1:]
    return [*dict.fromkeys(last), *([None] if None in bodies else [])]


def _entry_agreement(allowed: Sequence[str | None], held: str | None, *, exact: bool) -> Agreement:
    if held in allowed:
        return Agreement.AGREE
    if held is None:
        return Agreement.NO_ANSWER
    if not exact and any(_equal(value, held) for value in allowed if value is not None):
        return Agreement.AGREE
    return Agreement.DIFFER


def _equal(predicted: str, answered: str) -> bool:
    return same_body(predicted.encode(errors="replace"), answered.encode(errors="replace"))


def _like(text: str, texts: Sequence[str]) -> str:
    """Return the predicted text that is the same JSON; the order of members is not compared."""
    return next((predicted for predicted in texts if _equal(predicted, text)), text)


def _stream_agreement(
    writes: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]
) -> Agreement:
    if len(records) < len(writes):
        return Agreement.NO_ANSWER
    is_same = len(records) == len(writes) and all(
        write["eventName"] == record["eventName"]
        and all(
            same(write["dynamodb"].get(name), record["dynamodb"].get(name))
            for name in ("Keys", "NewImage", "OldImage")
        )
        for write, record in zip(writes, records, strict=True)
    )
    return Agreement.AGREE if is_same else Agreement.DIFFER


def _change(record: Mapping[str, Any]) -> list[Any]:
    change = record["dynamodb"]
    return [record["eventName"], *(change.get(name) for name in ("Keys", "NewImage", "OldImage"))]


def _shown(value: object) -> str:
    text = NOTHING if value is None else value if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}... ({len(text):,} characters)"
