"""Why patterns match an event or refuse it, in words and as data."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from eventpipes.pattern.leaves import PathSteps


class Found(NamedTuple):
    """A value of the event, and the names and indices that lead to it."""

    value: object
    path: PathSteps


@dataclass(frozen=True, kw_only=True)
class Clause:
    """A field of a pattern, and what the event has there.

    `path` has the names as the pattern has them, `values` the field's list of values as JSON.
    `found` are the event's values there: none, one, or several of an array. `accepted` is the one
    that the clause takes; a clause that asks for no value takes None. `says` and `wants` tell both
    in words; `hint` has a sentence about a probable mistake, or is empty.
    """

    path: tuple[str, ...]
    values: tuple[object, ...]
    found: tuple[Found, ...]
    accepted: Found | None
    matched: bool
    says: str
    wants: str
    hint: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the clause for scripts."""
        return {
            "path": list(self.path),
            "values": list(self.values),
            "matched": self.matched,
            "found": [_found_json(held) for held in self.found],
            "accepted": None if self.accepted is None else _found_json(self.accepted),
            "says": self.says,
            "wants": self.wants,
            "hint": self.hint,
        }


def _found_json(held: Found) -> dict[str, Any]:
    return {"value": held.value, "path": list(held.path)}


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """One way to match: all of its clauses must. A pattern without `$or` has one.

    `apart` are clauses that each match by itself, but not in the same element of an array; `arrays`
    are the paths of these arrays. `pattern` is the number of the pattern and `number` that of the
    alternative in it, from 1.
    """

    clauses: tuple[Clause, ...]
    apart: tuple[Clause, ...] = ()
    arrays: tuple[tuple[str, ...], ...] = ()
    pattern: int = 1
    number: int = 1

    @property
    def refused(self) -> tuple[Clause, ...]:
        """The clauses that refuse the event, each by itself."""
        return tuple(clause for clause in self.clauses if not clause.matched)

    @property
    def matched(self) -> bool:
        """Whether the event matches."""
        return not self.refused and not self.apart

    def sentences(self, noun: str) -> list[str]:
        """Return a sentence for each clause that refuses, or for each clause if all match."""
        if self.apart:
            values = " and ".join(clause.says for clause in self.apart)
            of = " and ".join(".".join(array) for array in self.arrays) or "an array"
            return [f"{values}, but not in the same element of {of}; the {noun} wants them in one"]
        if self.matched:
            return [clause.says for clause in self.clauses]
        return [_refusal(clause, noun) for clause in self.refused]

    def as_json(self) -> dict[str, Any]:
        """Return the alternative for scripts."""
        return {
            "pattern": self.pattern,
            "number": self.number,
            "matched": self.matched,
            "clauses": [clause.as_json() for clause in self.clauses],
            "apart": [list(clause.path) for clause in self.apart],
            "arrays": [list(array) for array in self.arrays],
        }


def _refusal(clause: Clause, noun: str) -> str:
    hint = f"; {clause.hint}" if clause.hint else ""
    return f"{clause.says}; the {noun} wants {clause.wants}{hint}"


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why an event or a record matches, or does not.

    `alternatives` are those that refuse it, or the one that matches. Nothing but a pipe without
    filters has none. `noun` says what refuses: a `pattern`, the `filter` of a pipe, or a `rule`;
    `name` is the name of the pipe or rule.
    """

    matched: bool
    alternatives: tuple[Alternative, ...] = ()
    noun: str = "pattern"
    name: str = ""

    @property
    def refused(self) -> tuple[Clause, ...]:
        """The clauses that refuse in every alternative; without one, see the alternatives."""
        if self.matched or not self.alternatives:
            return ()
        first, *others = ([*alternative.refused] for alternative in self.alternatives)
        return tuple(clause for clause in first if all(clause in refused for refused in others))

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say which clauses refuse, or which match.

        With several alternatives there is a sentence for each clause that refuses in all of them.
        If there is none, there are the sentences of each alternative, which begin with its number.
        """
        if len(self.alternatives) == 1:
            return tuple(self.alternatives[0].sentences(self.noun))
        if self.refused:
            return tuple(_refusal(clause, self.noun) for clause in self.refused)
        several = len({alternative.pattern for alternative in self.alternatives}) > 1
        return tuple(
            f"{self._label(alternative, several=several)}: {sentence}"
            for alternative in self.alternatives
            for sentence in alternative.sentences(self.noun)
        )

    def _label(self, alternative: Alternative, *, several: bool) -> str:
        siblings = sum(other.pattern == alternative.pattern for other in self.alternatives)
        parts = [f"{self.noun} {alternative.pattern}"] if several else []
        parts += [f"alternative {alternative.number}"] if siblings > 1 else []
        return ", ".join(parts)

    def __str__(self) -> str:
        verdict = "matched" if self.matched else "refused"
        return f"{self.noun} {verdict} it: {' | '.join(self.sentences) or 'there is none'}"

    def as_json(self) -> dict[str, Any]:
        """Return the explanation for scripts."""
        return {
            "matched": self.matched,
            "noun": self.noun,
            "name": self.name,
            "sentences": list(self.sentences),
            "alternatives": [alternative.as_json() for alternative in self.alternatives],
        }


def of_any(explanations: Iterable[Explanation], *, noun: str, name: str) -> Explanation:
    """Join the explanations of several patterns, of which one must match; without any, all do."""
    refusing: list[Alternative] = []
    explained = False
    for number, explanation in enumerate(explanations, 1):
        explained = True
        numbered = tuple(
            replace(alternative, pattern=number) for alternative in explanation.alternatives
        )
        if explanation.matched:
            return Explanation(matched=True, alternatives=numbered, noun=noun, name=name)
        refusing += numbered
    return Explanation(matched=not explained, alternatives=tuple(refusing), noun=noun, name=name)
