"""What was written during a run is compared again, without all of it in memory."""

import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from eventpipes import Request
from live.converge import Converger
from live.items import Item
from live.undelivered import UndeliveredRecords
from localcloud import LocalAws
from momento_pipes.workflow.definition import NO_NEW_REQUEST_AFTER
from momento_pipes.workflow.request import LONGEST_SECONDS
from ops.shared.bulk import recheck
from ops.shared.bulk.recheck import BulkRecheck
from ops.shared.bulk.written_keys import PAGE, WrittenKeys
from tests.ops.shared.repair.repair_cloud import RepairCloud


def test_a_page_can_be_sent_so_long_after_it_was_read() -> None:
    """`ops` may not import the constructs, so it has its own number."""
    assert recheck.PAGE_SECONDS == NO_NEW_REQUEST_AFTER + LONGEST_SECONDS
    assert recheck.BEFORE_SECONDS > recheck.PAGE_SECONDS


class Removals(Converger):
    """Deletes the entry that an item's attribute `Mail` names."""

    def __init__(self) -> None:
        self.asked = 0

    def removal(self, key: Item, image: Item | None) -> tuple[Request, ...]:
        """Return the deletion of the image's entry."""
        assert key
        assert image is not None
        self.asked += 1
        url = f"https://momento.example/cache/c?key={image['Mail']['S']}"
        return (Request("DELETE", url, {}, ""),)


def key(number: int) -> Item:
    """Return a key."""
    return {"Id": {"N": str(number)}}


def mail(text: str) -> Item:
    """Return an image."""
    return {"Id": {"N": "1"}, "Mail": {"S": text}}


def test_an_image_is_kept_for_each_entry_of_a_key() -> None:
    written = WrittenKeys(Removals(), by_whole_key=False)
    for text in ("a", "b", "a", "b"):
        written.add(key(1), mail(text))
    written.add(key(2), None)
    assert list(written.pages()) == [[(key(1), [mail("a"), mail("b")]), (key(2), [])]]
    written.clear()
    assert list(written.pages()) == []
    written.close()


def test_a_key_with_one_entry_has_one_image() -> None:
    removals = Removals()
    written = WrittenKeys(removals, by_whole_key=True)
    for text in ("a", "b", "c"):
        written.add(key(1), mail(text))
    assert list(written.pages()) == [[(key(1), [mail("a")])]]
    assert removals.asked == 1


def test_many_keys_come_page_by_page() -> None:
    written = WrittenKeys(Removals(), by_whole_key=True)
    for number in range(PAGE + 1):
        written.add(key(number), None)
    assert [len(page) for page in written.pages()] == [PAGE, 1]


@pytest.fixture(scope="module")
def cloud(local_aws: LocalAws) -> Iterator[RepairCloud]:
    """Return a deployed stack with two items, whose entries are missing."""
    with RepairCloud(local_aws) as made:
        made.weather.put_all([("Oslo", 1), ("Rome", 2)])
        yield made


def test_what_was_written_is_compared_at_each_look(cloud: RepairCloud) -> None:
    with cloud.deployment() as deployment, cloud.sender(deployment) as sender:
        look = BulkRecheck(deployment, sender, threading.Event())
        done = look.run(time.time() - 60)
        assert (look.compared, look.problems) == (2, [])
        assert cloud.cache() == cloud.table()
        assert look.run(done + recheck.BEFORE_SECONDS + 60) == pytest.approx(done, abs=60)
        assert look.compared == 2
        look.close()


def test_the_end_of_a_run_reads_the_stream_from_a_look_on(
    cloud: RepairCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that is long after the records knows places after them."""
    now = time.time()
    monkeypatch.setattr(recheck, "time", SimpleNamespace(time=lambda: now + 1_000))
    with cloud.deployment() as deployment, cloud.sender(deployment) as sender:
        look = BulkRecheck(deployment, sender, threading.Event())
        look.run(now)
        look.close()
        assert look.places_before(now) == {}, "no look was so early"
        undelivered = UndeliveredRecords(deployment)
        assert len(undelivered.until(places=look.places_before(now))) == 2
        assert undelivered.until(places=look.places_before(now + 1_000)) == {}


def test_ctrl_c_ends_a_look_and_is_reported(cloud: RepairCloud) -> None:
    stop = threading.Event()
    stop.set()
    with cloud.deployment() as deployment, cloud.sender(deployment) as sender:
        look = BulkRecheck(deployment, sender, stop)
        look.run(time.time() - 60)
        look.close()
    assert look.compared == 0
    (problem,) = look.problems
    assert problem.endswith("compared again: run ./help.sh warm --on-aws --resume")
