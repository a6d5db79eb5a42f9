"""The page of the example stacks: it names nothing of them, and shows everything."""

import json
from typing import Any

import cdktf
import pytest
from playwright.sync_api import Browser, Page, expect

from localcloud import LocalAws
from stacks.catalogue import find
from stacks.settings import Settings
from tests.conftest import ENDPOINT
from tests.console.opened import watched
from tests.console.running import Made, running_stack, served
from tests.console.shop import CACHE, PREFIX

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("no_cloud")]


def made(stack: str, topology: str, *topics: str) -> Made:
    """Synthesize a stack."""
    given = {"MOMENTO_API_ENDPOINT": ENDPOINT, "NAME_PREFIX": PREFIX, "TOPOLOGY": topology}
    settings = Settings(**given, MOMENTO_CACHE_NAME=CACHE, STACK=stack)  # type: ignore[arg-type]  # pydantic parses the texts
    synthesized: Any = find(stack)(cdktf.Testing.app(), stack, settings)
    return Made(json.loads(cdktf.Testing.synth(synthesized)), stack, topics)


def write_random(page: Page) -> None:
    """Write a random item, and wait for its change."""
    page.get_by_role("button", name="Random item").click()
    expect(page.locator(".said-line")).to_contain_text("Its change has arrived")


def test_orders_are_cached_and_published(local_aws: LocalAws, chromium: Browser) -> None:
    """A workflow with three operations, and a key of two attributes."""
    orders = made("orders", "workflow", "momento-eventbridge-topic")
    with (
        running_stack(local_aws, orders) as shop,
        served(shop) as url,
        watched(chromium, url) as page,
    ):
        expect(page.locator("#flow")).to_contain_text("Express state machine")
        heads = page.locator(".changes .head .route")
        write_random(page)
        assert heads.all_inner_texts() == ["cache-put", "topic-publish", "cache-delete"]
        expect(page.locator(".body .row .cell.ok")).to_have_count(2)
        page.get_by_role("tab", name="Topic").click()
        expect(page.locator(".card")).to_have_count(1)
        page.get_by_role("tab", name="Items").click()
        expect(page.locator(".items tbody tr")).to_contain_text("in sync")
        labels = page.locator(".look-up label").all_inner_texts()
        assert labels == ["Customer", "OrderId"]


def test_sessions_have_no_topic(local_aws: LocalAws, chromium: Browser) -> None:
    """Two pipes, and no tab for what is not there."""
    with (
        running_stack(local_aws, made("sessions", "pipes")) as shop,
        served(shop) as url,
        watched(chromium, url) as page,
    ):
        write_random(page)
        heads = page.locator(".changes .head .route")
        assert heads.all_inner_texts() == ["cache-put", "cache-delete"]
        tabs = page.get_by_role("tablist").get_by_role("tab")
        assert tabs.all_inner_texts() == ["Changes", "Items", "Dead letters", "What if"]
