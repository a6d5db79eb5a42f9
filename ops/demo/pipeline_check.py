"""Run the tour of a deployed stack on the local cloud (`live.tour`) with made-up changes.

Beside the cache and the topics, the local cloud's feed of deliveries and the dead-letter queues are
compared with what the engine predicts of each change (`ops.demo.changes`).
"""

import json
import time
from collections.abc import Container, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from eventpipes import Filtered, Request, Unprocessable
from live.aws import asking_aws
from live.body import same_body
from live.dead_letters import DeadLetter, parse
from live.deliveries import FEED, Feed
from live.deployment import Deployment
from live.items import key_text
from live.letter_queue import LetterQueue
from live.momento.client import Access
from live.output import console
from live.route import Route, RouteOutcome, requests_in
from live.step import DEAD_LETTER, DELIVERED, FILTERED, DeliveryStep
from live.terminal import short
from live.tour import TOPIC_STEP, TableChange, Tour
from live.workflow_route import WorkflowRoute
from ops.demo.changes import DemoChanges
from ops.demo.grid import ChangesGrid
from ops.shared.errors import OpsError

PATIENCE_SECONDS = 60.0
ARRIVAL_SECONDS = 30.0
"""How long Momento may take to show a request that it has accepted."""


class PipelineCheck:
    """Checks pipelines of different tables, and collects the differences from the predictions.

    `patience` is how many seconds the deliveries of a change may take.
    """

    def __init__(self, env: Mapping[str, str], *, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._feed = Feed(env[FEED])
        self._access = Access(origin=env["MOMENTO_ENDPOINT_URL"], key=env["MOMENTO_API_KEY"])
        self.differences: list[str] = []
        """A sentence about each difference between a prediction and a result."""

    def run(self, deployment: Deployment, *, max_ttl_seconds: int) -> None:
        """Make a pipeline's changes, and print the results of each."""
        routes, table = deployment.pipes, deployment.table
        handled: set[str] = set()  # sequence numbers; each table has its own
        demo = DemoChanges(routes, table.types, table.view, max_ttl_seconds=max_ttl_seconds)
        changes = demo.changes()
        grid = ChangesGrid(f"{deployment.name}: the item {key_text(changes[0].key)}")
        refused: set[tuple[str, str]] = set()
        with Tour(deployment, self._access, changes, patience=ARRIVAL_SECONDS) as tour:
            for change in changes:
                with console.status(f"{change.label} {key_text(change.key)}"):
                    deliveries = self._try(tour, routes, change, grid, handled)
                refused |= {
                    (route.refused_by, deliveries[name][0]["sequence_number"])
                    for name, route in routes.items()
                    if name in change.refused and name in deliveries
                }
                if deliveries.keys() != routes.keys():
                    break
        self.differences += [
            f"a topic said {text}, which was not predicted" for text in tour.unexpected
        ]
        console.print(grid.table)
        for operation, route in routes.items():
            if not any(requests_in(change.predicted[operation]) for change in changes):
                console.print(f"No item was found that {route.name} sends.", markup=False)
        self._check_letters(deployment, refused)
        for path, texts in tour.messages.items():
            name = short(unquote(path.rpartition("/")[2]))
            console.print(f"\nThe {len(texts)} messages of the topic {name}", markup=False)
            for text in texts:
                console.print(f"  {short(text)}", soft_wrap=True, markup=False)

    def close(self) -> None:
        """Close the connection to the feed."""
        self._feed.close()

    def _try(
        self,
        tour: Tour,
        routes: Mapping[str, Route],
        change: TableChange,
        grid: ChangesGrid,
        handled: set[str],
    ) -> Mapping[str, Sequence[DeliveryStep]]:
        """Make one change, and add its row to the table; return its deliveries by operation."""
        started = time.monotonic()
        tour.make(change)
        deliveries = self._deliveries_of(routes, change, handled)
        milliseconds = (time.monotonic() - started) * 1000
        what = f"{change.label} {key_text(change.key)}"
        records = [step["record"] for steps in deliveries.values() for step in steps]
        for record in records[:1]:
            self._compare_records(what, change.record, record)
        handled |= {record["dynamodb"]["SequenceNumber"] for record in records}
        requests: list[Request] = []
        for operation, predicted in change.predicted.items():
            refused = operation in change.refused
            steps = deliveries.get(operation, ())
            made = self._compare_all(what, routes[operation], predicted, steps, refused=refused)
            requests += () if refused else made
        arrived = list(tour.arrivals(requests))
        self.differences += [
            f"{what}: {step.name}: {step.seen}; expected {step.expected}"
            for step in arrived
            if not step.as_expected
        ]
        cached = [step.seen for step in arrived if step.name != TOPIC_STEP]
        grid.add(change.label, routes, deliveries, cached, milliseconds)
        return deliveries

    def _deliveries_of(
        self, routes: Mapping[str, Route], change: TableChange, handled: Container[str]
    ) -> Mapping[str, Sequence[DeliveryStep]]:
        """Return a change's deliveries by operation, after the last of them or the time-out.

        A workflow tells nothing of an operation for which a record makes no request.
        """
        sent = {name: requests_in(outcome) for name, outcome in change.predicted.items()}
        silent = [
            name
            for name, route in routes.items()
            if isinstance(route, WorkflowRoute) and not sent[name] and any(sent.values())
        ]
        deliveries: dict[str, list[DeliveryStep]] = {name: [] for name in routes}
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline and not all(
            name in silent or len(deliveries[name]) >= max(1, len(sent[name])) for name in routes
        ):
            for item in self._feed.items():
                if item["keys"] == change.key and item["sequence_number"] not in handled:
                    for operation in _operations(item, routes):
                        deliveries[operation].append(item)
        first = next((item for items in deliveries.values() for item in items), None)
        for name in silent:
            if first is not None and not deliveries[name]:
                deliveries[name] = [{**first, "outcome": FILTERED, "request": None, "reason": ""}]
        return {name: items for name, items in deliveries.items() if items}

    def _compare_records(
        self, what: str, predicted: Mapping[str, Any], record: Mapping[str, Any]
    ) -> None:
        wanted, told = (
            {"eventName": each["eventName"]}
            | {name: each["dynamodb"].get(name) for name in ("Keys", "NewImage", "OldImage")}
            for each in (predicted, record)
        )
        self.differences += [
            f"{what}: the stream's record has {name} {json.dumps(told[name])}; expected"
            f" {json.dumps(wanted[name])}"
            for name in wanted
            if told[name] != wanted[name]
        ]

    def _compare_all(
        self,
        what: str,
        route: Route,
        predicted: RouteOutcome,
        steps: Sequence[DeliveryStep],
        *,
        refused: bool,
    ) -> list[Request]:
        """Note each difference between a route's deliveries and its prediction.

        Return the requests that the route made or should have made.
        """
        # as the record has it, whose numbers nobody can predict
        made = requests_in(route.process(steps[0]["record"])) if steps else ()
        requests = made or requests_in(predicted)
        for number in range(max(len(requests), len(steps), 1)):
            self._compare(
                f"{what}: {route.name}",
                requests[number] if number < len(requests) else None,
                steps[number] if number < len(steps) else None,
                DEAD_LETTER if refused else _named(predicted),
            )
        return list(requests)

    def _compare(
        self, name: str, request: Request | None, step: DeliveryStep | None, wanted: str
    ) -> None:
        sent = step and step["request"]
        if request and sent and not _is_same(request, sent):
            self.differences.append(
                f"{name} sent {sent['method']} {sent['url']} {sent['body']}; expected"
                f" {request.method} {request.url} {request.body}"
            )
        if step is None:
            self.differences.append(
                f"{name}: no result in {self._patience:.0f} s; expected {wanted}"
            )
        elif step["outcome"] != wanted:
            why = f" ({step['reason']})" if step["reason"] else ""
            self.differences.append(f"{name}: {step['outcome']}{why}; expected {wanted}")

    def _check_letters(self, deployment: Deployment, refused: set[tuple[str, str]]) -> None:
        letters = _letters(deployment)
        for letter in letters:
            held = "the record's place in the stream" if letter.shard else "the whole event"
            if letter.record is not None:
                held = "the record"
            said = " ".join(filter(None, (letter.condition, letter.shard, letter.first)))
            console.print(
                f"\nA dead letter of {letter.name}, which holds {held}:\n  {said}",
                soft_wrap=True,
                markup=False,
            )
        received = {(letter.name, letter.first) for letter in letters}
        for name, number in sorted(received ^ refused):
            there = (
                "which was not predicted" if (name, number) in received else "which is not there"
            )
            self.differences.append(f"a dead letter of {name} about the record {number}, {there}")


def _letters(deployment: Deployment) -> list[DeadLetter]:
    """Return the dead letters of the pipeline; the queues may have others."""
    with asking_aws():
        messages = [
            message
            for queue in deployment.queues
            for message in LetterQueue.of(queue, deployment.client("sqs")).peek()[1]
        ]
    letters = [letter for message in messages if (letter := parse(message)) is not None]
    return [letter for letter in letters if letter.arn in deployment.by_arn]


def _named(predicted: RouteOutcome) -> str:
    if isinstance(predicted, Filtered):
        return FILTERED
    return DEAD_LETTER if isinstance(predicted, Unprocessable) else DELIVERED


def _operations(item: DeliveryStep, routes: Mapping[str, Route]) -> list[str]:
    """Return a delivery's operations: all operations of the pipe if it sent no request."""
    own = [name for name, route in routes.items() if route.name == item["pipe"]]
    if len(own) > 1 and item["request"]:  # a workflow's
        return [name for name in own if routes[name].method == item["request"]["method"]]
    if not own and item["outcome"] != DELIVERED:  # the bus's rules get no event
        return [name for name, route in routes.items() if route.reader.name == item["pipe"]]
    return own


def _is_same(request: Request, sent: Mapping[str, str]) -> bool:
    """Return whether a request was sent. Its query and its JSON may have another form."""
    expected_url, sent_url = urlsplit(request.url), urlsplit(sent["url"])
    return (
        (request.method, expected_url.path, parse_qsl(expected_url.query))
        == (sent["method"], sent_url.path, parse_qsl(sent_url.query))
    ) and same_body(request.body.encode(), sent["body"].encode())


def expect_none(differences: list[str]) -> None:
    """Raise if there is a difference.

    Raises:
        OpsError: the message lists the differences.

    """
    if differences:
        listed = "\n  ".join(short(difference) for difference in differences)
        raise OpsError(f"not all came as the engine predicts:\n  {listed}")
