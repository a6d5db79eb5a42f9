"""Expressions in JSONata, as Step Functions evaluates them.

See AWS: "Transforming data with JSONata in Step Functions".
"""

import json
import re
from collections.abc import Iterable, Iterator

from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.errors import MappingError
from momento_pipes.mapping.record import Stream
from momento_pipes.mapping.text import Joined, Text

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORDS = {"and", "or", "in", "true", "false", "null", "function"}
_STEP = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")


def expression(code: str) -> str:
    """Return JSONata as a value in a state machine's definition."""
    return f"{{% {code} %}}"


def quoted(text: str) -> str:
    """Return a text as a literal of JSONata, without `%}`, which would end the expression."""
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
            " its value to an attribute with another name, and map that attribute"
        )
    return name if _NAME.fullmatch(name) and name not in _WORDS else f"`{name}`"


def path(image: str, attribute: Attribute) -> str:
    """Return the place of an attribute's value in an image.

    >>> path("$new", Attribute("Tags", "L").element(0))
    '$new.Tags.L[0].S'
    """
    if attribute.is_whole:  # its name may have dots
        return f"{image}.{step(attribute.name)}.{attribute.type}"
    steps = (f"{step(match[1])}{match[2]}" for match in _STEP.finditer(attribute.path))
    return ".".join([image, *steps])


class RecordImages:
    """JSONata for the images of a stream record; `record` is JSONata for the record."""

    def __init__(self, stream: Stream, record: str) -> None:
        self._stream = stream
        self.record = record
        self.keys = f"{record}.dynamodb.Keys"
        self.new = f"{record}.dynamodb.NewImage"
        self.old = f"{record}.dynamodb.OldImage"

    def value(self, attribute: Attribute, image: str) -> str:
        """Return JSONata for an attribute's value. A table's key is in the keys."""
        return path(self.keys if self._stream.keys.has(attribute) else image, attribute)

    def joined(self, text: Joined, image: str) -> str:
        """Return JSONata for a text from an image."""
        if isinstance(text, Text):
            return " & ".join(
                quoted(part) if isinstance(part, str) else self.value(part, image)
                for part in text.parts
            )
        return self.value(text, image)

    def filled(self, attributes: Iterable[Attribute], image: str) -> Iterator[str]:
        """Yield JSONata: whether each attribute exists in an image and is not an empty text."""
        for attribute in attributes:
            place = self.value(attribute, image)
            yield f'$exists({place}) and {place} != ""'

    def url_safe(self, text: Joined, image: str) -> str:
        """Return JSONata for a binary attribute as Momento's `key_base64`: URL-safe, no padding."""
        code = self.joined(text, image)
        for old, new in (("+", "-"), ("/", "_"), ("=", "")):
            code = f'$replace({code}, "{old}", "{new}")'
        return code


def all_of(conditions: Iterable[str]) -> str:
    """Return JSONata that is true if all conditions are true.

    >>> all_of([]), all_of(["$a", "true", "$a", "$b or $c"])
    ('true', '$a and ($b or $c)')
    """
    unique = [each for each in dict.fromkeys(conditions) if each != "true"]
    if not unique:
        return "true"
    if len(unique) == 1:
        return unique[0]
    return " and ".join(f"({c})" if " or " in c or " and " in c else c for c in unique)
