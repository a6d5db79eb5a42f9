"""The printed table of the changes, their deliveries and what the cache then holds."""

import re
from collections.abc import Container, Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from rich.markup import escape
from rich.table import Table

from eventpipes.operations import OPERATIONS
from live.step import DELIVERED, FILTERED, DeliveryStep
from live.terminal import short
from live.tour import NOTHING

LONGEST = 60
"""Characters of a cached value that are printed."""
_NOTHING = f"[dim]{NOTHING}[/]"


class ChangesGrid:
    """A table with a row for each change. `table` is what to print."""

    def __init__(self, title: str) -> None:
        self.table = Table(title=escape(title), title_justify="left")
        self.table.add_column("change")
        for operation in OPERATIONS:
            self.table.add_column(operation, min_width=len(operation))
        self.table.add_column("in the cache")
        self.table.add_column("ms", justify="right")

    def add(
        self,
        label: str,
        routes: Container[str],
        deliveries: Mapping[str, Sequence[DeliveryStep]],
        cached: Sequence[str],
        milliseconds: float,
    ) -> None:
        """Add a change's row: the deliveries of each route, and the cache's values."""
        self.table.add_row(
            escape(short(label)),
            *(
                _deliveries(deliveries.get(name, ())) if name in routes else "[dim]-[/]"
                for name in OPERATIONS
            ),
            "\n".join(map(_value, cached)) or _NOTHING,
            f"{milliseconds:.0f}",
        )


def _deliveries(steps: Sequence[DeliveryStep]) -> str:
    return "\n".join(map(_delivery, steps)) or "[red]✗ nothing came[/]"


def _delivery(step: DeliveryStep) -> str:
    if step["outcome"] == FILTERED:
        return "[dim]· filtered[/]"
    if step["outcome"] != DELIVERED:
        status = re.search(r"HTTP \d+", step["reason"])
        return f"[red]✗ {escape(status[0] if status else step['reason'])}[/]"
    request = step["request"]
    address = urlsplit(request["url"])
    query = dict(parse_qsl(address.query))
    where = query.get("key") or query.get("key_base64") or ""
    return f"[green]✓ {request['method']} {escape(short(where))}".rstrip() + "[/]"


def _value(value: str) -> str:
    if value == NOTHING:
        return _NOTHING
    text = short(value)
    return escape(text if len(text) <= LONGEST else f"{text[:LONGEST]}...")
