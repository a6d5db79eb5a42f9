"""The requests of a workflow for the changes of a table, from one or several mappings."""

from collections.abc import Iterator, Sequence
from itertools import count

from momento_pipes.mapping.attribute import Attribute
from momento_pipes.mapping.conditions import Became, Condition, Conditions
from momento_pipes.mapping.errors import MappingError
from momento_pipes.mapping.item import ItemMapping
from momento_pipes.mapping.narrowing import Narrowing
from momento_pipes.mapping.record import Stream
from momento_pipes.mapping.topic import TopicMessage
from momento_pipes.workflow.definition import Requests
from momento_pipes.workflow.entry import EntryRequests
from momento_pipes.workflow.message import MessageRequests


def requests_of(mappings: Sequence[ItemMapping], stream: Stream, cache: str) -> list[Requests]:
    """Return the requests of all mappings, for entries and for messages.

    Raises:
        MappingError: the requests would fail; the message says what to write instead.

    """
    entries = _names("entry", sum(len(mapping.entries) for mapping in mappings))
    messages = _names("message", sum(len(mapping.messages) for mapping in mappings))
    made: list[Requests] = []
    for mapping in mappings:
        mapping.must_send()
        _check_entries(mapping, cache)
        narrowing = Narrowing.parse(mapping.where, stream)
        made.extend(
            EntryRequests(entry=entry, narrowing=narrowing, cache=cache, name=next(entries))
            for entry in mapping.entries
        )
        made.extend(
            _message(message, mapping, stream, cache, next(messages))
            for message in mapping.messages
        )
    for requests in made:
        requests.check()
    return made


def _check_entries(mapping: ItemMapping, cache: str) -> None:
    """Raise an error if two entries of one mapping have the same key in the same cache."""
    seen: set[str] = set()
    for entry in mapping.entries:
        place = repr((cache if entry.cache is None else entry.cache, entry.key))
        if place in seen:
            raise MappingError(
                f"two entries of an item have the key {entry.key.label} in the same cache, so they"
                ' would overwrite each other: give one entry another key, Text("other-", ...), or'
                " another cache"
            )
        seen.add(place)


def _names(kind: str, number: int) -> Iterator[str]:
    return iter([f"the {kind}"]) if number == 1 else (f"{kind} {place}" for place in count(1))


def _message(
    message: TopicMessage, mapping: ItemMapping, stream: Stream, cache: str, name: str
) -> MessageRequests:
    own, became = _split(message)
    twice = [attribute.label for attribute in own if attribute in mapping.where]
    if twice:
        raise MappingError(
            f"both where of the items and where of the message have {', '.join(twice)}: write all"
            " conditions on an attribute in one place"
        )
    return MessageRequests(
        message=message,
        narrowing=Narrowing.parse({**mapping.where, **own}, stream),
        became=became,
        cache=cache,
        name=name,
    )


def _split(
    message: TopicMessage,
) -> tuple[dict[Attribute, Sequence[Condition]], tuple[Conditions, ...]]:
    """Return a message's conditions on the item, and its conditions with `Became`."""
    own: dict[Attribute, Sequence[Condition]] = {}
    became = []
    for attribute, conditions in message.where.items():
        changed = [condition for condition in conditions if isinstance(condition, Became)]
        if changed and len(changed) < len(conditions):
            raise MappingError(
                f"the conditions on {attribute.label} mix Became with others: write only Became"
            )
        if changed:
            became.append(Conditions.parse(attribute, [each.value for each in changed]))
        else:
            own[attribute] = conditions
    return own, tuple(became)
