"""A cell: what one route does with one change, told by the steps of the feed or of the logs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from eventpipes.request import RETRIED

PENDING: Final = "pending"
FILTERED: Final = "filtered"
RETRYING: Final = "retrying"
DELIVERED: Final = "delivered"
SUPERSEDED: Final = "superseded"
REFUSED: Final = "refused"
DEAD_LETTER: Final = "dead-letter"
UNDELIVERED: Final = "undelivered"
FAILED: Final = frozenset({REFUSED, DEAD_LETTER, UNDELIVERED})
DISCARDED: Final = "discarded"
UNKNOWN: Final = "unknown"
SETTLED: Final = frozenset({FILTERED, DELIVERED, SUPERSEDED, DISCARDED, UNKNOWN, *FAILED})
REFUSED_BY_TARGET: Final = "SDK_CLIENT_ERROR"
"""The ERROR_CODE of a rule's dead letter whose target answered with an error of the client's."""
MOST_STEPS: Final = 60
"""Steps of a cell that are kept: the first ones, and the last."""
_MILLISECONDS: Final = 1_000
_CONNECT: Final = re.compile(r"^connect: (?:\[Errno \d+\] )?")
_KEPT_OF_A_STEP: Final = (
    *("kind", "pipe", "at", "attempt", "most", "status", "succeeded", "problem", "response"),
    *("began", "seconds", "until", "why", "outcome", "reason", "state"),
)

Step = Mapping[str, Any]


@dataclass
class Cell:
    """The state of a change in one route. Times are seconds since 1970."""

    state: str = PENDING
    text: str = "waiting to be read"
    at: float = 0.0
    attempt: int | None = None
    most: int | None = None
    until: float | None = None
    status: int | None = None
    milliseconds: float | None = None
    """How long the last attempt took."""
    reason: str = ""
    request: Mapping[str, Any] | None = None
    filters: list[str] | None = None
    template: str | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    is_by_letter: bool = False
    """Whether the failure is known only from a dead letter; then the attempts are not known."""
    replayed: float | None = None
    """When a replay settled it."""

    @property
    def failed(self) -> bool:
        """Whether it failed for good, and no replay has settled it."""
        return self.state in FAILED

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come."""
        return self.state in SETTLED

    def filter(self, at: float) -> None:
        """Note that the route's filter leaves the change out."""
        self.state, self.text, self.at = FILTERED, "filtered", at

    def lose_sight(self, at: float) -> None:
        """Mark the result as unknown: no log has it."""
        self.state, self.at = UNKNOWN, at
        self.text = "on the bus: AWS logs nothing of rules"

    @property
    def was_tried(self) -> bool:
        """Whether a request was sent."""
        return any(step["kind"] == "attempt" for step in self.steps)

    @property
    def _has_failed_last(self) -> bool:
        tried = [step for step in self.steps if step["kind"] == "attempt"]
        return bool(tried) and not tried[-1].get("succeeded")

    def settle(self, at: float, text: str, state: str = DELIVERED) -> None:
        """Note that a failure is settled: its letter was replayed, or is gone."""
        self.state, self.text, self.at, self.replayed = state, text, at, at
        self.steps.append({"kind": "replayed", "at": at, "reason": text})

    def apply(self, step: Step) -> None:
        """Note a step. A delivered change stays delivered, if its record is read again."""
        if self.state in (DELIVERED, SUPERSEDED, DISCARDED) and step["kind"] != "ended":
            return
        self._keep(step)
        self.at = step["at"]
        match step["kind"]:
            case "read":
                self.state, self.text = PENDING, "read"
            case "attempt":
                self._attempt(step)
            case "waiting":
                self.state = RETRYING
                self.attempt, self.most = step.get("attempt"), step.get("most")
                self.until, self.reason = step.get("until"), step.get("why") or self.reason
                self.text = self._failed_once
            case "ended":
                self._end(step)

    def as_json(self) -> dict[str, Any]:
        """Return it for the page."""
        values: dict[str, Any] = {"state": self.state, "text": self.text, "at": self.at}
        if self.state == RETRYING:
            values |= {"attempt": self.attempt, "most": self.most, "until": self.until}
        if self.replayed is not None:
            values["replayed"] = self.replayed
        return values

    @property
    def numbered(self) -> str:
        """The number of the last attempt, and of how many, if that is known."""
        return f"{self.attempt or 1}{f' of {self.most}' if self.most else ''}"

    @property
    def _failed_once(self) -> str:
        return f"{'' if self.most else 'attempt '}{self.numbered} failed: {self.briefly}"

    @property
    def briefly(self) -> str:
        """Why the last attempt failed, in a few words."""
        return str(self.status) if self.status else (_plain(self.reason)[:60] or "no answer")

    def _attempt(self, step: Step) -> None:
        self.attempt, self.most, self.until = step.get("attempt"), step.get("most"), None
        self.status = step.get("status")
        self.milliseconds = _milliseconds(step.get("seconds"))
        self.request = step.get("request") or self.request
        if step.get("succeeded"):
            self.text = "answered"
            return
        self.state = RETRYING
        self.reason = step.get("problem") or step.get("response") or ""
        self.text = self._failed_once

    def _end(self, step: Step) -> None:
        self.until = None
        self.request = step.get("request") or self.request
        self.filters = step.get("filters", self.filters)
        self.template = step.get("template", self.template)
        self.is_by_letter = bool(step.get("letter"))
        tries = step.get("attempts") or []
        if step["outcome"] == "delivered" and not tries and self._has_failed_last:
            # At the level INFO, the logs have only the attempts that failed.
            self.status, self.milliseconds = None, None
            self.attempt = (self.attempt or 0) + 1
        if tries:
            self.status = tries[-1].get("status")
            self.milliseconds = _milliseconds(tries[-1].get("seconds"))
            self.attempt = max(self.attempt or 0, len(tries))
        self.reason = step.get("reason") or self.reason
        match step["outcome"]:
            case "delivered":
                parts = [str(self.status)] if self.status else ["delivered"]
                if self.milliseconds is not None:
                    parts.append(f"{self.milliseconds:.0f} ms")
                self.state, self.text = DELIVERED, " · ".join(parts)
            case "filtered":
                self.state, self.text = FILTERED, "filtered"
            case "superseded":
                self.state, self.text = SUPERSEDED, "a later change was sent"
            case "dead-letter":
                self._give_up()
            case _:
                self.state = UNDELIVERED
                self.text = f"{self.status or 'failed'} → lost: there is no queue"

    def _give_up(self) -> None:
        status = self.status
        final = status is not None and 400 <= status < 500 and status not in RETRIED  # noqa: PLR2004 - HTTP's
        if self.is_by_letter:
            is_refused = final or REFUSED_BY_TARGET in self.reason
            self.state = REFUSED if is_refused else DEAD_LETTER
            self.text = f"{status or ('refused' if is_refused else 'given up')} → queue"
        elif final or (status is None and not self.attempt):
            self.state = REFUSED
            self.text = f"{status or 'no request'} → queue"
        else:
            self.state = DEAD_LETTER
            count = self.attempt or 1
            tries = "1 attempt" if count == 1 else f"{count} attempts"
            self.text = f"{f'{status}, ' if status else ''}{tries} → queue"

    def _keep(self, step: Step) -> None:
        kept = {name: step[name] for name in _KEPT_OF_A_STEP if step.get(name) is not None}
        kept |= {name: _plain(kept[name]) for name in ("problem", "why") if name in kept}
        if len(self.steps) >= MOST_STEPS:
            del self.steps[MOST_STEPS // 2]
        self.steps.append(kept)


def _plain(problem: str) -> str:
    """Return what went wrong with a connection, without the system's number for it."""
    return _CONNECT.sub("no connection: ", problem)


def _milliseconds(seconds: object) -> float | None:
    return seconds * _MILLISECONDS if isinstance(seconds, int | float) else None
