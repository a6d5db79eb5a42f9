"""The page's server without a feed, as on AWS: it reads the pipes' execution logs."""

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import console.letter_box
import live.execution_logs
from live.execution_logs import ExecutionLogs
from localcloud import LocalAws
from tests.console.running import Shop, Visitor, running, served
from tests.console.shop import ORDERS, SALES, TOPOLOGIES, order
from tests.localcloud.arrivals import until

REFUSED = "Momento refused it: ttl_seconds must be 1 to 86400; it comes from `Keep` = 0"


@pytest.fixture(scope="module", params=TOPOLOGIES)
def topology(request: pytest.FixtureRequest) -> str:
    """Return a topology."""
    return str(request.param)


@pytest.fixture(scope="module")
def shop(topology: str, local_aws: LocalAws, no_cloud: None) -> Iterator[Shop]:  # noqa: ARG001 - needed before
    """Return the shop, whose pipes log as the settings' defaults say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live.execution_logs, "LOG_SECONDS", 0.3)
        patch.setattr(console.letter_box, "LETTER_SECONDS", 0.5)
        with running(local_aws, topology, "INFO") as shop:
            shop.has_feed = False
            assert shop.settings.feed is None
            yield shop


def test_changes_are_told_by_the_execution_logs(shop: Shop, topology: str) -> None:
    """A delivered, a filtered, a refused and a dead-lettered change, each with its cause.

    AWS logs nothing of a bus's rules, so a delivered change is not known there. A workflow goes on
    until Momento takes the request.
    """
    shop.arrivals.answer("busy", *[503] * 4)
    with (
        served(shop) as url,
        Visitor(url, SALES) as visitor,
        httpx.Client(base_url=url, timeout=60) as http,
    ):
        visitor.wait("ready")
        (model,) = [
            one for one in http.get("/api/model").json()["pipelines"] if one["name"] == SALES
        ]
        routes = {one["operation"]: one["id"] for one in model["routes"]}
        put, delete = routes["cache-put"], routes["cache-delete"]

        def told(key: str, state: str, route: str = put) -> Any:
            """Wait for a cell's state; return the cause."""
            row = visitor.wait(
                "change",
                lambda one: (
                    one["key"] == f"Ada {key}" and one["cells"].get(route, {}).get("state") == state
                ),
            )
            detail = http.get(f"/api/changes/{row['id']}").json()["routes"][route]
            return detail["summary"]["cause"]

        for key, keep in (("good", "60"), ("bad", "0"), ("busy", "60")):
            shop.put(ORDERS, order(OrderId=key, Keep=keep))
        good = told("good", "unknown" if topology == "bus" else "delivered")
        assert good.startswith("It is on the event bus" if topology == "bus" else "Momento took it")
        left_out = told("good", "filtered", delete)
        assert "The workflow sends no" in left_out or "and this change is INSERT" in left_out
        bad = told("bad", "refused")
        if topology == "bus":
            assert bad.startswith("Momento refused it. The dead letter does not say why")
        else:
            assert bad == REFUSED
        if topology == "workflow":
            assert told("busy", "delivered").startswith("Momento took it")
        else:
            busy = told("busy", "dead-letter")
            assert busy.startswith("It was given up")
            assert "503" in busy or "MaximumRetryAttempts" in busy
        assert visitor.wait("health", lambda one: one["runner"]["text"] == "AWS runs the pipes")


@pytest.mark.parametrize("topology", TOPOLOGIES[:1], indirect=True)
def test_logs_are_not_read_while_nobody_looks(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened in the meantime is told to the next page."""
    reads: list[float] = []
    read = ExecutionLogs._new_entries  # noqa: SLF001 - to count its calls

    def counted(logs: ExecutionLogs) -> list[dict[str, Any]]:
        reads.append(time.monotonic())
        return read(logs)

    monkeypatch.setattr(ExecutionLogs, "_new_entries", counted)
    with served(shop) as url:
        with Visitor(url, SALES) as visitor:
            visitor.wait("ready")
            until(lambda: reads)
        until(lambda: time.monotonic() - reads[-1] > 5 * live.execution_logs.LOG_SECONDS)
        before = len(reads)
        shop.put(ORDERS, order(OrderId="unseen"))
        until(lambda: any(one.key == "unseen" for one in shop.arrivals))
        assert len(reads) == before
        with Visitor(url, SALES) as visitor:
            visitor.wait("change", lambda one: one["key"] == "Ada unseen")
