"""A warning for more pipes on a stream than AWS advises; equal streams share a warning."""

from collections.abc import Sequence
from pathlib import Path

from cdktf import App

from momento_pipes.judgement import judgement
from momento_pipes.limits.readers import Readers
from momento_pipes.mapping import Attribute, ItemMapping, KeySchema, TopicMessage
from momento_pipes.tables.existing_table import ExistingTable
from stacks.stack import MomentoStack
from tests.conftest import MANY_READERS
from tests.each import each
from tests.synthesized import read_settings

KEY = Attribute("Id")
ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/{}/stream/2026-01-31T12:00:00.000"


def table(name: str = "orders", *, global_table: bool = False) -> ExistingTable:
    """Return a table by its stream's ARN; the same name gives the same stream."""
    return ExistingTable(
        stream_arn=ARN.format(name), keys=KeySchema(KEY), global_table=global_table
    )


@each(
    ("pipes", "global_table", "warned"),
    [
        ([2], False, None),
        ([3], False, "pipeline p0: 3 pipes read each shard of the stream, but AWS advises at"),
        ([1], True, None),
        ([2], True, "pipeline p0: 2 pipes read each shard of the stream, but AWS advises at"),
        ([1, 1], False, None),
        ([2, 1, 3], False, "pipelines p0, p1, p2: 6 pipes read each shard of the stream, but"),
        ([1] * 4, False, "pipelines p0, p1, p2 and 1 more: 4 pipes read each shard of the"),
    ],
)
def test_the_readers_of_a_stream_add_up(
    pipes: Sequence[int], warned: str | None, *, global_table: bool
) -> None:
    readers = Readers()
    for place, number in enumerate(pipes):
        readers.add(f"p{place}", table(global_table=global_table), number)
    assert [text.startswith(warned or "?") for text in readers.warnings()] == [True] * bool(warned)


def test_each_stream_is_counted_separately() -> None:
    readers = Readers()
    for name, pipes in (("orders", 2), ("customers", 3), ("parcels", 4)):
        readers.add(name, table(name), pipes)
    assert [text.partition(" pipes")[0] for text in readers.warnings()] == [
        "pipeline customers: 3",
        "pipeline parcels: 4",
    ]


def test_streams_with_the_same_number_of_pipes_share_a_warning() -> None:
    readers = Readers()
    for number in range(30):
        readers.add(f"p{number}", table(f"table-{number}"), 3)
    (text,) = readers.warnings()
    assert text.startswith(
        "pipelines p0, p1, p2 and 27 more: 3 pipes read each shard of each of 30 streams, but AWS"
    )


def test_the_warning_says_what_it_means_and_what_to_do() -> None:
    readers = Readers()
    readers.add("weather-stats-demo", table(), 3)
    assert [f"warning: {text}\n" for text in readers.warnings()] == [MANY_READERS]


def judged(folder: Path, topics: str, source: ExistingTable, **settings: str) -> list[str]:
    """Return the warnings for a stack with a pipeline for each of these topics."""
    app = App(outdir=str(folder))
    stack = MomentoStack(app, "own", read_settings(**settings))
    for name in topics:
        mapping = ItemMapping(topic=TopicMessage(topic=name, value=[KEY]))
        stack.add_pipeline(name, source=source, mapping=mapping)
    app.synth()
    return judgement.judge(str(folder), "own")


def test_stack_adds_up_the_pipes_of_its_pipelines(tmp_path: Path) -> None:
    """Three pipelines on one stream with one topic each; each pipeline alone gives no warning."""
    (warning,) = judged(tmp_path, "abc", table())
    names = ", ".join(f"weather-stats-demo-{name}" for name in "abc")
    assert warning.startswith(f"pipelines {names}: 3 pipes read each shard of the stream, but AWS")


def test_one_reader_gives_no_warning(tmp_path: Path) -> None:
    assert judged(tmp_path, "a", table(global_table=True), TOPOLOGY="bus") == []
