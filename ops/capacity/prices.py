"""AWS's prices in US dollars in us-east-1, and what a month of a load costs.

Read on 24 November 2026 in stored copies of public pages, not on AWS's live pages: check before
quoting. `confirmed` says that AWS's own pages, or several price guides of 2026, had the price.
"""

from dataclasses import dataclass

from ops.capacity.limits import CHUNK_BYTES
from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from ops.capacity.load import Load

MONTH_SECONDS = 730 * 3_600
MILLION = 1_000_000
GIGABYTE = 1_024**3
RECORD_BYTES = 1_024
"""Bytes of a record without its images: names, keys, ARN; an assumption, rather high."""
HEADER_BYTES = 512
"""Bytes of a request without its body: headers with the API key; an assumption."""
POLLS_A_SECOND = 4
"""GetRecords calls a second for a shard and reader. That is Lambda's base rate (AWS Lambda: "Using
AWS Lambda with Amazon DynamoDB"); AWS does not publish that of Pipes."""
FREE_STREAM_READS = 2_500_000
"""A month, for an account and region (DynamoDB: "Evaluate your DynamoDB streams usage")."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for `per` units, with the page it is from."""

    dollars: float
    per: int
    page: str
    confirmed: bool = True


PIPES = Price(dollars=0.40, per=MILLION, page="Amazon EventBridge pricing")
DESTINATIONS = Price(dollars=0.20, per=MILLION, page="Amazon EventBridge pricing")
EVENTS = Price(dollars=1.00, per=MILLION, page="Amazon EventBridge pricing")
STREAM_READS = Price(
    dollars=0.02, per=100_000, page="Amazon DynamoDB pricing for on-demand", confirmed=False
)
"""The rate is an old one that only third parties quote; whether a pipe's reads are billed as
Lambda's are not, no page says."""
LOGS = Price(dollars=0.50, per=GIGABYTE, page="Amazon CloudWatch pricing")
DATA_OUT = Price(dollars=0.09, per=GIGABYTE, page="Amazon EC2 pricing", confirmed=False)
"""To the internet. Momento's endpoint is in the same region, and no page says what applies to an
API destination: it may be less, or nothing."""


@dataclass(frozen=True, kw_only=True)
class Charge:
    """One line of the bill of a month: units of a price."""

    name: str
    price: Price
    units: float

    @property
    def dollars(self) -> float:
        """The amount."""
        return self.units / self.price.per * self.price.dollars


def record_bytes(load: Load, kind: str) -> int:
    """Return the size of a stream record; a MODIFY has the item before and after."""
    return RECORD_BYTES + load.item_bytes * (2 if kind == "MODIFY" else 1)


def chunks(size: int) -> int:
    """Return how many chunks of 64 KB something counts as."""
    return -(-size // CHUNK_BYTES)


def bill_of_pipes(load: Load) -> list[Charge]:
    """Return the bill of a month for pipelines with a pipe for each route."""
    requests = sum(_chunks_a_write(load, load.kinds_on(route)) for route in load.routes)
    readers = len(load.routes)
    records = sum(load.share(route) for route in OPERATIONS)
    return [
        _charge(load, "pipe requests, 64 KB each", PIPES, requests),
        *_common(load, readers=readers, executions=records),
    ]


def bill_of_bus(load: Load) -> list[Charge]:
    """Return the bill of a month for pipelines with one pipe, a bus, and a rule for each route.

    Records that no route takes are filtered out before the bus, and cost nothing.
    """
    events = _chunks_a_write(load, tuple(load.taken))
    return [
        _charge(load, "pipe requests, 64 KB each", PIPES, events),
        _charge(load, "events on the bus, 64 KB each", EVENTS, events),
        *_common(load, readers=1, executions=sum(load.taken.values())),
    ]


def _common(load: Load, *, readers: int, executions: float) -> list[Charge]:
    """Return the charges of both topologies; `executions` are a write's executions of pipes."""
    sent = sum(load.share(route) for route in OPERATIONS) * load.attempts
    polls = POLLS_A_SECOND * load.shards * readers * load.pipelines * MONTH_SECONDS
    return [
        _charge(load, "invocations of API destinations", DESTINATIONS, sent),
        Charge(
            name="reads of the stream, at most",
            price=STREAM_READS,
            units=max(0, polls - FREE_STREAM_READS),
        ),
        _charge(load, "logs", LOGS, executions * load.log_bytes),
        _charge(load, "data out, at most", DATA_OUT, _bytes_a_write(load) * load.attempts),
    ]


def _charge(load: Load, name: str, price: Price, units_a_write: float) -> Charge:
    units = units_a_write * load.writes * load.pipelines * MONTH_SECONDS
    return Charge(name=name, price=price, units=units)


def _chunks_a_write(load: Load, kinds: tuple[str, ...]) -> float:
    return sum(load.kinds[kind] * chunks(record_bytes(load, kind)) for kind in kinds)


def _bytes_a_write(load: Load) -> float:
    bodies = {PUT: load.item_bytes, PUBLISH: load.message, DELETE: 0}
    return sum(load.share(route) * (bodies[route] + HEADER_BYTES) for route in OPERATIONS)
