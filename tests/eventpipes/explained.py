"""An explanation of a pattern, compared with its verdict and with the event."""

import json
from functools import lru_cache
from typing import Any

import eventpipes
from eventpipes import Alternative, Clause, Explanation, Pattern

Json = dict[str, Any]


def explained(compiled: Pattern, event: Json) -> Explanation:
    """Return the explanation, after it was compared with the verdict and with the event."""
    explanation = compiled.explain(event)
    assert explanation.matched is compiled.matches(event)
    for one in explanation.alternatives:
        assert one.matched is explanation.matched
        for clause in one.clauses:
            check_values(clause, event)
        check_refusal(one, event)
    assert explanation.sentences
    json.dumps(explanation.as_json(), allow_nan=False)
    return explanation


def check_values(clause: Clause, event: Json) -> None:
    """Check that the values of a clause are those of the event, and that it accepts one of them."""
    for found in clause.found:
        assert read(event, found.path) is found.value
        assert ".".join(step for step in found.path if isinstance(step, str)) == ".".join(
            clause.path
        )
    if clause.accepted is not None:
        assert clause.accepted in clause.found
        assert matches({"value": clause.values}, {"value": clause.accepted.value})
    elif clause.matched:
        assert matches({"value": clause.values}, {})


def read(node: Any, path: tuple[str | int, ...]) -> Any:
    """Return what an event has at a path."""
    for step in path:
        node = node[step]
    return node


def pattern_of(*clauses: Clause) -> Json:
    """Return the pattern of some clauses."""
    return {".".join(clause.path): clause.values for clause in clauses}


def matches(pattern: Json, event: Json) -> bool:
    """Say whether an event matches a pattern. Its alternatives may share clauses.

    >>> matches({"a": (1,)}, {"a": 1})
    True
    """
    return _compiled(json.dumps(pattern)).matches(event)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Pattern:
    return eventpipes.compile(pattern)


def check_refusal(one: Alternative, event: Json) -> None:
    """Check that a pattern with only the named clauses also refuses the event."""
    for clause in one.refused:
        assert not matches(pattern_of(clause), event)
    if one.apart:
        assert len(one.apart) > 1
        assert not matches(pattern_of(*one.apart), event)
        for left_out in one.apart:
            rest = [clause for clause in one.apart if clause is not left_out]
            assert matches(pattern_of(*rest), event)
