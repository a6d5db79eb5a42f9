"""Records that a pipe may still deliver: what is written now can be overtaken by them.

Neither Pipes' API nor its metrics tell how far a pipe has read. What is documented is when it
gives a record up: once it is older than MaximumRecordAgeInSeconds. A younger one can come yet.
"""

import time
from collections.abc import Container

from eventpipes import Filtered
from live.deployment import Deployment
from eventpipes.operations import DELETE, PUT
from live.stream import Stream
from live.items import key_text


class UndeliveredRecords:
    """Reads the stream for what the pipes that write the cache may still deliver."""

    def __init__(self, deployment: Deployment) -> None:
        self._table = deployment.table
        self._stream_arn = deployment.stream_arn
        self._stream = Stream(deployment.client("dynamodbstreams"))
        self._routes = [deployment.pipes[one] for one in (PUT, DELETE) if one in deployment.pipes]

    @property
    def longest(self) -> int:
        """How old a record may be when it is delivered, in seconds."""
        return max(route.gives_up_after for route in self._routes)

    def until(self, keys: Container[str] | None = None) -> dict[str, float]:
        """Return until when, in Unix seconds, a record may be delivered, by the key as shown.

        Keys of which none can be are left out, and those that are not in `keys`, if given.
        """
        found: dict[str, float] = {}
        now = time.time()
        for record in self._stream.all(self._stream_arn):
            key = key_text(self._table.key_of(record["dynamodb"]["Keys"]))
            created = record["dynamodb"]["ApproximateCreationDateTime"]
            if created + self.longest <= now or (keys is not None and key not in keys):
                continue
            for route in self._routes:
                until = created + route.gives_up_after
                if until > now and not isinstance(route.process(record), Filtered):
                    found[key] = max(until, found.get(key, 0.0))
        return found
