"""How often a child of warm calls again, how fast, and when its segment fails."""

from datetime import timedelta

import pytest

from eventpipes.workflow import Checkpoint, StateMachine
from momento_pipes.bulk_settings import MOST_REFUSED, BulkSettings
from tests.momento_pipes.bulk.table import Bulk
from tests.momento_pipes.bulk.test_warm import bulk, total

pytestmark = pytest.mark.slow

RATE = 2


def slow(count: int, **fields: float) -> Bulk:
    """Return a table whose only child sends few requests a second."""
    return bulk(count, settings=BulkSettings(rate=RATE), **fields)


def most_in(table: Bulk, seconds: int) -> int:
    """Return the most requests that were sent within so many seconds."""
    times = sorted(table.sent_at)
    span = timedelta(seconds=seconds)
    return max(sum(begin <= at < begin + span for at in times) for begin in times)


def test_a_stretch_that_fails_for_a_moment_is_called_again() -> None:
    table = bulk(5, failing_stretches=2, stretch_error="DynamoDb.ThrottlingException")
    assert table.run(1).status == "SUCCEEDED"
    assert len(table.cache) == 5
    assert len(table.stretches) == 3


def test_an_error_about_every_item_stops_the_run() -> None:
    """A stretch that would fail again is called once."""
    table = bulk(300, refuse=lambda _: 401)
    assert table.run(1).error == "States.ExceedToleratedFailureThreshold"
    assert len(table.stretches) == 1
    assert table.letters == []
    assert "States.Http.StatusCode.401" in table.failures[0]


def test_a_call_that_ends_early_is_followed_by_a_shorter_stretch() -> None:
    """A smaller page alone does not end it sooner: a stretch has as many pages as fit into it."""
    table = slow(120, ends_after=15)
    assert table.run(1).status == "SUCCEEDED"
    assert len(table.cache) == 120
    assert [one["seconds"] for one in table.stretches[:4]] == [40, 20, 10, 10]
    assert len(table.stretches) < 12
    assert total(table, "sent") == 120
    assert most_in(table, 20) <= RATE * 20 + table.settings.page, "the abandoned call sends, too"


def test_calls_that_all_end_early_fail_the_segment_and_a_redrive_continues() -> None:
    table = slow(60, ends_after=0.01)
    checkpoint = Checkpoint()
    assert table.run(1, checkpoint).status == "FAILED"
    assert [one["seconds"] for one in table.stretches] == [40, 20, 10, 5, 2, 1]
    assert "--resume" in table.failures[0]
    table.ends_after = 1_000
    assert table.run(1, checkpoint).status == "SUCCEEDED"
    assert len(table.cache) == 60


def test_momento_is_asked_six_times_for_a_place() -> None:
    table = bulk(50, refuse=lambda _: 503)
    assert table.run(1).status == "FAILED"
    assert len(table.stretches) == 6
    assert "Momento does not answer" in table.failures[0]


def test_a_run_from_before_the_stretch_had_its_length_goes_on() -> None:
    """Such a run calls the Express workflow as it is deployed now."""
    table = bulk(5)
    table.warm = StateMachine.parse(table.warm_text.replace(', \\"seconds\\": $seconds', ""))
    assert table.run(1).status == "SUCCEEDED"
    assert "seconds" not in table.stretches[0]
    assert len(table.cache) == 5


def test_a_run_of_which_every_request_is_refused_stops_and_goes_on_after_the_repair() -> None:
    wrong = {"is": True}
    table = bulk(240, refuse=lambda _: 400 if wrong["is"] else None)
    checkpoint = Checkpoint()
    assert table.run(2, checkpoint).status == "FAILED"
    assert len(table.letters) <= 2 * (MOST_REFUSED + table.settings.page)
    assert "100 of 100 requests of this segment were refused" in table.failures[0]
    assert "--resume" in table.failures[0]
    wrong["is"] = False
    assert table.run(2, checkpoint).status == "SUCCEEDED"
    assert len(table.cache) == 240


def test_some_refused_requests_stop_nothing() -> None:
    """More than the number alone allows, but fewer than the accepted ones."""
    table = bulk(200, refuse=lambda call: 400 if "1&" in call.url or "2&" in call.url else None)
    assert table.run(1).status == "SUCCEEDED"
    assert (total(table, "sent"), total(table, "letters")) == (160, 40)


def test_few_refused_requests_stop_nothing_even_if_they_are_all() -> None:
    table = bulk(MOST_REFUSED, refuse=lambda _: 400)
    assert table.run(1).status == "SUCCEEDED"
    assert total(table, "letters") == MOST_REFUSED
