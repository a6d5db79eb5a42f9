"""Which records fit into an execution, and what `trimmed` passes on of them."""

import json
from typing import Any

import pytest

from eventpipes.template import Template
from eventpipes.workflow.trial import requests_of
from momento_pipes.mapping import (
    Attribute,
    CacheEntry,
    Field,
    ItemMapping,
    KeySchema,
    MappingError,
    Stream,
    StreamView,
    TopicMessage,
)
from momento_pipes.workflow.record_size import template_of, warning
from tests.momento_pipes.workflow.machine import machine, text_of
from tests.momento_pipes.workflow.momento import Table

IDENT, STATUS, ALIAS = Attribute("Id"), Attribute("Status"), Attribute("max-temp", "N")
STREAM = Stream(KeySchema(IDENT))
MAPPING = ItemMapping(
    cache=CacheEntry(key=IDENT, value=[IDENT, STATUS, ALIAS], ttl=60),
    topic=TopicMessage(topic="t", value=[STATUS], events=("INSERT", "DELETE")),
    where={STATUS: ["open"]},
)


def lived() -> Table:
    """Return a table whose item has attributes that nothing reads."""
    table = Table("Id")
    more: dict[str, Any] = {"max-temp": {"N": "7"}, "Large": {"S": "x" * 1_000}}
    for item in ({"Status": {"S": "open"}, **more}, {"Status": {"S": "paid"}}, more, {}):
        table.put({"Id": {"S": "a"}, **item})
    table.put({"Id": {"S": "a"}, "Status": {"S": "open"}})
    table.delete({"Id": {"S": "a"}})
    return table


def test_trimmed_records_send_the_same_requests() -> None:
    template = Template(template_of(text_of([MAPPING], STREAM)))
    made = machine([MAPPING], STREAM)
    for record in lived().records:
        trimmed = json.loads(template.render(record, {}))
        assert "Large" not in json.dumps(trimmed)
        whole, part = requests_of(made, [record]), requests_of(made, [trimmed])
        assert part.calls == whole.calls
        assert part.execution.output == whole.execution.output


def test_a_template_has_what_is_read_and_no_more() -> None:
    template = template_of(text_of([MAPPING], STREAM))
    assert '"NewImage":{"Status":<$.dynamodb.NewImage.Status>' in template
    assert '"max-temp":<$.dynamodb.NewImage.max-temp>' in template
    assert '"OldImage":{"Status":<$.dynamodb.OldImage.Status>}' in template
    assert '"userIdentity":{"principalId":<$.userIdentity.principalId>' in template


@pytest.mark.parametrize("field", [Field.NEW_IMAGE, Field.OLD_IMAGE])
def test_a_whole_image_cannot_be_trimmed(field: Field) -> None:
    mapping = ItemMapping(topic=TopicMessage(topic="t", value={"it": field}))
    with pytest.raises(MappingError, match="trimmed=True"):
        template_of(text_of([mapping], STREAM))


def test_without_a_largest_item_there_is_a_warning() -> None:
    text = warning(STREAM, None)
    assert text is not None
    assert "400,000 bytes" in text
    fits = int(text.partition("smaller than ")[2].partition(" bytes")[0].replace(",", ""))
    assert warning(STREAM, fits) is None
    assert warning(STREAM, fits + 10) is not None


def test_a_stream_with_one_image_takes_larger_items() -> None:
    one = Stream(STREAM.keys, StreamView.NEW_IMAGE)
    assert warning(STREAM, 100_000) is not None
    assert warning(one, 100_000) is None
    assert warning(Stream(STREAM.keys, StreamView.KEYS_ONLY), None) is None


@pytest.mark.parametrize("size", [0, -1, 400_001])
def test_no_item_has_this_size(size: int) -> None:
    with pytest.raises(MappingError, match=f"largest_item is {size}"):
        warning(STREAM, size)
