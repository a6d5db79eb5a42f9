"""The steps of records in pipes and rules: what the feed and the execution logs tell.

A step is JSON. Times are seconds since 1970. Every step has `number` (of the source that tells
it), `kind`, `pipe` (a pipe's name, or a rule's), `event_id`, `sequence_number`, `event_name` and
`keys` of the record, `created` (when the record was written) and `at`. The kinds:

- `read`: the pipe has read the record, or the rule has got its event. It has `record`.
- `attempt`: a request was sent. It has `attempt` (1, 2, ...), `most` (how many attempts there are
  at most, or null), `request` (method, url, headers, body), `succeeded`, `status`, `problem`,
  `response`, `began`, `seconds`, and `state`, the name of the task if a workflow has sent it.
- `waiting`: the `attempt` has failed, and the next is sent at `until` (null if that is not known).
  It has `why` and `most`.
- `ended`: a delivery. It has `outcome` (delivered, filtered, superseded, dead-letter, undelivered),
  `reason`, `seconds` since the write and `record`; and if the source knows them: `state`,
  `filters`, `template`, `request` and `attempts`.
- `gap`: steps are missing, because the reader was too slow or came too late. It has `missed`, the
  number of steps, and nothing of a record.

A workflow has an `ended` for each of its requests. A step of the logs has `execution`, and as
`logged` what the log says besides. What the logs do not know is null or empty.
"""

import threading
from collections.abc import Iterator
from typing import Any, Protocol

Step = dict[str, Any]
DeliveryStep = Step
"""A step of the kind `ended`."""
ENDED = "ended"
DELIVERED = "delivered"
FILTERED = "filtered"
DEAD_LETTER = "dead-letter"


class Steps(Protocol):
    """Yields steps until stopped, and None after each successful read.

    Raises:
        LiveError: the source cannot be read; the next call goes on from there.

    """

    def steps(self, stop: threading.Event) -> Iterator[Step | None]:
        """Yield what the pipes do, while they do it."""
        raise NotImplementedError
