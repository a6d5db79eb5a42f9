"""The page's figures, in one run: `python tests/bench/page.py [--count 100] [--changes 5000]`.

From a write in the browser to its row; how soon the page is ready; the size of its files; the
processor time of the local cloud with nobody looking, and with one page open; memory and frame
times while many changes arrive. It starts the local cloud with the three weather pipes and the
page's server, without Terraform, and a browser. It takes about three minutes.
"""

import argparse
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, expect

from tests.bench.idle import SETTLE_SECONDS, page_server, processor_seconds, this_cloud
from tests.console.browser import browser

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
FRAMES = """
() => {
  window.frames_ = [];
  let last = performance.now();
  const note = (at) => {
    window.frames_.push(at - last);
    last = at;
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
}
"""
HEAP = "() => { window.gc?.(); return performance.memory.usedJSHeapSize / 1e6; }"
PIPELINE = "weather-stats-demo"


def spread(taken: list[float]) -> str:
    """Return the median and the 99th percentile."""
    return f"{statistics.median(taken):.0f} / {statistics.quantiles(taken, n=100)[98]:.0f} ms"


def resident(process: int) -> float:
    """Return the memory of a process, in MB."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    assert found
    return int(found[1]) / 1000


def used(processes: Mapping[str, int], seconds: float) -> str:
    """Return how much of a core each process takes in the next seconds."""
    before = {name: processor_seconds(one) for name, one in processes.items()}
    began = time.monotonic()
    time.sleep(seconds)
    elapsed = time.monotonic() - began
    parts = {
        name: (processor_seconds(one) - before[name]) / elapsed for name, one in processes.items()
    }
    return ", ".join(f"{name} {part:.1%}" for name, part in parts.items())


def arrived(page: Page, count: int) -> None:
    """Wait until the page has so many changes, all of them delivered."""
    label = page.get_by_role("button", name="Delivered").locator(".count")
    expect(label).to_have_text(f"{count:,}", timeout=600_000)


def inside(count: int, changes: int, seconds: float) -> None:
    """Measure the local cloud that has started this process, and print the table."""
    weather, cloud, aws = this_cloud()
    weather.create_pipes()
    table = Table("what", "figure", title="The page")
    with page_server() as (server, url), browser() as chromium:
        processes = {"runner and Momento": cloud, "AWS": aws, "page's server": server}
        time.sleep(SETTLE_SECONDS)
        table.add_row("processor, nobody looks", used(processes, seconds))
        page = chromium.new_page()
        page.goto(url)
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        loaded = page.evaluate(LOADED)
        for number in range(5):
            page.evaluate(MEASURE, [PIPELINE, f"Warm {number}"])
        taken = [page.evaluate(MEASURE, [PIPELINE, f"Bench {number}"]) for number in range(count)]
        time.sleep(SETTLE_SECONDS)
        table.add_row("processor, one page is open", used(processes, seconds))
        known, before = 5 + count, resident(server)
        page.evaluate(FRAMES)
        began = time.monotonic()
        weather.put_all([(f"Many {number}", 21) for number in range(changes)])
        arrived(page, min(known + changes, 5_000))
        elapsed = time.monotonic() - began
        frames = page.evaluate("window.frames_")
        table.add_row("write to row, p50 / p99", spread([row for row, _ in taken]))
        table.add_row("write to both deliveries, p50 / p99", spread([done for _, done in taken]))
        table.add_row("load to interactive", f"{loaded['interactive']:.0f} ms")
        sizes = f"{loaded['sent']:.1f} KB on the wire, {loaded['whole']:.1f} KB raw"
        table.add_row("assets", f"{sizes}, {loaded['files']} files")
        table.add_row(f"{changes:,} changes arrive in", f"{elapsed:.0f} s")
        longest = f"longest {max(frames):.0f} ms"
        table.add_row("frames meanwhile, p50 / p99", f"{spread(frames)}, {longest}")
        table.add_row("page's heap after them", f"{page.evaluate(HEAP):.1f} MB")
        table.add_row("server's memory", f"{before:.0f} MB before, {resident(server):.0f} MB after")
    Console(width=110).print(table)


def main() -> None:
    """Start the local cloud, and measure in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="single writes (default: 100)")
    parser.add_argument("--changes", type=int, default=5_000, help="(default: 5000)")
    parser.add_argument("--seconds", type=float, default=20.0, help="of idling (default: 20)")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.count < 2 or options.changes < 1 or options.seconds <= 0:
        parser.error("--count takes a number above 1, --changes and --seconds one above 0")
    if options.inside:
        inside(options.count, options.changes, options.seconds)
        return
    command = [sys.executable, __file__, *sys.argv[1:], "--inside"]
    subprocess.run([sys.executable, "-m", "localcloud", "--", *command], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
