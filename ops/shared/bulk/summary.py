"""What a run on AWS did, for people and scripts."""

from dataclasses import dataclass, field
from typing import Any

from live.output import console
from ops.capacity.bulk import RunKind
from ops.shared.bulk import estimate
from ops.shared.bulk.map_runs import RUNNING, SUCCEEDED
from ops.shared.bulk.results import SegmentTotals
from ops.shared.repair.report import lines, say_not_final


@dataclass
class BulkSummary:
    """What a run did. `status` is that of the execution; RUNNING if nobody waited for its end.

    `seconds` is how long the run took. It is None if the run was redriven, because nobody knows
    how long it had stopped. `ended_ago` is how many seconds before this command the run ended;
    None if it ended later. `asked_to_repair` says that the command was to repair.
    """

    kind: RunKind
    status: str
    results: SegmentTotals
    execution: str
    seconds: float | None = None
    compared: int = 0
    repaired: int = 0
    problems: list[str] = field(default_factory=list)
    not_final: int = 0
    cause: str = ""
    ended_ago: float | None = None
    asked_to_repair: bool = False

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
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            "ended_seconds_ago": None if self.ended_ago is None else round(self.ended_ago),
            "segments": self.results.segments,
            **dict(sorted(self.results.counts.items())),
            "compared_again": self.compared,
            "repaired": self.repaired,
            "may_not_be_final": self.not_final,
            "failures": [*([self.cause] if self.cause else []), *self.results.failures],
            "problems": self.problems,
            "findings": [wrong_key.as_json() for wrong_key in self.results.wrong],
        }


def show(summary: BulkSummary) -> None:
    """Print it, with what to do next."""
    name = summary.kind.value
    if summary.status == RUNNING:
        _say(f"The run goes on. To follow it, run ./help.sh {name} --on-aws --resume")
        return
    if summary.ended_ago is not None:
        _say(
            f"The run ended {estimate.duration(summary.ended_ago)} ago. These are its results of"
            " then; for a new run, leave --resume out."
        )
    counts = summary.results.counts
    states = ", ".join(f"{number:,} {state.replace('_', ' ')}" for state, number in counts.items())
    took = ""
    if summary.seconds:
        rate = sum(counts.values()) / summary.seconds
        took = f"; {estimate.duration(summary.seconds)}, {rate:,.0f} items/s"
    _say(f"{summary.results.segments:,} segments: {states or 'nothing'}{took}")
    lines([(wrong_key.state, str(wrong_key)) for wrong_key in summary.results.wrong])
    lines([("failed", text) for text in summary.results.failures])
    lines([("problem", text) for text in summary.problems])
    if summary.status != SUCCEEDED:
        _say(
            f"The run is {summary.status}: {summary.cause}. To continue where each segment was, run"
            f" ./help.sh {name} --on-aws --resume"
        )
    if counts["letters"]:
        _say(
            f"{counts['letters']:,} requests were refused and are in the dead-letter queue: see"
            " ./help.sh redrive"
        )
    if summary.kind is RunKind.WARM and summary.status == SUCCEEDED:
        _say(f"{summary.compared:,} keys that were written meanwhile were compared again.")
    elif summary.wrong:
        _say_repaired(summary)
    say_not_final(
        summary.not_final, f"verify{' --on-aws' if summary.kind is RunKind.VERIFY else ''}"
    )


def _say_repaired(summary: BulkSummary) -> None:
    if not summary.asked_to_repair:
        _say(
            "To repair the wrong keys that the results name, run ./help.sh verify --on-aws"
            " --resume --repair"
        )
        return
    _say(f"{summary.repaired:,} of {summary.wrong:,} wrong keys were repaired.")
    if summary.repaired < summary.wrong:
        _say(
            "The results name at most 200 keys of each segment. To find the others, run"
            " ./help.sh verify --on-aws --repair"
        )


def _say(text: str) -> None:
    console.print(text, soft_wrap=True, markup=False)
