"""What is deployed changes while a page is open; AWS and Momento stop answering."""

import threading
from collections.abc import Iterator
from itertools import count
from typing import Any
from urllib.parse import SplitResult

import httpx
import pytest

import console.boards
from console.board import Board
from console.boards import Boards
from console.errors import NotThereError
from live.aws import Aws
from live.deployment import Deployment
from live.kept_connection import KeptConnection
from live.momento.client import Momento
from localcloud import LocalAws
from localcloud.applied import client
from tests.console.running import Shop, Visitor, following, running, served
from tests.console.shop import PEOPLE, SALES, order
from tests.localcloud.arrivals import until

PUT = "shop-sales-cache-put-pipe"


@pytest.fixture(scope="module")
def shop(local_aws: LocalAws, no_cloud: None) -> Iterator[Shop]:  # noqa: ARG001 - needed before
    """Return the shop, which runs."""
    with running(local_aws, "pipes") as shop:
        yield shop


class Clients:
    """The clients of AWS and Momento that were made, and those that were closed."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.made, self.closed = set[int](), set[int]()
        self.momento = list[KeptConnection]()
        makes, closes, connects = Aws.client, Aws.close, Momento._connection  # noqa: SLF001 - it makes them
        number = count()

        def client(aws: Aws, service: str) -> Any:
            if not hasattr(aws, "number"):
                aws.number = next(number)  # type: ignore[attr-defined]  # ours
                self.made.add(aws.number)  # type: ignore[attr-defined]
            return makes(aws, service)

        def close(aws: Aws) -> None:
            self.closed.add(getattr(aws, "number", -1))
            closes(aws)

        def connect(momento: Momento, parts: SplitResult) -> KeptConnection:
            found = connects(momento, parts)
            if found not in self.momento:
                self.momento.append(found)
            return found

        patch.setattr(Aws, "client", client)
        patch.setattr(Aws, "close", close)
        patch.setattr(Momento, "_connection", connect)

    @property
    def open(self) -> int:
        """How many of AWS are not closed."""
        return len(self.made - self.closed)

    @property
    def open_to_momento(self) -> int:
        """How many of Momento are not closed."""
        return sum(one._is_used for one in self.momento)  # noqa: SLF001 - nothing else says it


def test_a_pipeline_that_is_found_while_the_server_ends_is_not_followed(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards = Boards(shop.settings)
    boards.start()
    boards._boards.pop(PEOPLE).stop()  # noqa: SLF001 - as if it had not been there
    enter = Deployment.__enter__

    def end(entered: Deployment) -> Deployment:
        boards.stop()
        return enter(entered)

    with monkeypatch.context() as patch:
        patch.setattr(Deployment, "__enter__", end)
        boards._read()  # noqa: SLF001 - what a thread does every few seconds
    with pytest.raises(NotThereError, match=PEOPLE):
        boards.get(PEOPLE)
    shop.end_polls()
    until(lambda: not following())


def test_nothing_is_asked_for_a_page_that_goes_while_it_is_opened(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins, gone = threading.Event(), threading.Event()
    opened = Boards.open

    def wait(boards: Boards, board: Board) -> None:
        begins.set()
        assert gone.wait(60)
        opened(boards, board)

    with served(shop) as url:
        monkeypatch.setattr(Boards, "open", wait)
        with (
            httpx.Client(timeout=60) as http,
            http.stream("GET", f"{url}/api/events", params={"pipeline": SALES}),
        ):
            assert begins.wait(60)
        gone.set()
        monkeypatch.undo()
        with Visitor(url, SALES) as visitor:  # a page comes and goes after it
            visitor.wait("ready")
        until(lambda: not following("items"))


def test_another_filter_is_seen_without_a_new_start(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.boards, "MODEL_SECONDS", 0.2)
    clients = Clients(monkeypatch)
    pipes = client("pipes", shop.aws.endpoint)
    for status in ("shipped", "open"):  # each definition puts one; the pipe has read both
        shop.put("shop-orders", order(OrderId=status, Customer="Al", Status=status))
    with served(shop) as url, Visitor(url, SALES) as visitor:
        visitor.wait("ready")
        visitor.wait("item", lambda one: (one["key"], one["state"]) == ("Al open", "in sync"))
        visitor.wait("health")  # its client was made, too
        opened, opened_to_momento = clients.open, clients.open_to_momento
        before = pipes.describe_pipe(Name=PUT)
        source = before["SourceParameters"]
        (pattern,) = source["FilterCriteria"]["Filters"]
        shipped = {"Pattern": pattern["Pattern"].replace("open", "shipped")}
        source["FilterCriteria"] = {"Filters": [shipped]}
        source["DynamoDBStreamParameters"].pop("StartingPosition", None)
        pipes.update_pipe(Name=PUT, RoleArn=before["RoleArn"], SourceParameters=source)
        model = visitor.wait("model")
        (sales,) = [one for one in model["pipelines"] if one["name"] == SALES]
        filters = {route["id"]: route["filters"] for route in sales["routes"]}
        assert filters[PUT] == [shipped["Pattern"]]
        asked = {"pipeline": SALES, "route": PUT, "edited": {}, "records": "last"}
        assert (
            httpx.post(f"{url}/api/what-if", json=asked, headers={"Origin": url}, timeout=60)
            .json()["json"]
            .count("shipped")
        )
        # The clients of the former definition are closed, once nobody works with them.
        made = len(clients.made)
        until(lambda: len(clients.made) > made and clients.open <= opened)
        visitor.wait("item", lambda one: (one["key"], one["state"]) == ("Al shipped", "missing"))
        until(lambda: clients.open_to_momento <= opened_to_momento)
        assert len(clients.momento) > opened_to_momento
