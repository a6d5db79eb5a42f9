"""EventBridge event patterns: `compile(pattern).matches(event)`.

The language is the one of AWS's reference implementation, aws/event-ruler (compared with version
1.9.0), and of the user guide's "Comparison operators for use in event patterns".
"""

from eventpipes.pattern.matching import Pattern
from eventpipes.pattern.parser import parse

__all__ = ["Pattern", "compile"]


def compile(pattern: str | dict[str, object]) -> Pattern:  # noqa: A001 - as in `re`
    """Parse a pattern strictly and return what matches events against it.

    `pattern` is JSON text or the same as a dict. A repeated key of the text counts each
    time; of a repeated path, the last values win.

    Raises:
        InvalidPattern: EventBridge would reject it.

    """
    return Pattern(parse(pattern))
