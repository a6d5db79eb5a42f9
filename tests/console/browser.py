"""A real browser, driven by Playwright: Debian's Chromium without windows if it is installed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
PATIENCE_MS = 180_000
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-sandbox",  # CI runs as root, where Chromium has no sandbox; it sees our own page only
)
"""What keeps Chromium from calling its maker."""


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser without a window, and end it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, f"none of {', '.join(NAMES)} is installed: ./help.sh setup does it"
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=found, args=list(QUIET), timeout=PATIENCE_MS
        )
        try:
            yield started
        finally:
            started.close()
