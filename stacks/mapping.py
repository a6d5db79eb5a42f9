"""Which part of a stream record goes where: filter patterns, input templates, HTTP parameters.

Pure: strings in, strings out; no construct and no token. A JSON path names a part of a
DynamoDB stream record, for example `$.dynamodb.Keys.Location.S`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

EVENT_NAME = "$.eventName"


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """A DynamoDB attribute by its name and type descriptor (`S`, `N`, `B`, ...)."""

    name: str
    type: str

    @property
    def in_keys(self) -> str:
        """The path of the attribute in the item's key; there for every kind of event."""
        return f"$.dynamodb.Keys.{self.name}.{self.type}"

    @property
    def in_new_image(self) -> str:
        """The path of the attribute after the change; a removed item has none."""
        return f"$.dynamodb.NewImage.{self.name}.{self.type}"


@dataclass(frozen=True, kw_only=True)
class Route:
    """What one pipe takes from the stream and how it makes a request of it.

    `pattern` is a filter in canonical JSON (none: every record matches), `input_template` the
    request's body (none: the whole record), `path_parameters` fill the endpoint's `*` in
    order, and `query_string_parameters` may each be a constant or a JSON path.
    See AWS: "Amazon EventBridge Pipes input transformation" and "HTTP parameters".
    """

    path_parameters: Sequence[str]
    pattern: str | None = None
    input_template: str | None = None
    query_string_parameters: Mapping[str, str] = field(default_factory=dict)


def cache_put(
    *, cache: str, key: Attribute, value: Sequence[Attribute], ttl: Attribute | int
) -> Route:
    """Put the new image's attributes under the item's key when it was inserted or modified.

    `ttl` is the attribute that holds the seconds to live, or a fixed number of seconds.
    See Momento: HTTP API, "Set" (`PUT /cache/{cache}?key=...&ttl_seconds=...`).
    """
    return Route(
        pattern=event_names("INSERT", "MODIFY"),
        input_template=json_template(
            {key.name: key.in_keys}
            | {attribute.name: attribute.in_new_image for attribute in value}
        ),
        path_parameters=(cache,),
        query_string_parameters={
            "key": key.in_keys,
            "ttl_seconds": str(ttl) if isinstance(ttl, int) else ttl.in_new_image,
        },
    )


def topic_publish(*, topic: str, key: Attribute, value: Sequence[Attribute]) -> Route:
    """Publish every change: its kind, the item's key and the new image's attributes.

    A removed item has no new image, so its attributes arrive as empty strings. The cache is in
    the destination's endpoint: the Terraform provider takes one path parameter, not two.
    See Momento: HTTP API, "Publish" (`POST /topics/{cache}/{topic}`).
    """
    return Route(
        input_template=json_template(
            {"EventType": EVENT_NAME, key.name: key.in_keys}
            | {attribute.name: attribute.in_new_image for attribute in value}
        ),
        path_parameters=(topic,),
    )


def cache_delete(*, cache: str, key: Attribute) -> Route:
    """Delete the item's key from the cache when the item was removed.

    See Momento: HTTP API, "Delete" (`DELETE /cache/{cache}?key=...`).
    """
    return Route(
        pattern=event_names("REMOVE"),
        path_parameters=(cache,),
        query_string_parameters={"key": key.in_keys},
    )


def event_names(*names: str) -> str:
    """Return the pattern of records whose `eventName` is one of `names`, in canonical JSON.

    >>> event_names("INSERT", "MODIFY")
    '{"eventName":["INSERT","MODIFY"]}'
    """
    return json.dumps({"eventName": list(names)}, separators=(",", ":"), ensure_ascii=False)


def json_template(members: Mapping[str, str]) -> str:
    """Return the input template of a JSON object: member names to JSON paths.

    The variables stand unquoted: EventBridge Pipes quotes strings in value position itself.

    >>> json_template({"Location": "$.dynamodb.Keys.Location.S"})
    '{"Location":<$.dynamodb.Keys.Location.S>}'
    """
    inner = ",".join(
        f"{json.dumps(name, ensure_ascii=False)}:<{path}>" for name, path in members.items()
    )
    return f"{{{inner}}}"
