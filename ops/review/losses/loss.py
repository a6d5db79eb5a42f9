"""A loss: what a plan takes away, and what to do instead."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eventpipes import Definition, EventPipesError, RuleDefinition
from eventpipes.planned import after, before, rules_after
from ops.review.plan import Action, Plan, ResourceChange, holds

GONE = (Action.DELETE, Action.REPLACE)
"""FORGET is not in it: the resource that Terraform forgets stays as it is."""


@dataclass(frozen=True, kw_only=True)
class Loss:
    """One loss: its name for `--allow`, its sentence, and what to do instead.

    `blocks` says whether it holds the plan back; other losses are only shown. `values` are the
    names and numbers in the sentence that come from elsewhere than the resource's change; a token
    is valid only for the same values.
    """

    name: str
    text: str
    instead: str
    blocks: bool = True
    values: tuple[object, ...] = ()


def only_shown(name: str, text: str, instead: str) -> Loss:
    """Return a loss that does not hold the plan back."""
    return Loss(name=name, text=text, instead=instead, blocks=False)


@dataclass(frozen=True)
class Whole:
    """The plan as a whole, for losses that depend on more than one resource."""

    plan: Plan

    @cached_property
    def pipes_before(self) -> list[Definition]:
        """The current pipes; empty if they cannot be read."""
        try:
            return before(self.plan.document)
        except EventPipesError:
            return []

    @cached_property
    def pipes(self) -> list[Definition]:
        """The pipes after the plan; empty if they are not known."""
        try:
            return after(self.plan.document)
        except EventPipesError:
            return []

    @cached_property
    def rules(self) -> list[RuleDefinition]:
        """The rules after the plan."""
        try:
            return rules_after(self.plan.document)
        except EventPipesError:
            return []

    @cached_property
    def vanished(self) -> frozenset[str]:
        """The addresses that were removed outside of Terraform."""
        return frozenset(
            change.address for change in self.plan.drift if change.action is Action.DELETE
        )

    def configured(self, address: str) -> Mapping[str, Any] | None:
        """Return the configuration of a resource in the root module; empty if it has none there.

        See Terraform: "JSON Output Format", the configuration representation.
        """
        root = (self.plan.document.get("configuration") or {}).get("root_module") or {}
        for resource in root.get("resources") or ():
            if resource.get("address") == address:
                written: Mapping[str, Any] = resource.get("expressions") or {}
                return written
        return None

    def made_anew(self, change: ResourceChange) -> bool:
        """Return whether a resource is created again because somebody deleted it."""
        return change.action is Action.CREATE and change.address in self.vanished


LossFinder = Callable[[ResourceChange, Whole], Iterator[Loss]]
"""Yields the losses of one resource's change; it looks at the change's action first."""


def done(change: ResourceChange) -> str:
    """Return the verb for a resource that is destroyed or replaced."""
    return "destroyed" if change.action is Action.DELETE else "replaced"


def block(side: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a block that occurs at most once; empty if it is not there."""
    value = side.get(name) or [{}]
    only: Mapping[str, Any] = (value[0] if isinstance(value, list) else value) or {}
    return only


def is_known(change: ResourceChange, name: str) -> bool:
    """Return whether an attribute is known before the plan is applied."""
    return not holds(change.unknown.get(name))


def differs(change: ResourceChange, name: str) -> bool:
    """Return whether an attribute changes, if that is known."""
    return is_known(change, name) and change.before.get(name) != change.after.get(name)


def falls(change: ResourceChange, name: str) -> bool:
    """Return whether a setting is switched off: it is false, or it is missing."""
    return is_known(change, name) and bool(change.before.get(name)) and not change.after.get(name)


def is_less(before: object, after: object) -> bool:
    """Return whether a value is a number and becomes smaller."""
    return isinstance(before, int | float) and isinstance(after, int | float) and after < before


def lowered(change: ResourceChange, name: str) -> bool:
    """Return whether a number becomes smaller, if that is known."""
    return is_known(change, name) and is_less(change.before.get(name), change.after.get(name))


@dataclass(frozen=True)
class Case:
    """A loss as data: it happens if the test is true for the attribute in a change.

    `text` may contain `{before}` and `{after}`, the attribute's values, and `{done}`, the verb for
    a destroyed or replaced resource. A loss without a name has that verb as its name.
    """

    attribute: str
    test: Callable[[ResourceChange, str], bool]
    name: str
    text: str
    instead: str
    blocks: bool = False
    actions: tuple[Action, ...] = (Action.UPDATE,)


def always(_: ResourceChange, __: str) -> bool:
    """Return True, for a loss that depends on the action alone."""
    return True


def goes(text: str, instead: str, *, blocks: bool = True) -> Case:
    """Return the loss of a resource that is destroyed or replaced."""
    return Case("", always, "", text, instead, blocks, GONE)


def destroyed(text: str, instead: str) -> Case:
    """Return the loss of a resource that is destroyed, and not replaced; it is only shown."""
    return Case("", always, "destroyed", text, instead, actions=(Action.DELETE,))


def made_anew(text: str, instead: str = "run ./help.sh verify --repair afterwards") -> Case:
    """Return the loss of a resource that was deleted by hand and is created again."""
    return Case("", always, "made-anew", text, instead, actions=(Action.CREATE,))


def any_of(*cases: Case) -> LossFinder:
    """Return what yields the loss of each case that happens."""

    def find(change: ResourceChange, whole: Whole) -> Iterator[Loss]:
        if change.action is Action.CREATE and not whole.made_anew(change):
            return
        for case in cases:
            if change.action in case.actions and case.test(change, case.attribute):
                sides = {"before": change.before, "after": change.after}
                values = {name: side.get(case.attribute) for name, side in sides.items()}
                text = case.text.format(done=done(change), **values)
                yield Loss(
                    name=case.name or done(change),
                    text=text,
                    instead=case.instead,
                    blocks=case.blocks,
                    values=tuple(v for side, v in values.items() if f"{{{side}}}" in case.text),
                )

    return find
