"""docs/replay.md shows what the commands print."""

import pytest

from tests.ops.conftest import Answer
from tests.ops.shared.repair.repair_cloud import DELETE, GONE_SHARD, PUBLISH, PUT, RepairCloud, keys
from tests.transcript import is_shown, transcript

pytestmark = pytest.mark.slow

SHOWN = transcript("docs/replay.md")
REDRIVE, WARM, VERIFY = SHOWN
NUMBER = r"\d{22}"
"""The sequence number of a record, as in the page's dead letters."""
GONE = "1099999999999999999999"


def check(answer: Answer, command: str, *more: str) -> None:
    """Compare what a command prints with what the page shows."""
    _, said, problems = answer(*command.split()[1:], *more)
    assert problems == ""
    assert is_shown(SHOWN[command], said, NUMBER), said


def test_the_page_shows_what_redrive_prints(cloud: RepairCloud, answer: Answer) -> None:
    cloud.weather.put("Nairobi")
    cloud.weather.put("Oslo")
    cloud.give_up(PUT)
    cloud.give_up(PUBLISH)
    cloud.weather.put("Bergen")
    cloud.give_up(PUT)
    cloud.weather.put("Bergen", MaxTemp=22)
    cloud.weather.put("Atlantis", ttl=0)
    cloud.give_up(PUT)
    cloud.weather.put("Quito")
    cloud.weather.delete("Quito")
    cloud.give_up(DELETE)
    for pipe in (PUT, PUBLISH):
        cloud.log(pipe, (GONE, keys("Nairobi")))
        cloud.give_up(pipe, shardId=GONE_SHARD, startSequenceNumber=GONE, endSequenceNumber=GONE)
    check(answer, REDRIVE)


def test_the_page_shows_what_warm_and_verify_print(cloud: RepairCloud, answer: Answer) -> None:
    for location in ("Oslo", "Bergen", "Nairobi", "Cairo", "Lima"):
        cloud.weather.put(location)
    cloud.weather.put("Atlantis", ttl=0)
    check(answer, WARM)
    for location in ("Tunis", "Quito"):
        cloud.weather.put(location)
        cloud.weather.delete(location)
    for location in ("Tunis", "Cairo"):
        cloud.fill(location, "old")
    cloud.weather.put("La Paz")
    check(answer, VERIFY, "--settle=0.1", "--wait=0")
