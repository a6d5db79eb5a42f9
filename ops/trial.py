"""Try a deployed stack on the local cloud: change items, and compare all that comes of it.

What each change must lead to is predicted by the engine (`ops.scenario`). It is compared with the
local cloud's feed of deliveries, with the cache, and with the topics' messages.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from eventpipes import Filtered, Request
from live.aws import asking_aws
from live.deployment import Deployment
from ops.errors import OpsError
from live.pipelines import OPERATIONS
from live.route import Route
from ops.scenario import Change, Outcome, Scenario
from live.table import from_json, shown, visible
from ops.told import DELIVERED, FEED, Feed, reason

PATIENCE_SECONDS = 60.0
LONGEST = 60
"""Characters of a cached value that are shown."""
FILTERED: Final = "filtered"
Told = Mapping[str, Any]
"""One delivery, as the feed has it (`localcloud.feed`)."""


@dataclass(frozen=True)
class Entry:
    """Where a request puts or deletes an item: the cache's path, and the key as a parameter."""

    path: str
    key: tuple[tuple[str, str], ...]


@dataclass
class Expected:
    """What Momento must hold after the requests that were predicted."""

    entries: dict[Entry, str | None] = field(default_factory=dict)
    messages: dict[str, list[str]] = field(default_factory=dict)

    def take(self, request: Request) -> Entry | None:
        """Add what a request does; return the entry that it is about, if it is about one."""
        address = urlsplit(request.url)
        if request.method == "POST":
            self.messages.setdefault(address.path, []).append(request.body)
            return None
        entry = entry_of(request)
        self.entries[entry] = request.body if request.method == "PUT" else None
        return entry


def entry_of(request: Request) -> Entry:
    """Return the entry that a request is about."""
    address = urlsplit(request.url)
    query = parse_qsl(address.query, keep_blank_values=True)
    key = tuple(one for one in query if one[0] in ("key", "key_base64"))
    return Entry(address.path, key)


