"""How many pipes read each stream, compared with AWS's advice (pure)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from momento_pipes.tables.stream_source import StreamSource

SHOWN = 3
"""The most pipelines that a warning names."""


@dataclass
class _Stream:
    advised: int
    pipes: int = 0
    pipelines: list[str] = field(default_factory=list)


class Readers:
    """The readers of every stream of a stack. The pipes of all its pipelines are counted."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}

    def add(self, pipeline: str, source: StreamSource, pipes: int) -> None:
        """Count a pipeline's pipes that read a source's stream."""
        stream = self._streams.setdefault(source.stream_arn, _Stream(source.advised_readers))
        stream.pipes += pipes
        stream.pipelines.append(pipeline)

    def warnings(self) -> Iterator[str]:
        """Yield a sentence for all streams that have the same number of too many pipes.

        See AWS: "Quotas in Amazon DynamoDB", "Simultaneous readers of a shard in DynamoDB
        Streams".
        """
        alike: dict[tuple[int, int], list[_Stream]] = defaultdict(list)
        for stream in self._streams.values():
            if stream.pipes > stream.advised:
                alike[stream.pipes, stream.advised].append(stream)
        for streams in alike.values():
            yield _sentence(streams)


def _sentence(streams: Sequence[_Stream]) -> str:
    names = [name for stream in streams for name in stream.pipelines]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (
        f"pipeline{'s' if len(names) > 1 else ''} {', '.join(names[:SHOWN])}{more}:"
        f" {streams[0].pipes} pipes read each shard of"
        f" {'the stream' if len(streams) == 1 else f'each of {len(streams)} streams'},"
        f" but AWS advises at most {streams[0].advised}: under load, reads may be throttled and"
        " changes arrive late. TOPOLOGY=workflow has one reader for each pipeline"
        " (docs/topologies.md); or remove a cache or a topic"
    )
