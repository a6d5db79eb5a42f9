"""Losses of a pipe: records, dead letters, attempts, its log."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from eventpipes import Definition
from momento_pipes.topology import topology_of
from ops.review.losses.cases import WHAT_FOR
from ops.review.losses.loss import Loss, Whole, block, only_shown
from ops.review.plan import Action, ResourceChange

LEVELS = ("OFF", "ERROR", "INFO", "TRACE")
REPAIR = "run ./help.sh verify --repair afterwards"


def pipe(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
    """Yield the losses of a pipe."""
    if change.action is Action.REPLACE and change.tainted:
        yield only_shown(
            "replaced",
            "the pipe is tainted, so it is replaced. If its creation failed, it has read nothing,"
            " and nothing is lost. If somebody ran terraform taint, records written between the old"
            " and the new pipe are never delivered",
            f"after terraform taint, {REPAIR}",
        )
    elif change.action is Action.REPLACE:
        reason = ", ".join(change.replaced_for) or "its source or name"
        yield Loss(
            name="replaced",
            text=f"the pipe is replaced ({reason}), and the new one begins at LATEST: records"
            " written between the old and the new pipe are never delivered",
            instead=f"stop writing meanwhile, or {REPAIR}",
        )
    elif change.action is Action.DELETE:
        yield _destroyed(change, whole)
    elif whole.made_anew(change):
        yield only_shown(
            "made-anew",
            "the pipe was deleted outside of Terraform, and the new one begins at LATEST: records"
            " written meanwhile are never delivered",
            REPAIR,
        )
    elif change.action is Action.UPDATE:
        yield from _dead_letters(change)
        yield from _bounds(change)
        yield from _log(change)


def _destroyed(change: ResourceChange, whole: Whole) -> Loss:
    others = _readers(change, whole)
    if others:
        names = " and ".join(others)
        return Loss(
            name="destroyed",
            text=f"the pipe is destroyed, and {names} will read the same stream. A new pipe begins"
            " at LATEST: records written before that may not be delivered",
            instead=_instead(change, others, whole),
            values=tuple(others),
        )
    if beside := _beside(change, whole):
        return only_shown(
            "destroyed",
            f"the pipe is destroyed, and {' and '.join(beside)} already reads the same stream:"
            " nothing is lost if this pipe has sent everything that was written before the other"
            " pipe began",
            "wait for PIPE_RECORD_AGE_SECONDS after the first step; run ./help.sh verify --repair"
            " afterwards, because a late request of this pipe may have replaced a newer value",
        )
    return Loss(
        name="destroyed",
        text="the pipe is destroyed, and the plan adds no other pipe for its stream: later changes"
        " are not delivered",
        instead="to pause the pipe, stop it (at most 24 hours)",
    )


def _current(change: ResourceChange, whole: Whole) -> Definition | None:
    name = change.before.get("name")
    return next((definition for definition in whole.pipes_before if definition.name == name), None)


def _instead(change: ResourceChange, others: list[str], whole: Whole) -> str:
    """Return what to do; a change between pipes and a workflow is possible without a loss."""
    was = _current(change, whole)
    old = "" if was is None else topology_of([was])
    new = {topology_of([definition]) for definition in whole.pipes if definition.name in others}
    if {old, *new} != {"pipes", "workflow"}:
        return f"stop writing meanwhile, or {REPAIR}"
    (topology,) = new
    return (
        f"do it in two steps: deploy with TOPOLOGY={topology} ALSO_TOPOLOGY={old}, so that both run"
        " for some time (then the cache gets each request twice, and a message may come twice);"
        f" after PIPE_RECORD_AGE_SECONDS deploy with TOPOLOGY={topology} alone, and {REPAIR}"
    )


def _beside(change: ResourceChange, whole: Whole) -> list[str]:
    """Return the pipes of another topology that already read the stream of a destroyed pipe."""
    was = _current(change, whole)
    before = {definition.name for definition in whole.pipes_before}
    return [
        definition.name
        for definition in _on_its_stream(was, whole)
        if definition.name in before and was and topology_of([definition]) != topology_of([was])
    ]


def _readers(change: ResourceChange, whole: Whole) -> list[str]:
    """Return the names of new pipes that read the stream of a destroyed pipe."""
    created = {
        creation.after.get("name")
        for creation in whole.plan.of(Action.CREATE)
        if creation.type == change.type
    }
    on_it = _on_its_stream(_current(change, whole), whole)
    return [definition.name for definition in on_it if definition.name in created]


def _on_its_stream(was: Definition | None, whole: Whole) -> list[Definition]:
    """Return the pipes that run after the plan and read the stream that a pipe read."""
    return [
        definition
        for definition in whole.pipes
        if was and definition.source.arn == was.source.arn and definition.desired_state != "STOPPED"
    ]


def _dead_letters(change: ResourceChange) -> Iterator[Loss]:
    # Before apply, the ARN of a new queue is not known, but its block is there.
    before, after = (block(_stream(side), "dead_letter_config") for side in change.sides)
    has_queue = [bool(_stream(side).get("dead_letter_config")) for side in change.sides]
    if has_queue == [True, False]:
        yield Loss(
            name="no-dead-letters",
            text="the pipe has no dead-letter queue any more: a record that it gives up is lost",
            instead="keep the queue",
        )
    elif all(has_queue) and before.get("arn") and after.get("arn") not in (None, before["arn"]):
        yield only_shown(
            "other-dead-letters",
            "the pipe's dead letters go to another queue: ./help.sh redrive no longer finds the"
            " letters in the old queue",
            "empty the old queue first: ./help.sh redrive",
        )


def _bounds(change: ResourceChange) -> Iterator[Loss]:
    before, after = _stream(change.before), _stream(change.after)
    if _is_endless(after) and not _is_endless(before):
        yield only_shown(
            "endless",
            "the pipe tries a record as long as the stream keeps it: a record that never succeeds"
            " stops its shard for a day",
            "set PIPE_RETRY_ATTEMPTS or PIPE_RECORD_AGE_SECONDS",
        )
    attempts, ages = (
        [_bound(side.get(name)) for side in (before, after)]
        for name in ("maximum_retry_attempts", "maximum_record_age_in_seconds")
    )
    if attempts[1] < attempts[0]:
        yield only_shown(
            "fewer-attempts",
            f"a record that fails is tried again {_times(attempts[1])} instead of"
            f" {_times(attempts[0])}: a shorter failure of Momento makes dead letters",
            "keep the attempts, or look at the dead-letter queue: ./help.sh redrive",
        )
    if _age(ages[1]) < _age(ages[0]):
        yield only_shown(
            "shorter-age",
            f"a record is given up after {_seconds(ages[1])} instead of {_seconds(ages[0])}: a"
            " shorter failure of Momento, or a shorter stop of the pipe, makes dead letters",
            "keep the age, or look at the dead-letter queue: ./help.sh redrive",
        )
    if change.after.get("desired_state") == "STOPPED" != change.before.get("desired_state"):
        yield only_shown(
            "stopped",
            "the pipe stops: records older than 24 hours leave the stream undelivered",
            f"start it again within 24 hours, or {REPAIR}",
        )


def _log(change: ResourceChange) -> Iterator[Loss]:
    before, after = (block(side, "log_configuration") for side in change.sides)
    levels = [LEVELS.index(log.get("level") or "OFF") for log in (before, after)]
    if levels[1] < levels[0]:
        yield only_shown(
            "less-logged",
            f"the pipe logs at {LEVELS[levels[1]]} instead of {LEVELS[levels[0]]}: {WHAT_FOR}",
            "keep the level, at least ERROR",
        )
    if before.get("include_execution_data") and not after.get("include_execution_data"):
        yield only_shown(
            "no-execution-data",
            f"the pipe no longer logs its records: {WHAT_FOR}",
            "look at the dead-letter queue within 24 hours: ./help.sh redrive",
        )


def _stream(side: Mapping[str, Any]) -> Mapping[str, Any]:
    return block(block(side, "source_parameters"), "dynamodb_stream_parameters")


def _is_endless(stream: Mapping[str, Any]) -> bool:
    """Return whether a pipe tries a record until it leaves the stream after a day.

    If a change does not name the attempts, the provider sends 0, which is a limit.
    """
    age = stream.get("maximum_record_age_in_seconds")
    return stream.get("maximum_retry_attempts") == -1 and age in (None, 0, -1)


def _bound(value: object) -> float:
    """Return a limit as a number; None and -1 mean no limit."""
    return value if isinstance(value, int) and value >= 0 else math.inf


def _age(value: float) -> float:
    """Return how many seconds a record is tried: at most the day that a stream keeps it."""
    return min(value or math.inf, 86_400)


def _times(value: float) -> str:
    return "without end" if value == math.inf else f"{value:.0f} times"


def _seconds(value: float) -> str:
    return f"{_age(value):.0f} seconds"