class Trial:
    """Tries pipelines one after the other, and remembers what was not as predicted."""

    def __init__(self, env: Mapping[str, str], *, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._feed = Feed(env[FEED])
        self._expected = Expected()
        self._momento = httpx.Client(
            base_url=env["MOMENTO_ENDPOINT_URL"],
            headers={"Authorization": env["MOMENTO_API_KEY"]},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )
        self.differences: list[str] = []
        """What was predicted and did not come, or came otherwise: a sentence each."""

    def run(self, deployment: Deployment, console: Console, *, max_ttl_seconds: int) -> None:
        """Make the changes of a pipeline's scenario, and print what came of each."""
        routes = deployment.pipes
        with asking_aws():
            types, view = _schema(deployment)
        changes = Scenario(routes, types, view, max_ttl_seconds=max_ttl_seconds).changes()
        grid = _grid(f"{deployment.name}: the item {shown(changes[0].key)}")
        entries: list[Entry] = []
        for change in changes:
            with console.status(f"{change.label} {shown(change.key)}"):
                all_told = self._try(deployment, change, entries, grid)
            if not all_told:
                break
        console.print(grid)
        _tell_what_never_sent(changes, routes, console)

    def check_messages(self, console: Console) -> None:
        """Print each topic's messages, and compare them with what was predicted."""
        for path, predicted in self._expected.messages.items():
            answer = self._momento.get(path, params={"sequence_number": 0, "sequence_page": 1})
            items = answer.raise_for_status().json()["items"]
            texts = [item["item"]["value"].get("text") for item in items if "item" in item]
            console.print(f"\nThe {len(texts)} messages of the topic {path.rpartition('/')[2]}")
            for text in texts:
                console.print(f"  {visible(str(text))}", soft_wrap=True, markup=False)
            if texts != predicted:
                self.differences.append(
                    f"the topic {path} holds {len(texts)} messages, which are not the"
                    f" {len(predicted)} predicted: {predicted}"
                )

    def close(self) -> None:
        """Close the connections to Momento and to the feed."""
        self._momento.close()
        self._feed.close()

    def _try(
        self, deployment: Deployment, change: Change, entries: list[Entry], grid: Grid
    ) -> bool:
        """Make one change, and add its line; say whether every route told of it."""
        routes = deployment.pipes
        started = time.monotonic()
        _write(deployment, change)
        told = self._told(deployment, change)
        milliseconds = (time.monotonic() - started) * 1000
        what = f"{change.label} {shown(change.key)}"
        for operation, predicted in change.predicted.items():
            self._compare(what, routes[operation], predicted, told.get(operation), entries)
        grid.add_row(
            escape(visible(change.label)),
            *(_cell(routes.get(name), told.get(name)) for name in OPERATIONS),
            self._cached(what, entries),
            f"{milliseconds:.0f}",
        )
        return told.keys() == routes.keys()

    def _told(self, deployment: Deployment, change: Change) -> Mapping[str, Told]:
        """Return what was told of a change by operation, once all that there will be is told."""
        names = {route.name: operation for operation, route in deployment.pipes.items()}
        readers = {route.reader.name for route in deployment.pipes.values()}
        found: dict[str, Told] = {}
        deadline = time.monotonic() + self._patience
        while found.keys() != set(names.values()) and time.monotonic() < deadline:
            for item in self._feed.items():
                if item["keys"] != change.key:
                    continue
                if item["pipe"] in names:
                    found[names[item["pipe"]]] = item
                elif item["pipe"] in readers and item["outcome"] != DELIVERED:
                    return dict.fromkeys(names.values(), item)  # the bus's rules hear nothing
        return found

    def _compare(
        self,
        what: str,
        route: Route,
        predicted: Outcome,
        told: Told | None,
        entries: list[Entry],
    ) -> None:
        """Note each difference of what one route did from what was predicted."""
        wanted = _named(predicted)
        name = f"{what}: {route.name}"
        if isinstance(predicted, Request):
            # as the record has it, whose numbers nobody can predict
            made = predicted if told is None else route.process(told["record"])
            request = made if isinstance(made, Request) else predicted
            entry = self._expected.take(request)
            if entry is not None and entry not in entries:
                entries.append(entry)
            sent = told and told["request"]
            if sent and (sent["method"], sent["url"], sent["body"]) != (
                request.method,
                request.url,
                request.body,
            ):
                self.differences.append(
                    f"{name} sent {sent['method']} {sent['url']} {sent['body']}, and predicted"
                    f" was {request.method} {request.url} {request.body}"
                )
        if told is None:
            self.differences.append(
                f"{name} told nothing in {self._patience:.0f} s, and predicted was: {wanted}"
            )
        elif told["outcome"] != wanted:
            why = f" ({told['reason']})" if told["reason"] else ""
            self.differences.append(f"{name}: {told['outcome']}{why}, and predicted was: {wanted}")

    def _cached(self, what: str, entries: list[Entry]) -> str:
        """Compare the pipeline's entries in the cache; return what they hold, to show."""
        held = []
        for entry in entries:
            answer = self._momento.get(entry.path, params=dict(entry.key))
            value = answer.text if answer.is_success else None
            wanted = self._expected.entries[entry]
            if value != wanted:
                self.differences.append(
                    f"{what}: the cache holds {_or_nothing(value)} for"
                    f" {dict(entry.key)}, and predicted was {_or_nothing(wanted)}"
                )
            held.append("[dim]nothing[/]" if value is None else escape(_short(value)))
        return "\n".join(held) or "[dim]nothing[/]"


def _write(deployment: Deployment, change: Change) -> None:
    client, name = deployment.client("dynamodb"), deployment.table.name
    with asking_aws():
        if change.item is None:
            client.delete_item(TableName=name, Key=from_json(change.key))
        else:
            client.put_item(TableName=name, Item=from_json(change.item))


def _schema(deployment: Deployment) -> tuple[dict[str, str], str]:
    """Return the table's key attributes with their types, and its stream's view."""
    client = deployment.client("dynamodb")
    table = client.describe_table(TableName=deployment.table.name)["Table"]
    types = {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]}
    view = table["StreamSpecification"]["StreamViewType"]
    return {name: types[name] for name in deployment.table.keys}, view


def _named(predicted: Outcome) -> str:
    if isinstance(predicted, Filtered):
        return FILTERED
    return DELIVERED if isinstance(predicted, Request) else "dead-letter"


def _tell_what_never_sent(
    changes: list[Change], routes: Mapping[str, Route], console: Console
) -> None:
    for operation, route in routes.items():
        if not any(isinstance(one.predicted[operation], Request) for one in changes):
            console.print(f"No item was found that {route.name} sends.", markup=False)


def _grid(title: str) -> Grid:
    grid = Grid(title=escape(title), title_justify="left")
    grid.add_column("change")
    for operation in OPERATIONS:
        grid.add_column(operation, min_width=len(operation))
    grid.add_column("in the cache")
    grid.add_column("ms", justify="right")
    return grid


def _cell(route: Route | None, told: Told | None) -> str:
    if route is None:
        return "[dim]-[/]"
    if told is None:
        return "[red]✗ nothing came[/]"
    if told["outcome"] == FILTERED:
        return "[dim]· filtered[/]"
    if told["outcome"] != DELIVERED:
        return f"[red]✗ {escape(reason(told['reason']))}[/]"
    request = told["request"]
    address = urlsplit(request["url"])
    query = dict(parse_qsl(address.query))
    where = query.get("key") or query.get("key_base64") or address.path.rpartition("/")[2]
    return f"[green]✓ {request['method']} {escape(visible(where))}[/]"


def _short(value: str) -> str:
    text = visible(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _or_nothing(value: str | None) -> str:
    return "nothing" if value is None else repr(value)


def expect_none(differences: list[str]) -> None:
    """Raise if anything was not as predicted.

    Raises:
        OpsError: something was; the message has each difference.

    """
    if differences:
        listed = "\n  ".join(visible(one) for one in differences)
        raise OpsError(f"not all came as the engine predicts:\n  {listed}")
