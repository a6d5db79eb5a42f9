"""Records of one item, and the requests that a mapping makes of them."""

from collections.abc import Mapping
from typing import Any

from eventpipes import Request
from momento_pipes.mapping import ItemMapping, Stream


def record(
    kind: str,
    keys: Mapping[str, Any],
    *,
    new: Mapping[str, Any] | None = None,
    old: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a stream record; images are given without the keys, in DynamoDB JSON."""
    images = {"NewImage": new, "OldImage": old}
    found = {name: {**keys, **image} for name, image in images.items() if image is not None}
    return {"eventName": kind, "dynamodb": {"Keys": dict(keys), **found}}


def sent(mapping: ItemMapping, stream: Stream, event: Mapping[str, object]) -> dict[str, str]:
    """Return the requests for a record by operation, as `METHOD path body`."""
    return {
        name: f"{one.method} {one.url.removeprefix('https://momento.example')} {one.body}"
        for name, one in mapping.outcomes(event, stream, "shop").items()
        if isinstance(one, Request)
    }
