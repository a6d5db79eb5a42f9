"""From a write in the browser to its row, and to its delivery: `python tests/bench/page.py`.

Also how soon the page is ready, and the size of its files. It raises the whole local cloud, which
takes most of a minute.
"""

import argparse
import statistics
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import httpx
from playwright.sync_api import Page, expect

from tests.console.browser import browser
from tests.ops.demo.up_process import Up

MEASURE = """
([pipeline, key]) => new Promise((resolve) => {
  const began = performance.now();
  let row;
  const observer = new MutationObserver(() => {
    const rows = [...document.querySelectorAll(".body .row")];
    const found = rows.find((one) => one.querySelector(".key").textContent === key);
    if (!found) return;
    row ??= performance.now() - began;
    if (found.querySelectorAll(".cell.ok").length < 2) return;
    observer.disconnect();
    resolve([row, performance.now() - began]);
  });
  const what = { childList: true, subtree: true, characterData: true, attributes: true };
  observer.observe(document.getElementById("page"), what);
  const numbers = { MaxTemp: "21", MinTemp: "9", ChancesOfPrecipitation: "40", TTL: "600" };
  const body = JSON.stringify({ pipeline, values: { Location: key, ...numbers } });
  fetch("/api/form", { method: "POST", headers: { "Content-Type": "application/json" }, body });
})
"""
LOADED = """
() => {
  const files = performance.getEntriesByType("resource");
  const page = performance.getEntriesByType("navigation")[0];
  const all = [page, ...files.filter((one) => !one.name.includes("/api/"))];
  const sum = (name) => all.reduce((total, one) => total + one[name], 0) / 1000;
  const [sent, whole] = [sum("encodedBodySize"), sum("decodedBodySize")];
  return { interactive: page.domInteractive, files: all.length, sent, whole };
}
"""


def writes(page: Page, pipeline: str, count: int, name: str) -> list[tuple[float, float]]:
    """Write so many records, one after the other; return milliseconds to row and delivery."""
    return [page.evaluate(MEASURE, [pipeline, f"{name} {number}"]) for number in range(count)]


def spread(taken: list[float]) -> str:
    """Return the median and the 99th percentile."""
    return f"{statistics.median(taken):.0f} / {statistics.quantiles(taken, n=100)[98]:.0f} ms"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="records (default: 100)")
    count = parser.parse_args().count
    if count < 2:
        parser.error("--count takes a number above 1")
    with Up(ROOT) as up, browser() as chromium:
        page = chromium.new_page()
        page.goto(up.page())
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        loaded = page.evaluate(LOADED)
        pipeline = httpx.get(f"{up.page()}/api/model").json()["pipelines"][0]["name"]
        writes(page, pipeline, 5, "Warm")
        taken = writes(page, pipeline, count, "Bench")
    table = Table("what", "figure", title="The page")
    table.add_row("write to row, p50 / p99", spread([row for row, _ in taken]))
    table.add_row("write to both deliveries, p50 / p99", spread([done for _, done in taken]))
    table.add_row("records", str(count))
    table.add_row("load to interactive", f"{loaded['interactive']:.0f} ms")
    table.add_row("assets on the wire", f"{loaded['sent']:.1f} KB in {loaded['files']} files")
    table.add_row("assets", f"{loaded['whole']:.1f} KB")
    Console(width=80).print(table)


if __name__ == "__main__":
    main()
