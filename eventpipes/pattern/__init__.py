"""EventBridge event patterns: `compile(pattern).matches(event)`, and `explain(event)` says why.

See AWS: "Comparison operators for use in event patterns". Compared with AWS's reference
implementation, aws/event-ruler 1.9.0.
"""

from eventpipes.pattern.explanation import Alternative, Clause, Explanation, Found
from eventpipes.pattern.matching import Pattern
from eventpipes.pattern.parser import parse

__all__ = ["Alternative", "Clause", "Explanation", "Found", "Pattern", "compile"]


def compile(pattern: str | dict[str, object]) -> Pattern:  # noqa: A001 - as in `re`
    """Parse a pattern strictly, and return an object that matches events against it.

    `pattern` is JSON text or a dict. If a key is repeated in the text, each of its values is used.
    If a whole path is repeated, only its last values are used.

    Raises:
        InvalidPattern: EventBridge would reject it.

    """
    return Pattern(parse(pattern))
