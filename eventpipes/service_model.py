"""What AWS's service models take as HTTP parameters, for pipes and for rules.

The shapes have the models' own names: `pipes` is EventBridge Pipes, `events` is EventBridge. A
test compares them with the models that botocore ships. In both models HeaderValue is written so
that a long value which does not match takes a regular expression for ever; the pattern here takes
the same values.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_LENGTH: Final = 512
"""Characters of a header's or a query parameter's name, and of its value."""
JSON_PATH: Final = r"\$(\.[\w/_-]+(\[(\d+|\*)\])*)*"
HEADER_KEY: Final = r"[!#$%&'*+-.^_`|~0-9a-zA-Z]+"
HEADER_VALUE: Final = r"\t*[\x20-\x7E][\t\x20-\x7E]*"
PATH_PARAMETER: Final = r"(?!\s*$).+"
QUERY_STRING_KEY: Final = r"[^\x00-\x1F\x7F]+"
QUERY_STRING_VALUE: Final = r"[^\x00-\x09\x0B\x0C\x0E-\x1F\x7F]+"


@dataclass(frozen=True)
class Shape:
    """A string of a service model: its pattern, and the most characters it may have."""

    name: str
    pattern: re.Pattern[str]
    says: str
    longest: int | None = MAX_LENGTH

    def trouble(self, text: str) -> str | None:
        """Return why AWS refuses a text, or nothing if it takes it."""
        if self.longest is not None and len(text) > self.longest:
            return f"has {len(text)} characters; it may have {self.longest}"
        if not self.pattern.fullmatch(text):
            return f"is {text!r}; {self.says}"
        return None


Model = Mapping[str, Shape]


def _model(*, paths: bool) -> Model:
    """Return a service's shapes; in that of pipes, each may be a JSON path as well."""
    tail = rf"|({JSON_PATH})" if paths else ""
    shapes = (
        ("HeaderKey", HEADER_KEY, "write a header's name: letters, digits, dashes, no spaces"),
        (
            "HeaderValue",
            HEADER_VALUE,
            "a header's value holds ASCII characters and tabs, at least one",
        ),
        ("PathParameter", PATH_PARAMETER, "write one line that is not empty or blank"),
        ("QueryStringKey", QUERY_STRING_KEY, "it holds no control characters, and at least one"),
        (
            "QueryStringValue",
            QUERY_STRING_VALUE,
            "it holds no control characters but line breaks, and at least one",
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
