"""The rest of a plan: what a reviewed plan still has to do after its apply failed half-way."""

from collections.abc import Iterator
from typing import Any

from ops.review.plan import Action, Plan, ResourceChange

_MADE = (Action.CREATE, Action.REPLACE)


def beyond(reviewed: Plan, rest: Plan) -> list[str]:
    """Return the addresses at which a new plan does something that the reviewed plan does not.

    A resource whose creation failed may be created again, or replaced. Every other change has to
    be in the reviewed plan, with the same values, as far as both plans know them.
    """
    return sorted(_beyond({change.address: change for change in reviewed.changes}, rest))


def _beyond(reviewed: dict[str, ResourceChange], rest: Plan) -> Iterator[str]:
    for change in rest.changes:
        if not change.does_something:
            continue
        was = reviewed.get(change.address)
        if was is None or not (_same_action(was, change) and _same_values(was, change)):
            yield change.address


def _same_action(was: ResourceChange, now: ResourceChange) -> bool:
    if was.action is now.action:
        return (was.moved_from, was.imported) == (now.moved_from, now.imported)
    if was.action is Action.REPLACE:
        return now.action is Action.CREATE  # it was deleted, and its successor not created
    return was.action is Action.CREATE and now.action is Action.REPLACE and now.tainted


def _same_values(was: ResourceChange, now: ResourceChange) -> bool:
    if now.action not in (*_MADE, Action.UPDATE):
        return True
    return _agree(was.after, now.after, was.unknown, now.unknown)


def _agree(was: Any, now: Any, unknown_was: Any, unknown_now: Any) -> bool:  # noqa: ANN401 - any JSON
    """Return whether the known parts of two values are the same. All empty values are the same."""
    if unknown_was is True or unknown_now is True:
        return True
    if isinstance(was, dict) and isinstance(now, dict):
        names = [
            members if isinstance(members, dict) else {} for members in (unknown_was, unknown_now)
        ]
        return all(
            _agree(was.get(name), now.get(name), *(members.get(name) for members in names))
            for name in was.keys() | now.keys()
        )
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        marks = [
            elements
            if isinstance(elements, list) and len(elements) == len(was)
            else [None] * len(was)
            for elements in (unknown_was, unknown_now)
        ]
        return all(map(_agree, was, now, *marks))
    return was == now or (_is_empty(was) and _is_empty(now))


def _is_empty(value: object) -> bool:
    return value is None or value in ("", {}, [])
