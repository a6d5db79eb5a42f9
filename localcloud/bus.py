"""An event bus gives each event to the rules that the AWS API lists.

Only events from pipes reach the rules; moto handles the events of PutEvents. A rule gets the events
of all records that were written after the rule was created.
"""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from eventpipes import Event, EventPipesError, Rule, RuleDefinition
from eventpipes.deployed import ReadSecret, Target, list_targets, read_rule
from .delivery import Delivery
from .rule_target import BusEvent, RuleTarget, delivery_of
from .status import PipeStatus

Make = Callable[[Rule], RuleTarget]


@dataclass
class Bus:
    """Runs the rules of one bus. `make` returns the `RuleTarget` of a rule.

    `refresh` reads which rules and targets exist now. If a target was changed or removed, its old
    `RuleTarget` gets no more events and finishes the events that it has.
    """

    name: str
    _: KW_ONLY
    client: Callable[[str], Any]
    read_secret: ReadSecret
    make: Make
    report: Callable[[Delivery], None]

    def __post_init__(self) -> None:
        self._known: list[Target] | None = None
        self._targets: dict[str, tuple[str, RuleTarget]] = {}
        self._stopped: dict[str, RuleDefinition] = {}
        self._former: list[RuleTarget] = []
        self._statuses: dict[str, PipeStatus] = {}
        self._lock = threading.RLock()

    @property
    def statuses(self) -> dict[str, PipeStatus]:
        """The status of every rule, by place (`bus/rule/target`)."""
        with self._lock:
            return dict(self._statuses)

    @property
    def is_idle(self) -> bool:
        """Whether every event has been delivered, or has become a dead letter."""
        with self._lock:
            targets = [*self._former, *(target for _, target in self._targets.values())]
        return all(target.is_idle for target in targets)

    def put(self, event: Event, record: Mapping[str, Any], created: datetime) -> None:
        """Give an event to the rules, which deliver it later. `created` is the record's time."""
        bus_event = BusEvent(
            envelope=event.envelope, record=record, created=created, at=datetime.now(UTC)
        )
        with self._lock:
            for _, target in self._targets.values():
                target.take(bus_event)
            for place, definition in self._stopped.items():
                reason = self._statuses[place].reason
                self.report(delivery_of(definition, bus_event, "undelivered", reason=reason))

    def refresh(self, *, closely: bool = False) -> None:
        """Read the rules and targets from the AWS API; with `closely`, also their destinations.

        Raises:
            ClientError: the bus does not exist, or the API returns an error.

        """
        with self._lock:
            targets = list_targets(self.name, self.client("events"))
            if targets == self._known and not closely:
                return
            self._known = targets
            places = [self._look_at(target) for target in targets]
            for place in self._statuses.keys() - set(places):
                self._retire(place)
                self._statuses[place] = PipeStatus(place, "DELETED")
            self._close_former()

    def gone(self) -> None:
        """Note that the bus no longer exists: its rules get no more events."""
        with self._lock:
            self._known = None
            for place in self._statuses:
                self._retire(place)
                self._statuses[place] = PipeStatus(place, "DELETED")

    def close(self) -> None:
        """Finish the events that are being delivered; the statuses say if a rule could not."""
        with self._lock:
            for place in list(self._targets):
                self._retire(place)
            for target in self._former:
                place, left = target.rule.definition.place, target.close()
                reason = f"the runner ended with {left} events undelivered" if left else ""
                self._statuses[place] = PipeStatus(place, "STOPPED", reason)
            self._former.clear()

    def _look_at(self, target: Target) -> str:
        """Start, restart or stop the `RuleTarget` of a target; return its place."""
        rule, described = target
        place = f"{self.name}/{rule['Name']}/{described['Id']}"
        try:
            definition = read_rule(self.name, target, self.client("events"), self.read_secret)
        except ClientError as error:
            if place not in self._targets:
                self._statuses[place] = PipeStatus(place, "RETRYING", str(error))
            return place
        secrets = definition.destination.connection.headers.values()
        fingerprint = repr(definition) + json.dumps([*secrets])
        running = self._targets.get(place)
        if running is None or running[0] != fingerprint:
            self._retire(place)
            self._run(definition, fingerprint)
        return place

    def _run(self, definition: RuleDefinition, fingerprint: str) -> None:
        place = definition.place
        if definition.state != "ENABLED":
            self._statuses[place] = PipeStatus(place, "STOPPED", f"it is {definition.state}")
            return
        try:
            target = self.make(Rule(definition))
        except EventPipesError as error:
            self._stopped[place] = definition
            self._statuses[place] = PipeStatus(place, "STOPPED", str(error))
            return
        self._targets[place] = fingerprint, target
        self._statuses[place] = PipeStatus(place, "RUNNING")
        target.start()

    def _retire(self, place: str) -> None:
        self._stopped.pop(place, None)
        if place in self._targets:
            self._former.append(self._targets.pop(place)[1])

    def _close_former(self) -> None:
        for target in [target for target in self._former if target.is_idle]:
            self._former.remove(target)
            target.close()
