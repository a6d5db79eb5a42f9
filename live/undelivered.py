"""Records that a pipe may still deliver; such a record can overwrite what is written now.

Neither Pipes' API nor its metrics say how far a pipe has read its stream. AWS documents when a pipe
gives a record up: once it is older than MaximumRecordAgeInSeconds. A younger record can still come.
"""

import time
from collections.abc import Container, Mapping

from eventpipes import Filtered
from eventpipes.operations import DELETE, PUT
from live.deployment import Deployment
from live.items import key_text
from live.stream import StreamReader


class UndeliveredRecords:
    """Reads the stream for records that the pipes to the cache may still deliver."""

    def __init__(self, deployment: Deployment) -> None:
        self._table = deployment.table
        self._stream_arn = deployment.stream_arn
        self._stream = StreamReader(deployment.client("dynamodbstreams"))
        pipes = deployment.pipes
        self._routes = [pipes[operation] for operation in (PUT, DELETE) if operation in pipes]

    @property
    def longest(self) -> int:
        """The age in seconds at which every pipe has given a record up."""
        return max(route.gives_up_after for route in self._routes)

    def until(
        self, keys: Container[str] | None = None, *, places: Mapping[str, str] | None = None
    ) -> dict[str, float]:
        """Return, for each key as text, the Unix time until which a pipe may deliver its record.

        A key without such a record is left out. With `keys`, only those keys are looked for. It
        reads the stream back to the age `longest`, not to the start of a run: a pipe that is behind
        may still deliver what was written before. `places` has, by shard, a sequence number up to
        which all records are older than that.
        """
        times: dict[str, float] = {}
        now = time.time()
        oldest = now - self.longest
        records = self._stream.since(
            self._stream_arn, oldest, again=oldest, places=dict(places or {})
        )
        for record in records:
            key = key_text(self._table.key_of(record["dynamodb"]["Keys"]))
            created = record["dynamodb"]["ApproximateCreationDateTime"]
            if keys is not None and key not in keys:
                continue
            for route in self._routes:
                until = created + route.gives_up_after
                if until > now and not isinstance(route.process(record), Filtered):
                    times[key] = max(until, times.get(key, 0.0))
        return times
