"""What a run on AWS did, for people and scripts."""

from dataclasses import dataclass, field
from typing import Any

from live.items import key_text
from live.output import console
from ops.bulk import estimate
from ops.bulk.map_runs import RUNNING, SUCCEEDED
from ops.bulk.results import SegmentTotals
from ops.capacity.bulk import RunKind
from ops.repair.report import lines, say_not_final


@dataclass
class BulkSummary:
    """What a run did. `status` is that of the execution; RUNNING if nobody waited for its end."""

    kind: RunKind
    status: str
    results: SegmentTotals
    execution: str
    seconds: float = 0.0
    compared: int = 0
    repaired: int = 0
    problems: list[str] = field(default_factory=list)
    not_final: int = 0
    cause: str = ""

    @property
    def wrong(self) -> int:
        """How many keys are not in sync."""
        return sum(self.results.counts[name] for name in ("stale", "missing", "unknown"))

    @property
    def complete(self) -> bool:
        """Whether every item was done, and nothing is wrong any more."""
        letters = self.results.counts["letters"]
        left = self.wrong - self.repaired
        return self.status == SUCCEEDED and not letters and not self.problems and left <= 0

    def as_json(self) -> dict[str, Any]:
        """Return it for scripts."""
        return {
            "complete": self.complete,
            "status": self.status,
            "execution": self.execution,
            "seconds": round(self.seconds, 1),
            "segments": self.results.segments,
            **dict(sorted(self.results.counts.items())),
            "compared_again": self.compared,
            "repaired": self.repaired,
            "may_not_be_final": self.not_final,
            "failures": [*([self.cause] if self.cause else []), *self.results.failures],
            "problems": self.problems,
            "findings": [
                {"state": one["state"], "key": key_text(one["key"]), "why": one["why"]}
                for one in self.results.wrong
            ],
        }


def show(summary: BulkSummary) -> None:
    """Print it, with what to do next."""
    name = summary.kind.value
    if summary.status == RUNNING:
        console.print(
            f"The run goes on. To follow it, run ./help.sh {name} --on-aws --resume",
            soft_wrap=True,
        )
        return
    counts = summary.results.counts
    states = ", ".join(f"{number:,} {state.replace('_', ' ')}" for state, number in counts.items())
    items = sum(counts.values())
    rate = items / summary.seconds if summary.seconds else 0
    console.print(
        f"{summary.results.segments:,} segments: {states or 'nothing'};"
        f" {estimate.duration(summary.seconds)}, {rate:,.0f} items/s",
        soft_wrap=True,
    )
    lines([(one["state"], f"{key_text(one['key'])} {one['why']}") for one in summary.results.wrong])
    lines([("failed", text) for text in summary.results.failures])
    lines([("problem", text) for text in summary.problems])
    if summary.status != SUCCEEDED:
        console.print(
            f"The run is {summary.status}: {summary.cause}. To continue where each segment was, run"
            f" ./help.sh {name} --on-aws --resume",
            soft_wrap=True,
        )
    if counts["letters"]:
        console.print(
            f"{counts['letters']:,} requests were refused and are in the dead-letter queue: see"
            " ./help.sh redrive",
            soft_wrap=True,
        )
    if summary.kind is RunKind.WARM and summary.status == SUCCEEDED:
        console.print(f"{summary.compared:,} keys that were written meanwhile were compared again.")
    elif summary.wrong > summary.repaired:
        console.print("To repair the wrong keys that are named, add --repair.")
    say_not_final(summary.not_final)
