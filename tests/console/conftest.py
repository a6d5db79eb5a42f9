"""No test here finds a `.env` or a local cloud that is up; the page's tests share a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.console.browser import browser
from tests.running_weather import closed_clients, no_cloud, patience

__all__ = ["chromium", "closed_clients", "no_cloud", "patience"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a browser for all tests of a module."""
    with browser() as started:
        yield started
