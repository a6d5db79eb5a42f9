"""A stretch of `verify --on-aws` ends in time, and says where the next one begins."""

from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.parse import quote

import pytest

from eventpipes import Request
from live.bulk.comparison import (
    SETTLE_SECONDS,
    STRETCH_SECONDS,
    ComparedPart,
    SegmentComparison,
    parts_of,
)
from live.items import Item
from live.watch.reader import EntryReader
from live.watch.watched_deployment import WatchedDeployment
from localcloud import LocalAws
from momento_pipes import bulk_settings
from tests.live.watch.watched import READING_KEY, Watched
from tests.localcloud.arrivals import Arrivals

COUNT = 7
PAGE = 2
BEGIN = 1_000.0
REQUEST_SECONDS = 5.0
"""A page takes ten seconds, and the last one five."""


class SlowReader(EntryReader):
    """Reads entries, each of which takes some seconds of a clock that nobody waits for."""

    def __init__(self, redirect: str) -> None:
        super().__init__(READING_KEY, requests=1_000, redirect=redirect, per_second=10_000)
        self.time = BEGIN
        self.read: list[str] = []

    def fetch(self, wanted: Request) -> bytes | None:
        """Read an entry."""
        self.time += REQUEST_SECONDS
        found = super().fetch(wanted)
        self.read.append(wanted.url)
        return found


@pytest.fixture(scope="module")
def watched(local_aws: LocalAws) -> Iterator[Watched]:
    """Return a pipeline with some items, whose entries are right."""
    with Watched(local_aws) as made:
        for name in names():
            made.weather.put(name)
            made.deliver(name)
        yield made


def names() -> list[str]:
    """Return the names of the items."""
    return [f"place {number}" for number in range(COUNT)]


def compare(
    watched: Watched,
    start: Item | None,
    *seconds: float,
    settled: Callable[[], None] = lambda: None,
) -> tuple[ComparedPart, SlowReader]:
    """Run a stretch; return what it has compared, and the reader that read the entries.

    `settled` is called in the settling time.
    """
    with (
        WatchedDeployment(watched.given()) as deployment,
        closing(SlowReader(watched.momento.endpoint)) as reader,
    ):

        def sleep(seconds: float) -> None:
            reader.time += seconds
            settled()

        return SegmentComparison(
            deployment=deployment,
            reader=reader,
            page=PAGE,
            sleep=sleep,
            now=lambda: reader.time,
        ).run(0, 1, start, *seconds), reader


def first_of(watched: Watched) -> str:
    """Return the name of the item that a scan reads first."""
    _, reader = compare(watched, None, 0.0)
    return next(name for name in names() if f"key={quote(name)}" in reader.read[0])


@pytest.mark.parametrize(
    ("seconds", "compared"),
    [(0.0, [2, 2, 2, 1]), (10.0, [2, 2, 2, 1]), (10.1, [4, 3]), (21.0, [6, 1]), (60.0, [7])],
)
def test_a_stretch_ends_after_the_page_in_which_its_time_is_over(
    watched: Watched, seconds: float, compared: list[int]
) -> None:
    """All stretches together compare each item once."""
    numbers: list[int] = []
    read: list[str] = []
    start: Item | None = None
    while not numbers or start is not None:
        part, reader = compare(watched, start, seconds)
        numbers.append(part.counts.total())
        read += reader.read
        start = part.start
        assert part.as_json()["start"] == start
    assert numbers == compared
    assert len(set(read)) == len(read) == COUNT


def test_without_a_time_a_stretch_has_that_of_the_definition(watched: Watched) -> None:
    part, reader = compare(watched, None)
    assert (part.start, reader.time - BEGIN) == (None, COUNT * REQUEST_SECONDS)
    assert part.counts == {"in sync": COUNT}
    assert parts_of({"segment": 1, "segments": 4, "start": None})[3] == STRETCH_SECONDS
    later = {"segment": 1, "segments": 4, "start": {"id": {"S": "a"}}, "seconds": 5}
    assert parts_of(later) == (1, 4, {"id": {"S": "a"}}, 5.0)
    assert STRETCH_SECONDS == bulk_settings.STRETCH_SECONDS


def test_a_difference_is_looked_at_again_before_the_stretch_ends(watched: Watched) -> None:
    """The settling time belongs to the page; the entry comes meanwhile."""
    first = first_of(watched)
    watched.forget(first)
    part, reader = compare(watched, None, 0.0)
    assert part.counts == {"in sync": PAGE - 1, "missing": 1}
    assert reader.time - BEGIN == (PAGE + 1) * REQUEST_SECONDS + SETTLE_SECONDS
    part, _ = compare(watched, None, 0.0, settled=lambda: watched.deliver(first))
    assert part.counts == {"in sync": PAGE}


def test_an_entry_that_cannot_be_read_is_unknown(watched: Watched) -> None:
    first, arrivals = first_of(watched), Arrivals()
    arrivals.answer(first, 500, 500)
    watched.momento.service.interfere = arrivals
    part, _ = compare(watched, None, 0.0)
    watched.momento.service.interfere = None
    assert part.counts == {"in sync": PAGE - 1, "unknown": 1}
    (difference,) = part.wrong
    assert (difference["state"], difference["key"]) == ("unknown", {"Location": {"S": first}})
    assert "HTTP 500" in difference["why"]


def test_an_entry_whose_item_is_removed_meanwhile_is_counted_as_stale(watched: Watched) -> None:
    first = first_of(watched)
    watched.cache(first, "of a former item")
    part, _ = compare(watched, None, 0.0, settled=lambda: watched.weather.delete(first))
    told = part.as_json()
    assert (told["in_sync"], told["stale"]) == (PAGE - 1, 1)
    (difference,) = told["wrong"]
    assert (difference["state"], difference["key"]) == ("stale", {"Location": {"S": first}})
