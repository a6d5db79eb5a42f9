"""Expressions in JSONata, as Step Functions evaluates them.

See AWS: "Transforming data with JSONata in Step Functions".
"""

import json
import re
from collections.abc import Iterable

from stacks.mapping.attribute import Attribute
from stacks.mapping.errors import MappingError
from stacks.mapping.record import Stream
from stacks.mapping.text import Joined, Text

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = {"and", "or", "in", "true", "false", "null", "function"}
_STEP = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")


def expression(code: str) -> str:
    """Return JSONata as a value in a state machine's definition."""
    return f"{{% {code} %}}"


def quoted(text: str) -> str:
    """Return a text as a literal of JSONata, which holds nothing that ends the expression."""
    return json.dumps(text, ensure_ascii=False).replace("%}", r"\u0025}")


def constant(text: str) -> str:
    """Return a constant text as a value in a definition."""
    is_half = text.startswith("{%") or text.endswith("%}")
    return expression(quoted(text)) if is_half else text


def step(name: str) -> str:
    """Return one step of a path.

    >>> step("Status"), step("max-temp"), step("in")
    ('Status', '`max-temp`', '`in`')
    """
    if "`" in name:
        raise MappingError(
            f"the attribute {name!r} has a backtick in its name, which JSONata cannot quote: write"
            " its value to an attribute with another name, and map that"
        )
    return name if _NAME.fullmatch(name) and name not in _WORDS else f"`{name}`"


def path(image: str, attribute: Attribute) -> str:
    """Return the place of an attribute's value in an image.

    >>> path("$new", Attribute("Tags", "L").element(0))
    '$new.Tags.L[0].S'
    """
    if attribute.is_whole:  # its name may hold dots
        return f"{image}.{step(attribute.name)}.{attribute.type}"
    steps = (f"{step(match[1])}{match[2]}" for match in _STEP.finditer(attribute.path))
    return ".".join([image, *steps])


class RecordImages:
    """Where a stream record's images are; `record` is the JSONata of the record."""

    def __init__(self, stream: Stream, record: str) -> None:
        self._stream = stream
        self.record = record
        self.keys = f"{record}.dynamodb.Keys"
        self.new = f"{record}.dynamodb.NewImage"
        self.old = f"{record}.dynamodb.OldImage"

    def value(self, attribute: Attribute, image: str) -> str:
        """Return the place of an attribute's value; a table's key is in the keys."""
        return path(self.keys if self._stream.keys.has(attribute) else image, attribute)

    def joined(self, text: Joined, image: str) -> str:
        """Return a text that is read from an image."""
        if isinstance(text, Text):
            return " & ".join(
                quoted(part) if isinstance(part, str) else self.value(part, image)
                for part in text.parts
            )
        return self.value(text, image)

    def url_safe(self, text: Joined, image: str) -> str:
        """Return a binary attribute as Momento's `key_base64` takes it: URL-safe, no padding."""
        code = self.joined(text, image)
        for old, new in (("+", "-"), ("/", "_"), ("=", "")):
            code = f'$replace({code}, "{old}", "{new}")'
        return code


def all_of(conditions: Iterable[str]) -> str:
    """Return the conjunction of conditions; without any, it is true.

    >>> all_of([]), all_of(["$a", "$a", "$b or $c"])
    ('true', '$a and ($b or $c)')
    """
    found = list(dict.fromkeys(conditions))
    if not found:
        return "true"
    if len(found) == 1:
        return found[0]
    return " and ".join(f"({one})" if " or " in one or " and " in one else one for one in found)
