"""A change: one record of the stream, with a cell for each route."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from console.cell import DELIVERED, Cell
from live.items import key_text

_ROW_BYTES = 2_000
"""What a change takes without its record, about."""


@dataclass
class Change:
    """What is known of a change. `order` counts the changes in the order in which they came."""

    id: str
    order: int
    event_name: str
    keys: Mapping[str, Any]
    sequence_number: str
    at: float
    record: Mapping[str, Any] | None = None
    cells: dict[str, Cell] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Whether a route failed for good, and no replay has settled it."""
        return any(cell.failed for cell in self.cells.values())

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come, in any route."""
        return bool(self.cells) and all(cell.settled for cell in self.cells.values())

    @property
    def seconds(self) -> float | None:
        """The time from the write to the last delivery; None while something is to come."""
        ends = [cell.at for cell in self.cells.values() if cell.state == DELIVERED]
        return max(0.0, max(ends) - self.at) if self.settled and ends else None

    @property
    def size(self) -> int:
        """About how many bytes of memory it takes."""
        size = _ROW_BYTES
        if self.record is not None:
            size += 4 * int(self.record.get("dynamodb", {}).get("SizeBytes") or 1_000)
        for cell in self.cells.values():
            size += 300 * len(cell.steps)
            size += len(str((cell.request or {}).get("body") or ""))
        return size

    def forget(self) -> None:
        """Drop what only the side panel shows."""
        self.record = None
        for cell in self.cells.values():
            cell.request = None
            cell.steps = cell.steps[-1:]

    def row(self) -> dict[str, Any]:
        """Return it for the page."""
        return {
            "id": self.id,
            "order": self.order,
            "at": self.at,
            "event_name": self.event_name,
            "key": key_text(self.keys) if self.keys else "",
            "cells": {route: cell.as_json() for route, cell in self.cells.items()},
            "failed": self.failed,
            "settled": self.settled,
            "seconds": self.seconds,
        }
