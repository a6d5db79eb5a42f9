"""A loss: what a plan takes away, and what to do in its place."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eventpipes import Definition, EventPipesError, RuleDefinition
from eventpipes.planned import after, before, rules_after
from ops.review.plan import Action, Change, Plan, holds

GONE = (Action.DELETE, Action.REPLACE)
"""What Terraform only forgets goes on as it is."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """One loss: its name, which `--allow` takes, its sentence, and what to do instead.

    `blocks` says whether it holds the plan back; the others are told only.
    """

    name: str
    text: str
    instead: str
    blocks: bool = True


def told(name: str, text: str, instead: str) -> Loss:
    """Return a loss that does not hold the plan back."""
    return Loss(name=name, text=text, instead=instead, blocks=False)


@dataclass(frozen=True)
class Whole:
    """The plan as a whole, for rules that look beyond one resource."""

    plan: Plan

    @cached_property
    def pipes_before(self) -> list[Definition]:
        """The pipes as they are; none where their state cannot be read."""
        try:
            return before(self.plan.document)
        except EventPipesError:
            return []

    @cached_property
    def pipes(self) -> list[Definition]:
        """The pipes once the plan is applied; none where that cannot be told."""
        try:
            return after(self.plan.document)
        except EventPipesError:
            return []

    @cached_property
    def rules(self) -> list[RuleDefinition]:
        """The rules once the plan is applied."""
        try:
            return rules_after(self.plan.document)
        except EventPipesError:
            return []

    @cached_property
    def vanished(self) -> frozenset[str]:
        """The addresses that are gone outside of Terraform."""
        return frozenset(one.address for one in self.plan.drift if one.action is Action.DELETE)

    def configured(self, address: str) -> Mapping[str, Any] | None:
        """Return what the root module writes for a resource; nothing where it has none there.

        See Terraform: "JSON Output Format", the configuration representation.
        """
        root = (self.plan.document.get("configuration") or {}).get("root_module") or {}
        for one in root.get("resources") or ():
            if one.get("address") == address:
                written: Mapping[str, Any] = one.get("expressions") or {}
                return written
        return None

    def made_anew(self, change: Change) -> bool:
        """Say whether a resource is created in the place of one that somebody has deleted."""
        return change.action is Action.CREATE and change.address in self.vanished


Rule = Callable[[Change, Whole], Iterator[Loss]]
"""Yields what a change of one resource loses; its own action is the first thing it looks at."""


def done(change: Change) -> str:
    """Return what happens to a resource that goes."""
    return "destroyed" if change.action is Action.DELETE else "replaced"


def block(side: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a block that is there at most once, empty if it is not."""
    found = side.get(name) or [{}]
    one: Mapping[str, Any] = (found[0] if isinstance(found, list) else found) or {}
    return one


def is_known(change: Change, name: str) -> bool:
    """Say whether an attribute is known before the plan is applied."""
    return not holds(change.unknown.get(name))


def differs(change: Change, name: str) -> bool:
    """Say whether an attribute changes, as far as it is known."""
    return is_known(change, name) and change.before.get(name) != change.after.get(name)


def falls(change: Change, name: str) -> bool:
    """Say whether something is switched off: by false, or by saying no more about it."""
    return is_known(change, name) and bool(change.before.get(name)) and not change.after.get(name)


def is_less(before: object, after: object) -> bool:
    """Say whether a number has become a smaller one; what is not a number has not."""
    return isinstance(before, int | float) and isinstance(after, int | float) and after < before
