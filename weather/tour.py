"""The walk-through in one command: a record is written and deleted, and both arrive."""

import secrets
from collections.abc import Generator, Sequence
from contextlib import ExitStack

from eventpipes.operations import OPERATIONS
from live.deployment import Deployment
from live.errors import LiveError
from live.items import Item
from live.made_record import made_record
from live.route import requests_in
from live.tour import TableChange, Tour, TourStep
from weather.records import random_record
from weather.settings import WeatherSettings
from weather.table import as_item


def tour(settings: WeatherSettings) -> Generator[TourStep, None, None]:
    """Write a record of a new location, then delete it; yield what was seen.

    The record is deleted even if the tour ends early.

    Raises:
        LiveError: AWS, the cache or the topic cannot be reached; or a pipe is missing, or sends
            nothing for a record.

    """
    item = as_item(random_record(f"Tour {secrets.token_hex(3)}"))
    with ExitStack() as stack:
        try:
            deployment = stack.enter_context(Deployment(settings.stack, settings.table))
        except LiveError as error:
            raise LiveError(f"the tour needs the stack weather: {error}") from None
        changes = _changes(deployment, item)
        running = stack.enter_context(Tour(deployment, settings.access(), changes))
        for change in changes:
            yield running.make(change)
            yield from running.arrivals(change.requests)


def _changes(deployment: Deployment, item: Item) -> Sequence[TableChange]:
    """Return the two changes; each operation has a request in one of them."""
    for operation in OPERATIONS:
        deployment.required(operation, "the tour needs it, so run ./help.sh deploy")
    table, routes = deployment.table, deployment.pipes
    written, deleted = (
        made_record(old, new, table.key_of(item), view=table.view)
        for old, new in ((None, item), (item, None))
    )
    changes = (
        TableChange.of("write to the table", item, written, routes),
        TableChange.of("delete from the table", None, deleted, routes),
    )
    for operation, route in routes.items():
        if not any(requests_in(change.predicted[operation]) for change in changes):
            raise LiveError(
                f"{route.name} sends nothing when a weather record is written or deleted: run"
                " ./help.sh plan, which shows what was changed"
            )
    return changes
