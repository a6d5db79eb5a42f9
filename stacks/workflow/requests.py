"""What a workflow sends for the changes of a table, from one mapping or several."""

from collections.abc import Iterator, Sequence
from itertools import count

from stacks.mapping.attribute import Attribute
from stacks.mapping.conditions import Became, Condition, Conditions
from stacks.mapping.errors import MappingError
from stacks.mapping.item import ItemMapping
from stacks.mapping.narrowing import Narrowing
from stacks.mapping.record import Stream
from stacks.mapping.topic import TopicMessage
from stacks.workflow.definition import Requests
from stacks.workflow.entry import EntryRequests
from stacks.workflow.message import MessageRequests


def requests_of(mappings: Sequence[ItemMapping], stream: Stream, cache: str) -> list[Requests]:
    """Return the requests of all mappings: those of entries, and those of messages.

    Raises:
        MappingError: such requests would fail; the message says what to write instead.

    """
    entries = _names("entry", sum(len(mapping.entries) for mapping in mappings))
    messages = _names("message", sum(len(mapping.messages) for mapping in mappings))
    made: list[Requests] = []
    for mapping in mappings:
        mapping.must_send()
        _must_have_entries_of_their_own(mapping, cache)
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


def _must_have_entries_of_their_own(mapping: ItemMapping, cache: str) -> None:
    """Raise if two entries of one mapping have the same key in the same cache.

    Raises:
        MappingError: each would overwrite the other.

    """
    seen: set[str] = set()
    for entry in mapping.entries:
        place = repr((cache if entry.cache is None else entry.cache, entry.key))
        if place in seen:
            raise MappingError(
                f"two entries of an item have the key {entry.key.label} in the same cache, so that"
                ' each would overwrite the other: give one another key, Text("other-", ...), or'
                " another cache"
            )
        seen.add(place)


def _names(what: str, number: int) -> Iterator[str]:
    return iter([f"the {what}"]) if number == 1 else (f"{what} {place}" for place in count(1))


def _message(
    message: TopicMessage, mapping: ItemMapping, stream: Stream, cache: str, name: str
) -> MessageRequests:
    own, became = _split(message)
    twice = [attribute.label for attribute in own if attribute in mapping.where]
    if twice:
        raise MappingError(
            f"the items and the message are both narrowed by {', '.join(twice)}: write all"
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
    """Return a message's conditions on the item, and those on what its attributes became."""
    own: dict[Attribute, Sequence[Condition]] = {}
    became = []
    for attribute, conditions in message.where.items():
        changed = [one for one in conditions if isinstance(one, Became)]
        if changed and len(changed) < len(conditions):
            raise MappingError(
                f"the conditions on {attribute.label} mix Became with others: write Became alone"
            )
        if changed:
            became.append(Conditions.parse(attribute, [one.value for one in changed]))
        else:
            own[attribute] = conditions
    return own, tuple(became)
