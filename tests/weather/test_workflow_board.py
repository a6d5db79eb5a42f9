"""With a workflow (TOPOLOGY=workflow), the page shows each request, and the workflow's letters."""

import functools
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import cdktf
import pytest

import localcloud.feed
import localcloud.momento
import localcloud.runner
from live.dead_letters import DeadLetterQueue
from localcloud import LocalAws
from localcloud.feed import DeliveryFeed
from localcloud.momento import LocalMomento
from localcloud.runner import Runner
from stacks.settings import Settings
from stacks.weather import WeatherStack
from tests.conftest import ENDPOINT
from tests.localcloud.applied import Applied
from tests.localcloud.arrivals import until
from tests.localcloud.weather_cloud import FAST
from tests.localcloud.weather_pipes import API_KEY, CACHE, TOPIC, empty
from tests.place import settings_of, wait_for_the_end
from tests.weather.test_board import Visitor
from weather.board import Board
from weather.clients import Clients
from weather.records import random_record, refused_record
from weather.settings import WeatherSettings
from weather.tour import tour

PIPE = "weather-stats-demo-changes-pipe"


@functools.cache
def document() -> Any:
    """Return the weather stack's JSON."""
    settings = Settings(
        MOMENTO_API_ENDPOINT=ENDPOINT, MOMENTO_CACHE_NAME=CACHE, TOPOLOGY="workflow"
    )
    return json.loads(cdktf.Testing.synth(WeatherStack(cdktf.Testing.app(), "weather", settings)))


@dataclass(frozen=True)
class Here:
    """A workflow that runs, and the settings that lead there."""

    settings: WeatherSettings
    clients: Clients


@pytest.fixture(scope="module")
def here(local_aws: LocalAws, no_place: None) -> Iterator[Here]:  # noqa: ARG001 - it is needed before
    """Return the weather stack as a workflow, which runs."""
    empty(local_aws.endpoint)
    Applied(document(), local_aws.endpoint, momento_api_key=API_KEY).create()
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(localcloud.runner, "WATCH_SECONDS", 0.3)
        patch.setattr(localcloud.feed, "LONG_POLL_SECONDS", 0.2)
        patch.setattr(localcloud.momento, "LONG_POLL_SECONDS", 0.2)
        momento = stack.enter_context(LocalMomento(api_key=API_KEY, caches=(CACHE,)))
        feed = stack.enter_context(DeliveryFeed())
        runner = stack.enter_context(
            Runner(
                endpoint=local_aws.endpoint,
                redirect=momento.endpoint,
                timing=FAST,
                on_delivery=feed.add,
            )
        )
        runner.wait_until_reading(PIPE)
        settings = settings_of(
            AWS_ENDPOINT_URL=local_aws.endpoint,
            MOMENTO_API_KEY=API_KEY,
            MOMENTO_ENDPOINT_URL=momento.endpoint,
            MOMENTO_CACHE_NAME=CACHE,
            MOMENTO_TOPIC_NAME=TOPIC,
            PIPE_DELIVERIES_URL=f"{feed.endpoint}/deliveries",
        )
        yield Here(settings, Clients.of(settings))


@pytest.fixture
def board(here: Here) -> Iterator[Board]:
    """Return a board that follows what the workflow does."""
    board = Board(here.settings)
    board.start()
    yield board
    board.stop()
    wait_for_the_end()


def test_each_request_is_a_delivery(board: Board) -> None:
    record = random_record("Bergen")
    with Visitor(board) as visitor:
        board.table.put(record)
        put, message = both(visitor, "INSERT")
        assert [one["request"]["method"] for one in (put, message)] == ["PUT", "POST"]
        assert {one["pipe"] for one in (put, message)} == {PIPE}
        assert put["attempts"][0]["status"] == 204
        assert put["record"] == message["record"]
        until(lambda: visitor.of("record", location="Bergen", state="in sync"))
        board.table.delete("Bergen")
        delete, message = both(visitor, "REMOVE")
        assert [one["request"]["method"] for one in (delete, message)] == ["DELETE", "POST"]


def both(visitor: Visitor, event: str) -> list[Any]:
    """Return the two deliveries of a record, once they are told."""
    until(lambda: len(visitor.of("delivery", event_name=event)) == 2)
    return visitor.of("delivery", event_name=event)


def test_letter_of_the_workflow_is_shown(board: Board, here: Here) -> None:
    with Visitor(board) as visitor:
        board.table.put(refused_record())
        (told,) = visitor.wait_for("delivery", outcome="dead-letter")
        assert told["request"]["method"] == "PUT"
        (shown,) = visitor.wait_for("dead-letters", waiting=1)
    (letter,) = shown["letters"]
    assert letter["pipe"] == "weather-stats-demo-changes"
    assert letter["condition"] == "States.Http.StatusCode.400"
    assert letter["sequence_number"] == told["sequence_number"]
    assert letter["arrived"].startswith("20")
    queue = DeadLetterQueue(here.clients.aws.client("sqs"), name=here.settings.dead_letter_queue)
    for message in queue.receive():
        queue.delete(message)


def test_tour_ends_as_expected(here: Here) -> None:
    steps = list(tour(here.clients.table, here.clients.cache, here.clients.topic))
    assert all(step.as_expected for step in steps), steps
