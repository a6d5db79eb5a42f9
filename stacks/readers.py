"""How many pipes read each stream, held against AWS's advice (pure)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from stacks.source import Source


@dataclass
class _Stream:
    advised: int
    pipes: int = 0
    pipelines: list[str] = field(default_factory=list)


class Readers:
    """The readers of every stream of a stack: two pipelines on one stream add up."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}

    def add(self, pipeline: str, source: Source, pipes: int) -> None:
        """Count a pipeline's pipes that read a source's stream."""
        stream = self._streams.setdefault(source.stream_arn, _Stream(source.advised_readers))
        stream.pipes += pipes
        stream.pipelines.append(pipeline)

    def warnings(self) -> Iterator[str]:
        """Yield a sentence for each stream that has more readers than AWS advises.

        See AWS: "Quotas in Amazon DynamoDB", "Simultaneous readers of a shard in DynamoDB
        Streams".
        """
        for stream in self._streams.values():
            if stream.pipes > stream.advised:
                yield _sentence(stream)


def _sentence(stream: _Stream) -> str:
    whose = "pipelines" if len(stream.pipelines) > 1 else "pipeline"
    return (
        f"{whose} {', '.join(stream.pipelines)}: {stream.pipes} pipes read each shard of the"
        f" stream, and AWS advises {stream.advised} at most: under load, reads may be throttled and"
        " changes arrive late. TOPOLOGY=bus reads once a pipeline (docs/topologies.md); or leave"
        " out a cache or a topic"
    )
