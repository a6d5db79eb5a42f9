"""The duration and the cost of `warm --on-aws` and `verify --on-aws`, for a table of any size.

A child execution sends one request at a time and waits after each page, so that all children
together send at most `BULK_RATE` requests a second. It waits whole seconds, so a page takes half a
second longer on average. Prices are those of `ops.capacity.prices`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from momento_pipes.bulk_settings import LARGEST_PAGE, STRETCH_SECONDS, BulkSettings
from ops.capacity.prices import (
    DATA_OUT,
    EXECUTION_GIGABYTES,
    EXECUTIONS,
    GB_HOURS,
    HEADER_BYTES,
    LAMBDA_GB_SECONDS,
    LAMBDA_REQUESTS,
    READS,
    TRANSITIONS,
    Charge,
)

READ_UNIT_BYTES: Final = 4_096
"""A consistent read of a page takes a unit for each 4 KB of its items (DynamoDB, "Scan")."""
JSON_GROWTH: Final = 1.5
"""The characters of an item's JSON for each of its bytes, as `momento_pipes.workflow` has it."""
FUNCTION_GIGABYTES: Final = 0.25
LEAST_SEGMENTS_A_CHILD: Final = 10
SEGMENT_ITEMS: Final = 20_000
LEAST_ITEMS: Final = 50
"""A segment has at least about so many items."""
MOST_SEGMENTS: Final = 10_000
SEGMENT_TRANSITIONS: Final = 3
"""The start of a child, its first and its last state."""
STRETCH_TRANSITIONS: Final = 2
"""The call, and the state that judges it."""
WAIT_SECONDS: Final = 0.5
"""A child waits whole seconds."""


class RunKind(StrEnum):
    """What runs."""

    WARM = "warm"
    VERIFY = "verify"


MILLISECONDS: Final = {RunKind.WARM: 30.0, RunKind.VERIFY: 5.0}
"""The time of a request: an HTTP Task of Step Functions, or a request of the function. Assumptions:
AWS publishes neither, and Momento says that it answers in single-digit milliseconds."""


def segments_of(items: int, settings: BulkSettings) -> int:
    """Return into how many segments a table is divided, so that all children are busy."""
    wanted = max(settings.children * LEAST_SEGMENTS_A_CHILD, -(-items // SEGMENT_ITEMS))
    return max(1, min(wanted, MOST_SEGMENTS, items // LEAST_ITEMS))


@dataclass(frozen=True, kw_only=True)
class BulkLoad:
    """A run over a table: its items, their average bytes, and the entries of each item."""

    kind: RunKind
    items: int
    item_bytes: int
    settings: BulkSettings
    entries: int = 1
    milliseconds: float | None = None

    @property
    def pace(self) -> BulkSettings:
        """The settings of the kind's children."""
        return self.settings.of_verify if self.kind is RunKind.VERIFY else self.settings

    @property
    def segments(self) -> int:
        """The segments of the parallel scan."""
        return segments_of(self.items, self.pace)

    @property
    def page(self) -> float:
        """The items of a page."""
        if self.kind is RunKind.VERIFY:
            return self.pace.page
        fits = LARGEST_PAGE / (self.item_bytes * JSON_GROWTH)
        return max(1.0, min(self.pace.page, fits))

    @property
    def page_seconds(self) -> float:
        """How long a child takes for a page."""
        each = (self.milliseconds or MILLISECONDS[self.kind]) / 1_000
        requests = self.page * self.entries
        if self.kind is RunKind.VERIFY:  # the function waits exactly
            return max(requests * each, requests / self.pace.child_rate)
        return max(requests * each, requests / self.pace.child_rate + WAIT_SECONDS)

    @property
    def items_a_second(self) -> float:
        """The items a second of all children."""
        children = min(self.pace.children, self.segments)
        return children * self.page / self.page_seconds

    @property
    def seconds(self) -> float:
        """How long the run takes."""
        return self.items / self.items_a_second

    @property
    def stretches(self) -> float:
        """The calls of all children."""
        busy = self.seconds * min(self.pace.children, self.segments)
        return max(busy / (STRETCH_SECONDS + self.page_seconds / 2), self.segments)

    @property
    def charges(self) -> Sequence[Charge]:
        """The bill of the run."""
        transitions = self.segments * SEGMENT_TRANSITIONS + self.stretches * STRETCH_TRANSITIONS
        busy = self.seconds * min(self.pace.children, self.segments)
        sent = HEADER_BYTES + (self.item_bytes if self.kind is RunKind.WARM else 0)
        work = (
            [
                Charge(name="requests to Express", price=EXECUTIONS, units=self.stretches),
                Charge(
                    name="their duration, 64 MB each",
                    price=GB_HOURS,
                    units=busy * EXECUTION_GIGABYTES,
                ),
            ]
            if self.kind is RunKind.WARM
            else [
                Charge(name="requests to Lambda", price=LAMBDA_REQUESTS, units=self.stretches),
                Charge(
                    name="their duration, 256 MB each",
                    price=LAMBDA_GB_SECONDS,
                    units=busy * FUNCTION_GIGABYTES,
                ),
            ]
        )
        return [
            Charge(
                name="reads of the table",
                price=READS,
                units=self.items * self.item_bytes / READ_UNIT_BYTES,
            ),
            Charge(name="state transitions", price=TRANSITIONS, units=transitions),
            *work,
            Charge(
                name="data out, at most",
                price=DATA_OUT,
                units=self.items * self.entries * sent,
            ),
        ]

    @property
    def dollars(self) -> float:
        """The sum."""
        return sum(charge.dollars for charge in self.charges)
