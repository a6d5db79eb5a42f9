"""The temporary stack of `./help.sh prove`, with everything that stacks emit, in each topology."""

from collections.abc import Mapping
from typing import Final

from constructs import Construct

from momento_pipes.mapping import (
    Attribute,
    Became,
    Before,
    CacheEntry,
    Field,
    ItemMapping,
    KeySchema,
    Part,
    Plain,
    Text,
    TopicMessage,
    Until,
)
from momento_pipes.mapping.narrowing import Where
from momento_pipes.topology import Topology
from stacks.settings import Settings
from stacks.stack import MomentoStack

TTL: Final = 3_600
ID, RANK, NAME = Attribute("Id"), Attribute("Rank", "N"), Attribute("Name")
KIND, STATE, TOPIC = Attribute("Kind"), Attribute("State"), Attribute("Topic")
LIFE, CLOSES = Attribute("Life", "N"), Attribute("Closes", "N")
TEXT, NUMBER, BYTES = Attribute("Text"), Attribute("Number", "N"), Attribute("Bytes", "B")
MAP, LIST = Attribute("Map", "M"), Attribute("List", "L")
PARTS: Final[Mapping[str, Part]] = {
    "id": ID,
    "rank": RANK,
    "text": TEXT,
    "number": NUMBER,
    "flag": Attribute("Flag", "BOOL"),
    "nothing": Attribute("Nothing", "NULL"),
    "bytes": BYTES,
    "map": MAP,
    "member": MAP.member("Inner"),
    "list": LIST,
    "first": LIST.element(0),
    "texts": Attribute("Texts", "SS"),
    "numbers": Attribute("Numbers", "NS"),
    "blobs": Attribute("Blobs", "BS"),
    "constants": {"text": "a 'text' / with é", "number": 1, "flag": True},
}
"""Each type of attribute, a member, an element, and constants."""


class ConformanceStack(MomentoStack):
    """Two tables for each topology: the items of one are sent whole, of the other chosen parts.

    The pipelines are named `whole-pipes`, `chosen-bus` and so on, for any TOPOLOGY. The topics'
    names begin with the prefix and the pipeline's name.
    """

    def __init__(self, scope: Construct, id_: str, settings: Settings) -> None:
        own = {"topology_choice": Topology.PIPES, "also_topology": None}
        name = f"{settings.name_prefix}-proof"  # with the id, the destinations' names are too long
        super().__init__(scope, id_, settings.model_copy(update=own), name=name)
        for topology in Topology:
            self._add_whole(topology)
            self._add_chosen(topology)

    def _add_whole(self, topology: Topology) -> None:
        """Send whole items, without a value and without conditions."""
        name = f"whole-{topology}"
        entries = [CacheEntry(key=ID, ttl=TTL)]
        if topology is Topology.WORKFLOW:
            plain = {"item": Plain(Field.NEW_IMAGE), "keys": Plain(Field.KEYS)}
            entries.append(CacheEntry(key=Text(ID, "/plain"), value=plain, ttl=TTL))
        mapping = ItemMapping(cache=entries, topic=TopicMessage(topic=self._topic(name)))
        table = self.add_table(f"{name}-items", keys=KeySchema(ID))
        self.add_pipeline(name, source=table, mapping=mapping, topology=topology)

    def _add_chosen(self, topology: Topology) -> None:
        """Send chosen parts of the matching items, with a key and a TTL from the item."""
        name = f"chosen-{topology}"
        is_workflow = topology is Topology.WORKFLOW
        table = self.add_table(f"{name}-items", keys=KeySchema(ID, RANK))
        self.add_pipeline(
            name,
            source=table,
            mapping=self._in_workflow(name) if is_workflow else self._chosen(),
            topology=topology,
            trimmed=is_workflow,
        )

    def _chosen(self) -> ItemMapping:
        """Return the mapping for pipes or a bus: one entry and one message of an item."""
        where: Where = {
            KIND: ["exact", {"prefix": "pre-"}, {"suffix": "-post"}, {"equals-ignore-case": "any"}],
            STATE: [{"anything-but": ["hidden"]}, {"exists": False}],
            LIFE: [{"exists": True}],
        }
        message: Mapping[str, Part] = {
            "kind": Field.EVENT_NAME,
            "id": ID,
            "text": TEXT,
            "state": STATE,
            "keys": Field.KEYS,
            "event": Field.EVENT_ID,
            "number": Field.SEQUENCE_NUMBER,
            "removedBy": Field.REMOVED_BY_TYPE,
        }
        return ItemMapping(
            cache=CacheEntry(key=NAME, key_is_unique=True, value=PARTS, ttl=LIFE),
            topic=TopicMessage(topic=TOPIC, value=message, events=("INSERT", "MODIFY")),
            where=where,
        )

    def _in_workflow(self, name: str) -> list[ItemMapping]:
        """Return the mappings that only a workflow can send: joined, binary and plain values."""
        state: Mapping[str, Part] = {
            "id": ID,
            "was": Before(STATE),
            "is": STATE,
            "plain": Plain(Before(MAP)),
        }
        first = ItemMapping(
            cache=[
                CacheEntry(
                    key=Text(ID, "#", RANK, "/", NAME),
                    value={"parts": PARTS, "map": Plain(MAP), "number": Plain(NUMBER)},
                    ttl=Until(CLOSES),
                    cache=Attribute("Cache"),
                ),
                CacheEntry(key=BYTES, key_is_unique=True, value=[ID, TEXT], ttl=TTL),
            ],
            topic=[
                TopicMessage(topic=Text(f"{self._topic(name)}-", TOPIC), value=state),
                TopicMessage(
                    topic=self._topic(name), value=[ID, STATE], where={STATE: [Became("sold")]}
                ),
            ],
            where={KIND: ["exact"]},
        )
        second = ItemMapping(
            cache=CacheEntry(key=NAME, key_is_unique=True, value=PARTS, ttl=LIFE),
            topic=TopicMessage(
                topic=self._topic(name), value=[ID, TEXT], events=("EXPIRE", "DELETE")
            ),
            where={KIND: [{"prefix": "pre-"}, {"equals-ignore-case": "any"}]},
        )
        return [first, second]

    def _topic(self, name: str) -> str:
        return f"{self.settings.name_prefix}-{name}"
