"""What makes a Map distributed: where its items come from, and what becomes of their results.

See AWS: "Using Map state in Distributed mode for large-scale parallel workloads", "ItemReader
(Map)", "ItemBatcher (Map)", "ResultWriter (Map)", "Setting failure thresholds for Distributed Map
states".
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eventpipes.errors import InvalidDefinition, Unsupported
from eventpipes.template import from_json
from eventpipes.workflow.fields import Fields
from eventpipes.workflow.payload import Payload
from eventpipes.workflow.size import MAX_SIZE, to_text

GET_OBJECT: Final = "arn:aws:states:::s3:getObject"
PUT_OBJECT: Final = "arn:aws:states:::s3:putObject"
MAX_CONCURRENCY: Final = 10_000
"""The most child executions of a Map run that run at the same time."""
_MOST: Final = 99_999_999
_READ: Final = ("JSON", "JSONL")


@dataclass(frozen=True, kw_only=True)
class ItemReader:
    """Reads the items from an object of S3: a JSON list, or a line of JSON for each item."""

    bucket: Payload
    key: Payload
    lines: bool
    most: int | None

    def items(self, content: bytes) -> list[Any]:
        """Return the items in an object's content.

        Raises:
            ValueError: it is not JSON of this form.

        """
        text = content.decode("utf-8-sig")
        if self.lines:
            items = [from_json(line) for line in text.splitlines() if line.strip()]
        else:
            items = from_json(text)
            if not isinstance(items, list):
                raise ValueError("the object is not a JSON list")
        return items[: self.most]


@dataclass(frozen=True, kw_only=True)
class Batcher:
    """Gives a child several items, up to a number and a size."""

    items: int | None
    size: int | None
    input: Payload | None

    def batches(self, items: Sequence[Any]) -> Iterator[list[Any]]:
        """Yield the items in batches; an item that is too long alone has its own batch."""
        batch: list[Any] = []
        size = 0
        for item in items:
            length = len(to_text(item).encode()) + 1
            is_full = (self.items and len(batch) >= self.items) or (
                self.size and batch and size + length > self.size
            )
            if is_full:
                yield batch
                batch, size = [], 0
            batch.append(item)
            size += length
        if batch:
            yield batch


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Writes the results of the children to S3, below a prefix."""

    bucket: Payload
    prefix: Payload


@dataclass(frozen=True, kw_only=True)
class DistributedFields:
    """The fields of a Map with the mode DISTRIBUTED."""

    is_express: bool
    label: str
    reader: ItemReader | None = None
    selector: Payload | None = None
    batcher: Batcher | None = None
    writer: Writer | None = None
    tolerated_count: int | None = None
    tolerated_percentage: float | None = None

    def fails(self, failed: int, total: int) -> bool:
        """Return whether this number of failed items, of all items, fails the Map run."""
        if self.tolerated_count is None and self.tolerated_percentage is None:
            return failed > 0
        over_count = self.tolerated_count is not None and failed > self.tolerated_count
        percentage = self.tolerated_percentage
        return over_count or (percentage is not None and failed * 100 > percentage * total)


def parse_distribution(fields: Fields, config: Fields, name: str) -> DistributedFields:
    """Take the fields of a distributed Map. `config` is its ProcessorConfig."""
    type_ = config.constant("ExecutionType", ("STANDARD", "EXPRESS"), "")
    label = fields.text("Label", "".join(name.split())) or ""
    percentage = None
    if fields.has("ToleratedFailurePercentage"):
        percentage = fields.number("ToleratedFailurePercentage", 0, least=0, most=100)
    count = None
    if fields.has("ToleratedFailureCount"):
        count = fields.whole("ToleratedFailureCount", 0, least=0, most=_MOST)
    return DistributedFields(
        is_express=type_ == "EXPRESS",
        label=label[:40],
        reader=_reader(fields),
        selector=Payload.take_given(fields, "ItemSelector"),
        batcher=_batcher(fields),
        writer=_writer(fields),
        tolerated_count=count,
        tolerated_percentage=percentage,
    )


def _reader(fields: Fields) -> ItemReader | None:
    if not fields.has("ItemReader"):
        return None
    reader = fields.part("ItemReader")
    resource = reader.must_text("Resource")
    if resource != GET_OBJECT:
        raise Unsupported(f"{reader.place}: the engine reads {GET_OBJECT}, not {resource}")
    config = reader.part("ReaderConfig")
    type_ = config.must_text("InputType")
    if type_ not in _READ:
        raise Unsupported(f"{config.place}: the engine reads {' and '.join(_READ)}, not {type_}")
    most = config.whole("MaxItems", 0, least=1, most=100_000_000)
    config.end("CSVDelimiter", "CSVHeaderLocation", "CSVHeaders", "ItemsPointer", "Transformation")
    arguments = reader.part("Arguments")
    made = ItemReader(
        bucket=Payload.take(arguments, "Bucket"),
        key=Payload.take(arguments, "Key"),
        lines=type_ == "JSONL",
        most=most or None,
    )
    arguments.end("VersionId", "ExpectedBucketOwner")
    reader.end()
    return made


def _batcher(fields: Fields) -> Batcher | None:
    if not fields.has("ItemBatcher"):
        return None
    batcher = fields.part("ItemBatcher")
    made = Batcher(
        items=batcher.whole("MaxItemsPerBatch", 0, least=1, most=_MOST) or None,
        size=batcher.whole("MaxInputBytesPerBatch", 0, least=1, most=MAX_SIZE) or None,
        input=Payload.take_given(batcher, "BatchInput"),
    )
    batcher.end()
    if made.items is None and made.size is None:
        raise InvalidDefinition(
            f"{batcher.place} needs MaxItemsPerBatch, MaxInputBytesPerBatch, or both"
        )
    return made


def _writer(fields: Fields) -> Writer | None:
    if not fields.has("ResultWriter"):
        return None
    writer = fields.part("ResultWriter")
    resource = writer.must_text("Resource")
    if resource != PUT_OBJECT:
        raise writer.invalid(f"Resource is {resource}; use {PUT_OBJECT}")
    arguments = writer.part("Arguments")
    made = Writer(
        bucket=Payload.take(arguments, "Bucket"),
        prefix=Payload.take_given(arguments, "Prefix") or Payload("", arguments.inside("Prefix")),
    )
    arguments.end()
    writer.end("WriterConfig")
    return made


def manifest(bucket: str, map_run: str, files: dict[str, list[tuple[str, int]]]) -> bytes:
    """Return the manifest of a ResultWriter; `files` has keys and sizes by status."""
    return json.dumps(
        {
            "DestinationBucket": bucket,
            "MapRunArn": map_run,
            "ResultFiles": {
                status: [{"Key": key, "Size": size} for key, size in listed]
                for status, listed in files.items()
            },
        }
    ).encode()
