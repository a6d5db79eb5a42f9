"""The HTTP parameters that AWS's service models accept, for pipes and for rules.

The shapes have the names of the models: `pipes` is EventBridge Pipes, `events` is EventBridge. A
test compares them with the models in botocore. AWS's pattern for HeaderValue is very slow for a
long value that does not match. The pattern here accepts the same values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_LENGTH: Final = 512
"""The most characters that the name or the value of a header or query parameter may have."""
JSON_PATH: Final = r"\$(\.[\w/_-]+(\[(\d+|\*)\])*)*"
HEADER_KEY: Final = r"[!#$%&'*+-.^_`|~0-9a-zA-Z]+"
HEADER_VALUE: Final = r"\t*[\x20-\x7E][\t\x20-\x7E]*"
PATH_PARAMETER: Final = r"(?!\s*$).+"
QUERY_STRING_KEY: Final = r"[^\x00-\x1F\x7F]+"
QUERY_STRING_VALUE: Final = r"[^\x00-\x09\x0B\x0C\x0E-\x1F\x7F]+"


@dataclass(frozen=True)
class Shape:
    """A string of a service model: its pattern, and the most characters that it may have."""

    name: str
    pattern: re.Pattern[str]
    says: str
    longest: int | None = MAX_LENGTH

    def trouble(self, text: str) -> str | None:
        """Return why AWS refuses a text, or None if AWS accepts it."""
        if self.longest is not None and len(text) > self.longest:
            return f"has {len(text)} characters; it may have {self.longest}"
        if not self.pattern.fullmatch(text):
            return f"is {text!r}; {self.says}"
        return None


Model = Mapping[str, Shape]


def _model(*, paths: bool) -> Model:
    """Return the shapes of a service; for pipes, each value may also be a JSON path."""
    tail = rf"|({JSON_PATH})" if paths else ""
    shapes = (
        ("HeaderKey", HEADER_KEY, "write a header's name: letters, digits, dashes, no spaces"),
        (
            "HeaderValue",
            HEADER_VALUE,
            "write at least one character; only ASCII characters and tabs are allowed",
        ),
        ("PathParameter", PATH_PARAMETER, "write one line that is not empty or blank"),
        ("QueryStringKey", QUERY_STRING_KEY, "write at least one character, without controls"),
        (
            "QueryStringValue",
            QUERY_STRING_VALUE,
            "write at least one character; line breaks are the only allowed control characters",
        ),
    )
    return {
        name: Shape(
            name,
            re.compile(pattern + tail, re.ASCII),
            says,
            None if name == "PathParameter" else MAX_LENGTH,
        )
        for name, pattern, says in shapes
    }


PIPES: Final = _model(paths=True)
EVENTS: Final = _model(paths=False)
