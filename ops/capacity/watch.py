"""What a month of the watch costs: its runs, its metrics, and its reads of the stream."""

from collections.abc import Iterator, Mapping
from typing import Final

from live.watch.changed_keys import PAGES
from live.watch.reader import PER_SECOND
from live.watch.watch import WatchResult
from momento_pipes.watch_settings import MEMORY_MB, WatchSettings
from ops.capacity.prices import LAMBDA_GB_SECONDS, MONTH_SECONDS, Charge, Price

STARTS: Final = Price(
    dollars=1.20,
    per=1_000_000,
    page="Amazon EventBridge pricing, AWS Lambda pricing",
    confirmed=False,
)
"""An invocation by EventBridge Scheduler ($1.00 a million) and a request to Lambda ($0.20). Price
guides of 2024 and 2026 quote both; each service has some millions free a month."""
METRICS: Final = Price(dollars=0.30, per=1, page="Amazon CloudWatch pricing", confirmed=False)
"""A month of a metric that is not AWS's own, of the first 10,000. Only third parties quote it."""
START_SECONDS: Final = 5
"""What a run needs besides its requests and the settling time; an assumption."""
METRICS_OF_ONE: Final = len(WatchResult().metrics)


def runs(settings: WatchSettings) -> float:
    """Return how often a watch runs in a month."""
    return MONTH_SECONDS / 60 / settings.minutes


def stream_reads(settings: WatchSettings) -> float:
    """Return how many GetRecords calls a watch makes in a month, at most."""
    return runs(settings) * PAGES


def charges(settings: WatchSettings, *, memory_mb: int = MEMORY_MB, count: int = 1) -> list[Charge]:
    """Return the charges of some watches, except their reads of the stream.

    It is the most that the runs cost: each sends all its requests, and finds a difference, so that
    it waits.
    """
    seconds = settings.requests / PER_SECOND + settings.settle_seconds + START_SECONDS
    each = {
        "runs of the watch, at most": (
            LAMBDA_GB_SECONDS,
            runs(settings) * seconds * memory_mb / 1_024,
        ),
        "starts of the watch": (STARTS, runs(settings)),
        "metrics of the watch": (METRICS, METRICS_OF_ONE),
    }
    return [Charge(name, price, count * units) for name, (price, units) in each.items()]


def settings_of(
    function: Mapping[str, object], schedules: Mapping[str, str]
) -> WatchSettings | None:
    """Return the settings of a planned watch; None of another function, or without a schedule.

    `schedules` are the expressions of the planned schedules by their names. A watch and its
    schedule have the same name.
    """
    variables = dict(_variables(function))
    expression = schedules.get(str(function.get("function_name")), "")
    minutes = expression.removeprefix("rate(").partition(" ")[0]
    if "WATCH_PIPELINE" not in variables or not minutes.isdecimal() or not int(minutes):
        return None
    default = WatchSettings()
    return WatchSettings(
        minutes=int(minutes),
        requests=int(variables.get("WATCH_REQUESTS") or default.requests),
        settle_seconds=int(variables.get("WATCH_SETTLE_SECONDS") or default.settle_seconds),
    )


def _variables(function: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield a planned function's variables; a plan has a list of blocks."""
    blocks = function.get("environment")
    for block in blocks if isinstance(blocks, list) else []:
        yield from (block.get("variables") or {}).items()
