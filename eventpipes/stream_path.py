"""Paths that can read nothing in a DynamoDB stream record.

See AWS: "Record" and "StreamRecord" in the DynamoDB Streams API.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from eventpipes.errors import InvalidPath
from eventpipes.path import is_path, parse_path
from eventpipes.stream_record import kind_of

_LOOKS_LIKE_A_PATH = re.compile(r"<\$[^<>]*>|<?\$?\.?(?:detail\.)?dynamodb\..*")


def unreadable_variables(names: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for each path in a template that no stream record has.

    Names that are not paths, such as `aws.pipes.pipe-name`, are not checked.
    """
    for name in dict.fromkeys(names):
        if is_path(name) and _kind(name) == "unknown":
            yield (
                f"the input template has <{name}>, which is not in a stream record, so it"
                f" is always empty{_advice(name)}"
            )


def unreadable_parameters(parameters: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each HTTP parameter that does not read one value of a stream record."""
    for name, value in parameters.items():
        if is_path(value):
            kind = _kind(value)
            if kind == "unknown":
                yield (
                    f"the HTTP parameter {name!r} is {value}, which is not in a stream record,"
                    f" so it is always empty{_advice(value)}"
                )
            elif kind == "object":
                yield (
                    f"the HTTP parameter {name!r} is {value}, which is an object: add the"
                    f" type of the attribute, such as {value}.S"
                )
        elif _LOOKS_LIKE_A_PATH.fullmatch(value):
            path = "$." + value.strip("<>").removeprefix("$").removeprefix(".")
            yield (
                f"the HTTP parameter {name!r} is the constant text {value!r}; a path"
                f" begins with $. and has no brackets: write {path}"
            )


def _kind(path: str) -> str:
    try:
        return kind_of(parse_path(path))
    except InvalidPath:
        return "invalid"


def _advice(path: str) -> str:
    first = path.removeprefix("$.").partition(".")[0].partition("[")[0]
    if first.lower() == "dynamodb" or first in ("Keys", "NewImage", "OldImage"):
        return "; write the image, the attribute and its type, such as $.dynamodb.NewImage.City.S"
    return "; the changed item is under $.dynamodb"
