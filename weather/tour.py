"""The walk-through in one command: a record is written and deleted, and both arrive."""

import secrets
from collections.abc import Generator

from eventpipes.operations import OPERATIONS
from live.deployment import Deployment
from live.made_record import made_record
from live.tour import TableChange, Tour, TourStep
from weather.records import random_record
from weather.settings import WeatherSettings
from weather.table import as_item


def tour(settings: WeatherSettings) -> Generator[TourStep, None, None]:
    """Write a record of a new location, then delete it; yield what was seen.

    The record is deleted even if the tour ends early.

    Raises:
        LiveError: AWS, the cache or the topic cannot be reached, or a pipe is missing.

    """
    item = as_item(random_record(f"Tour {secrets.token_hex(3)}"))
    with Deployment(settings.stack, settings.table) as deployment:
        for operation in OPERATIONS:
            deployment.required(operation, "the tour needs it, so run ./help.sh deploy")
        table, routes = deployment.table, deployment.pipes
        written, deleted = (
            made_record(old, new, table.key_of(item), view=table.view)
            for old, new in ((None, item), (item, None))
        )
        changes = [
            TableChange.of("write to the table", item, written, routes),
            TableChange.of("delete from the table", None, deleted, routes),
        ]
        with Tour(deployment, settings.access(), changes) as running:
            for change in changes:
                yield running.make(change)
                yield from running.arrivals(change.requests)
