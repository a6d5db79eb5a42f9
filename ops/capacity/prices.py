"""AWS's prices in US dollars in us-east-1, and what a month of a load costs.

Read on 24 November 2026 in stored copies of public pages, not on AWS's live pages: check before
quoting. `confirmed` says that AWS's own pages, or several price guides of 2026, had the price.
"""

import math
from dataclasses import dataclass

from eventpipes.operations import DELETE, OPERATIONS, PUBLISH, PUT
from ops.capacity.limits import CHUNK_BYTES
from ops.capacity.load import Load
from ops.capacity.model import ROUNDING

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
EXECUTIONS = Price(dollars=1.00, per=MILLION, page="AWS Step Functions pricing")
"""Requests to Express workflows: one for each batch. That page has no price for HTTP Tasks."""
GB_HOURS = Price(dollars=0.06, per=3_600, page="AWS Step Functions pricing")
"""GB-seconds of Express workflows, the first 1,000 GB-hours a month; then it is less."""
EXECUTION_GIGABYTES = 64 / 1_024
"""Billed in steps of 64 MB; that page: 50 MB, the definition, and the payload for each Map step."""
EXECUTION_STEP_SECONDS = 0.1
"""The duration is rounded up to this."""
TRANSITIONS = Price(dollars=25.00, per=MILLION, page="AWS Step Functions pricing")
"""State transitions of Standard workflows."""
LAMBDA_REQUESTS = Price(dollars=0.20, per=MILLION, page="AWS Lambda pricing", confirmed=False)
LAMBDA_GB_SECONDS = Price(dollars=0.0000133334, per=1, page="AWS Lambda pricing", confirmed=False)
"""On Arm processors, in the first tier. Only third parties quote it; 400,000 are free a month."""
READS = Price(
    dollars=0.125, per=MILLION, page="Amazon DynamoDB pricing for on-demand", confirmed=False
)
"""Read request units, since November 2024; only third parties quote the price."""
STREAM_READS = Price(
    dollars=0.02, per=100_000, page="Amazon DynamoDB pricing for on-demand", confirmed=False
)
"""The rate is old, and only third parties quote it. Lambda's reads are free; no page says whether a
pipe's reads are."""
LOGS = Price(dollars=0.50, per=GIGABYTE, page="Amazon CloudWatch pricing")
ALARM_METRICS = Price(dollars=0.10, per=1, page="Amazon CloudWatch pricing", confirmed=False)
"""A month of each metric of an alarm in standard resolution; only third parties quote the price."""
COMPOSITE_ALARMS = Price(dollars=0.50, per=1, page="Amazon CloudWatch pricing", confirmed=False)
DASHBOARDS = Price(dollars=3.00, per=1, page="Amazon CloudWatch pricing", confirmed=False)
"""A month; only third parties quote it. Three dashboards of an account are free."""
KMS_KEYS = Price(dollars=1.00, per=1, page="AWS Key Management Service pricing")
"""A month; a rotation of the key adds to it later."""
SECRETS = Price(dollars=0.40, per=1, page="AWS Secrets Manager pricing")
RECOVERY = Price(dollars=0.20, per=1, page="Amazon DynamoDB pricing for on-demand", confirmed=False)
"""A month of point-in-time recovery, for each GB of the table; only third parties quote it."""
DATA_OUT = Price(dollars=0.09, per=GIGABYTE, page="Amazon EC2 pricing", confirmed=False)
"""To the internet. Momento's endpoint is in the same region, and no page says what applies to an
API destination: it may be less, or nothing."""


@dataclass(frozen=True)
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


def bill_of_workflow(load: Load, *, batch_seconds: float) -> list[Charge]:
    """Return the bill of a month for pipelines with one pipe and a workflow.

    A pipe request is a batch, in units of 64 KB after the filter. `batch_seconds` is how long an
    execution takes.
    """
    batches = sum(load.taken.values()) / load.batch
    bytes_a_record = sum(
        share * record_bytes(load, kind) for kind, share in load.taken.items()
    ) / max(sum(load.taken.values()), 1e-9)
    billed = math.ceil(batch_seconds / EXECUTION_STEP_SECONDS - ROUNDING) * EXECUTION_STEP_SECONDS
    units = max(1.0, -(-bytes_a_record * load.batch // CHUNK_BYTES))
    return [
        _charge(load, "pipe requests, 64 KB of a batch each", PIPES, batches * units),
        _charge(load, "executions of the workflow", EXECUTIONS, batches),
        _charge(
            load, "their duration, 64 MB each", GB_HOURS, batches * billed * EXECUTION_GIGABYTES
        ),
        *_common(load, readers=1, executions=sum(load.taken.values()), destinations=False),
    ]


def reads_of_streams(readers: int, *, others: float = 0) -> Charge:
    """Return the charge of a month for all pipes' readers of all shards, and for other reads."""
    polls = POLLS_A_SECOND * readers * MONTH_SECONDS + others
    units = max(0, polls - FREE_STREAM_READS)
    return Charge("reads of the stream, at most", STREAM_READS, units)


def _common(
    load: Load, *, readers: int, executions: float, destinations: bool = True
) -> list[Charge]:
    """Return the charges of all topologies; `executions` are a write's log entries of pipes."""
    sent = sum(load.share(route) for route in OPERATIONS) * load.attempts
    invocations = _charge(load, "invocations of API destinations", DESTINATIONS, sent)
    return [
        *([invocations] if destinations else []),
        reads_of_streams(load.shards * readers * load.pipelines, others=load.other_reads),
        _charge(load, "logs", LOGS, executions * load.log_bytes),
        _charge(load, "data out, at most", DATA_OUT, _bytes_a_write(load) * load.attempts),
    ]


def _charge(load: Load, name: str, price: Price, units_a_write: float) -> Charge:
    return Charge(name, price, units_a_write * load.writes * load.pipelines * MONTH_SECONDS)


def _chunks_a_write(load: Load, kinds: tuple[str, ...]) -> float:
    return sum(load.kinds[kind] * chunks(record_bytes(load, kind)) for kind in kinds)


def _bytes_a_write(load: Load) -> float:
    bodies = {PUT: load.item_bytes, PUBLISH: load.message, DELETE: 0}
    return sum(load.share(route) * (bodies[route] + HEADER_BYTES) for route in OPERATIONS)
