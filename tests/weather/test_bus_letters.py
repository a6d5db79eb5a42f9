"""With an event bus (TOPOLOGY=bus), the page's dead letters are those of the bus's rules."""

from contextlib import ExitStack

import pytest

import localcloud.momento
from localcloud import LocalAws
from tests.localcloud.arrivals import until
from tests.localcloud.bus_cloud import BUS, PIPE, RULES, BusCloud
from tests.localcloud.weather_pipes import API_KEY, CACHE, PUT, TOPIC
from tests.place import settings_of, wait_for_the_end
from tests.weather.test_board import Visitor
from weather.board import Board
from weather.records import refused_record


@pytest.mark.usefixtures("no_place")
def test_a_rules_dead_letter_has_the_rule_the_reason_and_the_record(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(localcloud.momento, "LONG_POLL_SECONDS", 0.2)  # the board waits for it
    with ExitStack() as stack:
        cloud = stack.enter_context(BusCloud(local_aws))
        cloud.create(PUT)
        runner = stack.enter_context(cloud.runner())
        runner.wait_until_reading(PIPE)
        board = Board(
            settings_of(
                AWS_ENDPOINT_URL=str(local_aws.endpoint),
                MOMENTO_API_KEY=API_KEY,
                MOMENTO_ENDPOINT_URL=cloud.momento.endpoint,
                MOMENTO_CACHE_NAME=CACHE,
                MOMENTO_TOPIC_NAME=TOPIC,
            )
        )
        stack.callback(wait_for_the_end)
        stack.callback(board.stop)
        board.start()
        with Visitor(board) as visitor:
            board.table.put(refused_record())
            until(lambda: cloud.of(RULES[PUT], "dead-letter"))
            board.look_at_letters()
            (told,) = visitor.wait_for("dead-letters", waiting=1)
        (letter,) = told["letters"]
        (record,) = cloud.weather.records()
    assert letter["pipe"] == RULES[PUT] != BUS
    assert letter["condition"] == "SDK_CLIENT_ERROR"
    assert letter["sequence_number"] == record["dynamodb"]["SequenceNumber"]
    assert letter["arrived"].startswith("20")
