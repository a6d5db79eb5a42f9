"""From submit in the browser to the message in the page's topic pane: `python tests/bench/page.py`.

Also the size of the page's assets. It raises the whole local cloud, which takes most of a minute.
"""

import argparse
import gzip
import statistics
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, expect

from tests.weather.browser import browser
from tests.weather.running import Up

MEASURE = """
(location) => new Promise((resolve) => {
  document.getElementById("location").value = location;
  const started = performance.now();
  new MutationObserver((_, observer) => {
    if (!document.querySelector("#messages li")?.textContent.includes(location)) return;
    observer.disconnect();
    resolve(performance.now() - started);
  }).observe(document.getElementById("messages"), { childList: true });
  document.getElementById("form").requestSubmit();
})
"""


def arrivals(page: Page, count: int) -> list[float]:
    """Submit so many records, one after the other; return milliseconds to their messages."""
    return [page.evaluate(MEASURE, f"Bench {number}") for number in range(count)]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="records")
    count = parser.parse_args().count
    with Up(ROOT) as up, browser() as chromium:
        page = chromium.new_page()
        page.goto(up.page())
        expect(page.locator("#live")).to_have_text("live")
        arrivals(page, 2)  # to warm up
        taken = sorted(arrivals(page, count))
    files = sorted((ROOT / "weather" / "static").iterdir())
    size = sum(file.stat().st_size for file in files)
    packed = sum(len(gzip.compress(file.read_bytes())) for file in files)
    table = Table("what", "figure", title="The page")
    table.add_row("submit to topic pane, median", f"{statistics.median(taken):.0f} ms")
    table.add_row("least and most", f"{taken[0]:.0f} to {taken[-1]:.0f} ms")
    table.add_row("records", str(count))
    table.add_row("assets", f"{size / 1000:.1f} KB in {len(files)} files")
    table.add_row("assets, packed by gzip", f"{packed / 1000:.1f} KB")
    Console(width=80).print(table)


if __name__ == "__main__":
    main()
