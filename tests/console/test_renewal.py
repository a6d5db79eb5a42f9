"""What is deployed changes while a page is open; AWS and Momento stop answering."""

from collections.abc import Iterator

import httpx
import pytest

import console.boards
from localcloud import LocalAws
from tests.console.running import Shop, Visitor, running, served
from tests.console.shop import SALES, order
from localcloud.applied import client

PUT = "shop-sales-cache-put-pipe"


@pytest.fixture(scope="module")
def shop(local_aws: LocalAws, no_place: None) -> Iterator[Shop]:  # noqa: ARG001 - needed before
    """Return the shop, which runs."""
    with running(local_aws, "pipes") as shop:
        yield shop


def test_another_filter_is_seen_without_a_new_start(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.boards, "MODEL_SECONDS", 0.2)
    pipes = client("pipes", shop.aws.endpoint)
    with served(shop) as url, Visitor(url, SALES) as visitor:
        visitor.wait("ready")
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


def test_momento_that_is_gone_is_told_and_the_table_shows(shop: Shop) -> None:
    shop.put("shop-orders", order(OrderId="dark", Customer="Jo", Status="shipped"))
    with served(shop) as url, Visitor(url, SALES) as visitor:
        visitor.wait("health", lambda one: one["momento"]["state"] == "ok")
        shop.momento.__exit__(None, None, None)
        down = visitor.wait("health", lambda one: one["momento"]["state"] == "down")
        assert down["aws"]["state"] == "ok"
        assert "Momento" in down["momento"]["text"]
        item = visitor.wait("item", lambda one: one["key"] == "Jo dark")
        assert item["table"]["Status"] == {"S": "shipped"}
        visitor.wait("item", lambda one: one["state"] == "unknown" and one["table"] != "unknown")
        visitor.wait("problem", lambda one: one["about"] == "topic" and one["text"])
