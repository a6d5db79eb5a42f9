"""EventBridge event patterns: `compile(pattern).matches(event)`, and `explain(event)` says why.

The language is that of AWS's reference implementation, aws/event-ruler (compared with version
1.9.0), and of the user guide's "Comparison operators for use in event patterns".
"""

from eventpipes.pattern.explanation import Alternative, Clause, Explanation, Found
from eventpipes.pattern.matching import Pattern
from eventpipes.pattern.parser import parse

__all__ = ["Alternative", "Clause", "Explanation", "Found", "Pattern", "compile"]


def compile(pattern: str | dict[str, object]) -> Pattern:  # noqa: A001 - as in `re`
    """Parse a pattern strictly, and return an object that matches events against it.

    `pattern` is JSON text or a dict. Each value of a repeated key in the text counts; if a path is
    repeated, its last values count.

    Raises:
        InvalidPattern: EventBridge would reject it.

    """
    return Pattern(parse(pattern))
