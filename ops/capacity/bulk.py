"""The duration and the cost of `warm --on-aws` and `verify --on-aws`, for a table of any size.

A child execution sends one request at a time and waits after each page, so that all children
together send at most `BULK_RATE` requests a second. It waits whole seconds, so a page takes half a
second longer on average. Prices are those of `ops.capacity.prices`.

`counts` is what a run does where nothing fails and no key is wrong. Tests compare it with runs on
the local cloud (`tests/localcloud/test_bulk_model.py`).
"""

import math
from collections.abc import Mapping, Sequence
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
RUN_TRANSITIONS: Final = 2
"""The start of the run, and its Map."""
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


def transitions_of(segments: int, calls: int) -> int:
    """Return the state transitions of a run and of its children."""
    return RUN_TRANSITIONS + segments * SEGMENT_TRANSITIONS + calls * STRETCH_TRANSITIONS


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
    def segment_pages(self) -> int:
        """The pages of a segment."""
        return max(1, math.ceil(self.items / self.segments / self.page))

    @property
    def pages(self) -> int:
        """The pages that all children read: each is a Scan."""
        return self.segments * self.segment_pages

    @property
    def stretches(self) -> int:
        """The calls of all children: a call ends after the page in which its time is over."""
        pages_of_one = math.floor(STRETCH_SECONDS / self.page_seconds) + 1
        if self.kind is RunKind.VERIFY:  # it ends at the last second, too
            pages_of_one = math.ceil(STRETCH_SECONDS / self.page_seconds)
        return self.segments * math.ceil(self.segment_pages / pages_of_one)

    @property
    def read_units(self) -> int:
        """The read units: those of each page are rounded up."""
        page_bytes = self.items * self.item_bytes / self.pages
        return self.pages * math.ceil(page_bytes / READ_UNIT_BYTES)

    @property
    def counts(self) -> Mapping[str, int]:
        """What the run does, by name."""
        return {
            "momento_requests": self.items * self.entries,
            "children": self.segments,
            "scans": self.pages,
            "calls": self.stretches,
            "state_transitions": transitions_of(self.segments, self.stretches),
        }

    @property
    def charges(self) -> Sequence[Charge]:
        """The bill of the run."""
        busy = self.seconds * min(self.pace.children, self.segments)
        transitions = transitions_of(self.segments, self.stretches)
        sent = HEADER_BYTES + (self.item_bytes if self.kind is RunKind.WARM else 0)
        work = (
            [
                Charge("requests to Express", EXECUTIONS, self.stretches),
                Charge("their duration, 64 MB each", GB_HOURS, busy * EXECUTION_GIGABYTES),
            ]
            if self.kind is RunKind.WARM
            else [
                Charge("requests to Lambda", LAMBDA_REQUESTS, self.stretches),
                Charge("their duration, 256 MB each", LAMBDA_GB_SECONDS, busy * FUNCTION_GIGABYTES),
            ]
        )
        return [
            Charge("reads of the table", READS, self.read_units),
            Charge("state transitions", TRANSITIONS, transitions),
            *work,
            Charge("data out, at most", DATA_OUT, self.items * self.entries * sent),
        ]

    @property
    def dollars(self) -> float:
        """The sum."""
        return sum(charge.dollars for charge in self.charges)
