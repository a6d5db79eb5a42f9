"""How soon the page says that a part is down, or works again: `python tests/bench/health.py`.

The runner, Momento and the local AWS are really stopped and started again; AWS also stands still,
as a stopped process does. The times are from the end of each act to the words in a browser. It
takes about a minute.
"""

import os
import signal
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page, expect

from localcloud import LocalAws
from tests.console.browser import browser
from tests.console.running import Shop, running, served
from tests.console.shop import SALES, order
from tests.rounds import asked_rounds


def seconds(page: Page, part: str, words: str, act: Callable[[], object]) -> float:
    """Return the seconds from the end of an act until a part of the health has these words."""
    said = page.locator(".health .said").nth(("aws", "momento", "runner").index(part))
    act()
    began = time.monotonic()
    expect(said).to_have_text(words)
    return time.monotonic() - began


def item_until(page: Page, state: str) -> float:
    """Return the seconds until the item has a state."""
    began = time.monotonic()
    expect(page.locator(".items tr", has_text="Al a").locator(".cell")).to_contain_text(state)
    return time.monotonic() - began


def start_aws(shop: Shop) -> None:
    """Start AWS again, and create what it had."""
    shop.aws._wanted_port = int(shop.aws.endpoint.rpartition(":")[2])  # noqa: SLF001 - as before
    shop.aws.__enter__()
    shop.create()


def send(shop: Shop, number: signal.Signals) -> None:
    """Send a signal to AWS's process."""
    process = shop.aws._process  # noqa: SLF001 - to stop it
    assert process is not None
    os.kill(process.pid, number)


def main() -> None:
    """Measure and print a table."""
    rounds = asked_rounds(__doc__ or "", 5)
    taken: dict[str, list[float]] = {}
    with (
        pytest.MonkeyPatch.context(),
        LocalAws() as aws,
        running(aws, "workflow") as shop,
        served(shop) as url,
        browser() as chromium,
    ):
        page = chromium.new_page()
        page.goto(f"{url}/#/{SALES}/items")
        acts: dict[str, tuple[str, str, Callable[[], object]]] = {
            "runner stops": ("runner", "Runner down", shop.stop_runner),
            "runner starts": ("runner", "Runner", shop.start_runner),
            "Momento stops": ("momento", "Momento down", shop.stop_momento),
            "Momento starts": ("momento", "Momento", shop.start_momento),
            "AWS stops": ("aws", "AWS down", shop.aws.stop),
            "AWS starts": ("aws", "AWS", lambda: start_aws(shop)),
            "AWS stands still": ("aws", "AWS down", lambda: send(shop, signal.SIGSTOP)),
            "AWS goes on": ("aws", "AWS", lambda: send(shop, signal.SIGCONT)),
        }
        for _ in range(rounds):
            for name, (part, words, act) in acts.items():
                if name.endswith(("stops", "still")):
                    shop.put(
                        "shop-orders", order(OrderId="a", Customer="Al", Amount=str(time.time_ns()))
                    )
                    item_until(page, "in sync")
                taken.setdefault(name, []).append(seconds(page, part, words, act))
                if name in ("Momento stops", "AWS stops", "AWS stands still"):
                    unknown = taken[name][-1] + item_until(page, "unknown")
                    taken.setdefault(f"{name}: the item is unknown", []).append(unknown)
    table = Table("event", "median", "longest", title="Seconds until the page says it")
    for name, found in taken.items():
        table.add_row(name, f"{statistics.median(found):.1f}", f"{max(found):.1f}")
    Console(width=80).print(table)


if __name__ == "__main__":
    main()
