"""Stream records of changes that nobody has made, as a table's stream would have them."""

from collections.abc import Mapping
from typing import Any, Final

_VIEWS: Final[Mapping[str, tuple[str, ...]]] = {
    "KEYS_ONLY": (),
    "NEW_IMAGE": ("NewImage",),
    "OLD_IMAGE": ("OldImage",),
}


def made_record(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any] | None,
    keys: Mapping[str, Any],
    *,
    view: str = "NEW_AND_OLD_IMAGES",
) -> dict[str, Any]:
    """Return the record of a change from the old item to the new one; None stands for no item.

    `view` is the stream's view type, which decides on the images.
    """
    images = {"NewImage": new, "OldImage": old}
    kept = _VIEWS.get(view, tuple(images))
    change: dict[str, Any] = {"Keys": keys}
    change |= {name: image for name, image in images.items() if image is not None and name in kept}
    return {
        "eventID": "1",
        "eventVersion": "1.1",
        "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": change | {"SequenceNumber": "1", "StreamViewType": view},
    }
