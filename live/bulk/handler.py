"""The handler of the function that `verify --on-aws` calls for each stretch of a segment."""

import json
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Final

from eventpipes.operations import PUT
from live.aws import asking_aws
from live.bulk.comparison import SegmentComparison, parts_of
from live.entry_state import values_outside_the_table
from live.watch.errors import KeyReplacedError, SilentMomentoError, WatchError
from live.watch.given import Given
from live.watch.reader import EntryReader
from live.watch.watch import read_key
from live.watch.watched_deployment import WatchedDeployment

UNUSED: Final = dict.fromkeys(("WATCH_ITEMS", "WATCH_REQUESTS", "WATCH_SETTLE_SECONDS"), "0")
ENDLESS: Final = 10**9
"""The rate limits a run, not a number of requests."""
PAGE_SECONDS: Final = 4
MOST: Final = 100
"""The most items of a page."""


def handle(event: Any, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's
    """Compare a part of a segment, and return what was found."""
    del context
    with _comparison() as comparison:
        part = comparison.run(*parts_of(event)).as_json()
    line = {name: value for name, value in part.items() if name != "wrong"}
    print(json.dumps({"segment": event["segment"], **line}))
    return part


@contextmanager
def _comparison() -> Iterator[SegmentComparison]:
    """Give the comparison of the pipeline as it is deployed now.

    Lambda keeps a process for a long time. A key or a definition from an earlier call could be an
    old one, so each call reads them again: that is little beside a stretch.
    """
    named = ("PIPELINE", "PIPES", "SECRET")
    own = {f"WATCH_{name}": os.environ.get(f"BULK_{name}", "") for name in named}
    given = Given.read({**UNUSED, **os.environ, **own})
    rate = float(os.environ["BULK_RATE"])
    with WatchedDeployment(given) as deployment, asking_aws():
        put = deployment.required(PUT, "nothing must be in the cache")
        if problem := values_outside_the_table(put):
            raise WatchError(problem)
        key = read_key(deployment.client("secretsmanager"), given.secret)
        reader = EntryReader(key, requests=ENDLESS, redirect=given.redirect, per_second=rate)
        page = min(MOST, max(1, int(rate * PAGE_SECONDS)))
        try:
            with closing(reader):
                yield SegmentComparison(deployment=deployment, reader=reader, page=page)
        except SilentMomentoError:
            raise
        except WatchError as error:
            if read_key(deployment.client("secretsmanager"), given.secret) == key:
                raise
            raise KeyReplacedError(f"{error} (the key was replaced during this call)") from None
