"""The table whose stream the pipes read. Its items are read by key or page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from eventpipes.stream_record import as_json
from live.items import Item, from_json


@dataclass
class TableClient:
    """A reader and writer of one table. Several threads may use it.

    `keys` are the names of the key's attributes, with the partition key first. `types` are their
    types. `view` is the view of its stream. `about` is the approximate number of items, and `size`
    their bytes; DynamoDB counts them every six hours. `is_global` says whether it has replicas in
    other regions.
    """

    client: Any
    _: KW_ONLY
    name: str
    keys: Sequence[str]
    types: Mapping[str, str] = field(default_factory=dict)
    view: str = ""
    about: int = 0
    size: int = 0
    is_global: bool = False

    def put(self, item: Item) -> None:
        """Write an item, in the place of the one with its key."""
        self.client.put_item(TableName=self.name, Item=from_json(item))

    def delete(self, key: Item) -> bool:
        """Delete an item; return whether there was one."""
        answer = self.client.delete_item(
            TableName=self.name, Key=from_json(key), ReturnValues="ALL_OLD"
        )
        return "Attributes" in answer

    def read(self, key: Item) -> Item | None:
        """Return the current item by a consistent read; None if there is none."""
        answer = self.client.get_item(TableName=self.name, Key=from_json(key), ConsistentRead=True)
        item = answer.get("Item")
        return None if item is None else as_json(item)

    def page(
        self, *, segment: int = 0, segments: int = 1, start: Item | None = None, size: int = 100
    ) -> tuple[list[Item], Item | None]:
        """Return the keys on one page of a parallel scan, and where the next page begins."""
        names = {f"#{number}": name for number, name in enumerate(self.keys)}
        return self._page(
            segment,
            segments,
            start,
            size,
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
        )

    def items(
        self, *, segment: int = 0, segments: int = 1, start: Item | None = None, size: int = 100
    ) -> tuple[list[Item], Item | None]:
        """Return the items on one page of a parallel scan, and where the next page begins.

        The read is consistent: it shows every write that ended before it.
        """
        return self._page(segment, segments, start, size, ConsistentRead=True)

    def _page(
        self,
        segment: int,
        segments: int,
        start: Item | None,
        size: int,
        **options: Any,  # noqa: ANN401 - Scan's own parameters
    ) -> tuple[list[Item], Item | None]:
        answer = self.client.scan(
            TableName=self.name,
            Limit=size,
            Segment=segment,
            TotalSegments=segments,
            **options,
            **({} if start is None else {"ExclusiveStartKey": from_json(start)}),
        )
        last = answer.get("LastEvaluatedKey")
        return [as_json(item) for item in answer["Items"]], None if last is None else as_json(last)

    def key_of(self, item: Item) -> Item:
        """Return an item's key."""
        return {name: item[name] for name in self.keys}
