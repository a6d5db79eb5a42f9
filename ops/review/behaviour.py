"""What a plan changes in what the pipes send: events gained and lost, requests before and after.

The same engine that judges the pipes at synth and runs them locally answers here, on sample
records, so a review shows what a filter or a template means instead of how it is spelled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eventpipes import Definition, Event, EventPipesError, Filtered, Pipe, Request, Unprocessable
from eventpipes.outcome import masked
from eventpipes.planned import after, before
from eventpipes.request import DEFAULT_HEADERS
from eventpipes.template import to_json
from ops.review.plan import Plan

_ITEM: Final = {
    "Location": {"S": "Oslo"},
    "MaxTemp": {"N": "21"},
    "MinTemp": {"N": "9"},
    "ChancesOfPrecipitation": {"N": "40"},
    "TTL": {"N": "600"},
}
_OLD: Final = _ITEM | {"MaxTemp": {"N": "18"}}
_BY_TTL: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


def _record(kind: str, **more: object) -> dict[str, Any]:
    images: dict[str, Any] = {"Keys": {"Location": {"S": "Oslo"}}}
    if kind != "REMOVE":
        images["NewImage"] = _ITEM
    if kind != "INSERT":
        images["OldImage"] = _OLD
    return {
        "eventID": "1",
        "eventVersion": "1.1",
        "eventName": kind,
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": images | {"StreamViewType": "NEW_AND_OLD_IMAGES", "SequenceNumber": "1"},
        **more,
    }


SAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "an item is written": _record("INSERT"),
    "an item is changed": _record("MODIFY"),
    "an item is deleted": _record("REMOVE"),
    "an item is deleted by its time to live": _record("REMOVE", userIdentity=_BY_TTL),
}
"""A weather record's life; `--samples` takes a user's own."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a pipe does with one sample before and after, as text; none where it sends nothing."""

    sample: str
    before: str | None
    after: str | None

    @property
    def gained(self) -> bool:
        """Whether the record is sent from now on."""
        return self.before is None and self.after is not None

    @property
    def lost(self) -> bool:
        """Whether the record is no longer sent."""
        return self.before is not None and self.after is None


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """A changed pipe's answers that differ; `trouble` if it cannot be run."""

    pipe: str
    answers: Sequence[Answer]
    trouble: str = ""


def compare(plan: Plan, samples: Mapping[str, Mapping[str, Any]] = SAMPLES) -> list[Behaviour]:
    """Return the pipes that answer otherwise once the plan is applied.

    New pipes are compared with nothing, so each of their requests is shown; pipes that go are
    left out, as the plan shows them already.
    """
    old = {definition.name: definition for definition in before(plan.document)}
    found = []
    for new in after(plan.document):
        try:
            answers = _answers(old.get(new.name), new, samples)
        except EventPipesError as error:
            found.append(Behaviour(pipe=new.name, answers=(), trouble=str(error)))
            continue
        if answers:
            found.append(Behaviour(pipe=new.name, answers=answers))
    return found


def _answers(
    old: Definition | None, new: Definition, samples: Mapping[str, Mapping[str, Any]]
) -> list[Answer]:
    pipes = [None if old is None else Pipe(old), Pipe(new)]
    answers = []
    for name, record in samples.items():
        texts = [_text(pipe, record) for pipe in pipes]
        if texts[0] != texts[1]:
            answers.append(Answer(sample=name, before=texts[0], after=texts[1]))
    return answers


def _text(pipe: Pipe | None, record: Mapping[str, object]) -> str | None:
    if pipe is None:
        return None
    match pipe.process(record):
        case Filtered():
            return None
        case Unprocessable(reason=reason):
            return f"no request can be made: {reason}"
        case Event(envelope=envelope):
            lasting = {name: envelope[name] for name in ("source", "detail-type", "detail")}
            return f"an event on the bus: {to_json(lasting)}"
        case Request() as request:
            headers = masked(request.headers)
            own = [
                f"{name}: {value}" for name, value in headers.items() if name not in DEFAULT_HEADERS
            ]
            return "\n".join([f"{request.method} {request.url}", *own, "", request.body])
